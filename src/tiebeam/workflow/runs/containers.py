"""Maps and loops: opening them, the next turn, and what they leave when their body is through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tiebeam.spec import AtLimit, StepKind
from tiebeam.workflow.runs.means import Means
from tiebeam.workflow.runs.problems import open_problem
from tiebeam.workflow.runs.rows import StepRow
from tiebeam.workflow.runs.shape import Place
from tiebeam.workflow.runs.states import StepPhase
from tiebeam.workflow.runs.work import Work
from tiebeam.workflow.steps import StepFailed


class NoList(StepFailed):
    """What a map is to walk through is no list."""

    code = "map_not_a_list"


class ListTooLong(StepFailed):
    """The list has more items than the map takes; it is never cut short."""

    code = "map_too_long"


def open_container(work: Work, place: Place) -> None:
    """Evaluate a map's list once, or begin a loop's first turn. Raises ConditionFailed, NoList and ListTooLong."""
    step = place.step
    if step.map is not None:
        over = work.plan.compiled(step.map.over).value(work.variables(place=place))
        if not isinstance(over, list):
            raise NoList(f"{step.map.over!r} gives {over!r}, which is no list; {step.id!r} needs one")
        items: list[Any] = over
        if len(items) > step.map.most:
            raise ListTooLong(
                f"{step.map.over!r} gives {len(items)} items and {step.id!r} takes at most {step.map.most}; "
                "raise `most`, or make the list shorter"
            )
        work.keep(_row(work, place, StepPhase.OPEN, {"over": items}, summary=f"{len(items)} items"))
        return
    work.keep(_row(work, place, StepPhase.OPEN, {"turn": 0}, summary="turn 1"))


def go_on(means: Means, work: Work, place: Place) -> None:
    """The body is through: close the container, or begin the loop's next turn. Raises ConditionFailed."""
    output = work.states[place.instance].output
    if place.step.kind is StepKind.MAP:
        _close_map(work, place, list(output["over"]))
        return
    loop = place.step.loop
    assert loop is not None
    turn = int(output["turn"])
    inside = (*place.indices, turn)
    last = work.plan.last_done(work.states, place.step.id, inside)
    if output.get("limit_accepted"):
        _close(work, place, "limit", {"turns": turn + 1, "last": last}, f"went on after {turn + 1} turns")
        return
    seen = work.variables(place=place) | work.plan.turn(work.states, place, turn)
    if work.plan.compiled(loop.until).holds(seen):
        _close(work, place, "done", {"turns": turn + 1, "last": last}, f"done after {turn + 1} turns")
    elif turn + 1 < loop.most:
        work.keep(_row(work, place, StepPhase.OPEN, {"turn": turn + 1}, summary=f"turn {turn + 2}"))
    elif loop.at_limit is AtLimit.GO_ON:
        _close(work, place, "limit", {"turns": turn + 1, "last": last}, f"stopped after {turn + 1} turns")
    else:
        message = f"{place.step.title!r} has used up its {loop.most} turns and {loop.until!r} still does not hold."
        open_problem(means, work, place, kind="loop_limit", message=message, kept={"turn": turn})


def _close_map(work: Work, place: Place, over: list[Any]) -> None:
    step = place.step
    items = [work.plan.last_done(work.states, step.id, (*place.indices, index)) for index in range(len(over))]
    output = {"count": len(over), "items": items}
    row = _row(work, place, StepPhase.DONE, output, outcome="done", summary=f"{len(over)} items done")
    # What was walked through is kept apart from what came of it: items may be done once more.
    work.keep(replace(row, evidence={"over": over}))
    work.done(place.instance, "done", count=len(over))


def _close(work: Work, place: Place, outcome: str, output: dict[str, Any], summary: str) -> None:
    work.keep(_row(work, place, StepPhase.DONE, output, outcome=outcome, summary=summary))
    work.done(place.instance, outcome, turns=output["turns"])


def _row(
    work: Work, place: Place, phase: StepPhase, output: dict[str, Any], *, summary: str, outcome: str | None = None
) -> StepRow:
    position = work.position_of(place.instance)
    return StepRow(place.instance, phase, outcome, position, summary=summary, output=output)
