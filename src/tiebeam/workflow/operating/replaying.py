"""An ended run through another version of its recipe, dry: nothing is kept, nothing leaves the house."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tiebeam.authority import Principal
from tiebeam.errors import Conflict
from tiebeam.spec import Recipe, fingerprint
from tiebeam.store import Unit
from tiebeam.workflow.operating.choosing import version_of
from tiebeam.workflow.operating.desk import Desk
from tiebeam.workflow.operating.order import step_of
from tiebeam.workflow.runs import RunState, RunStepView, RunView, StepPhase, begin_anew, load_run, pin_recipe, run_view
from tiebeam.workflow.steps import UnknownStep

_MOST_TURNS = 5_000
RAN, RECORD = "ran", "record"


class NotReplayable(Conflict):
    """Only what has ended is replayed: what a person will decide is not known before."""

    code = "not_replayable"


@dataclass(frozen=True, slots=True)
class ReplayedStep:
    """One instance then and now. `before` and `after` are outcomes or phases; empty where it was not come to.

    `source`: `ran` (the step's code really ran) or `record` (what people, other systems and time said back then).
    `changes` name what differs.
    """

    instance: str
    title: str
    before: str
    after: str
    source: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """`before` and `after` say how the run ended and would end. `open` names what no record answers."""

    run: str
    recipe: str
    version: str
    before: str
    after: str
    steps: tuple[ReplayedStep, ...]
    open: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        return self.before != self.after or any(step.changes for step in self.steps)


class _RolledBack(Exception):
    """Nothing of a replay is kept."""


def replay(desk: Desk, principal: Principal, run_id: str, *, version: str) -> Replay:
    """Set the run to its beginning by another version and carry it out again, in a unit that is rolled back.

    Steps that compute or write our own rows really run. Calls outside, people, moments, events and other runs give what
    they gave back then. Raises Refused, NotFound and NotReplayable.
    """
    found: Replay | None = None
    try:
        with desk.store.unit() as unit:
            desk.ask(unit, principal, "run.replay", run_id)
            row = load_run(unit.conn, run_id, for_update=True)
            if not row.state.is_final:
                raise NotReplayable(
                    f"run {run_id!r} is {row.state.value}; only one that has ended is replayed", run=run_id
                )
            target = version_of(desk, unit.conn, run_id, version, dry=True)
            found = _replayed(desk, unit, run_id, target)
            raise _RolledBack
    except _RolledBack:
        pass
    assert found is not None
    return found


def _replayed(desk: Desk, unit: Unit, run_id: str, target: Recipe) -> Replay:
    then = run_view(unit.conn, run_id)
    record = {step.step_id: step for step in then.steps}
    digest = pin_recipe(unit, target)
    begin_anew(unit, run_id, digest=digest, pins=desk.interpreter.pins_of(unit, target))
    answered = _carry_out(desk, unit, run_id, record)
    now = run_view(unit.conn, run_id)
    waits = [] if now.item.state.is_final else _open(now)
    return Replay(
        run=run_id,
        recipe=target.id,
        version=fingerprint(target),
        before=_ended(then),
        after=_ended(now),
        steps=_compared(then, now, answered=answered),
        open=tuple(waits),
    )


def _carry_out(desk: Desk, unit: Unit, run_id: str, record: Mapping[str, RunStepView]) -> set[str]:
    """Go on as far as the record answers; the instances it answered for.

    A step whose code nobody provides here was done by others, as documents are read before their run is carried on.
    """
    answered: set[str] = set()
    for _ in range(_MOST_TURNS):
        calls = desk.interpreter.work(unit, run_id)
        row = load_run(unit.conn, run_id)
        if row.state.is_final or row.ends_as is not None:
            break
        steps = run_view(unit.conn, run_id).steps
        parked = [one.step_id for one in steps if one.state is StepPhase.WAITING or one.outcome == UnknownStep.code]
        known = [name for name in (*(call.instance for call in calls), *parked) if _has_result(record.get(name))]
        if not known:
            break
        for name in known:
            old = record[name]
            desk.interpreter.record(
                unit,
                run_id,
                name,
                outcome=old.outcome or "done",
                output=old.output,
                summary=old.summary,
                evidence=old.evidence,
            )
        answered.update(known)
    return answered


def _has_result(old: RunStepView | None) -> bool:
    """What was done and taken back later had its result too."""
    return old is not None and old.state in {StepPhase.DONE, StepPhase.UNDONE}


def _open(now: RunView) -> list[str]:
    """What nobody's record answers, in words."""
    titles = {step.id: step.title for step in now.recipe.step}
    found = [
        f"{titles.get(step_of(one.step_id), one.step_id)!r} ({one.step_id}): {one.summary or one.state.value}"
        for one in now.steps
        if one.state in {StepPhase.WAITING, StepPhase.PROBLEM, StepPhase.RETRYING}
    ]
    return found or ["a call to another system that the run did not make back then"]


def _ended(view: RunView) -> str:
    item = view.item
    if item.state is RunState.DONE:
        return f"done: {item.outcome}"
    if item.state.is_final or item.state is RunState.UNDOING:
        return f"{item.state.value}: {item.reason or item.outcome or ''}".rstrip(": ")
    return "not ended"


def _compared(then: RunView, now: RunView, *, answered: Collection[str]) -> tuple[ReplayedStep, ...]:
    titles = {step.id: step.title for view in (then, now) for step in view.recipe.step}
    before = {step.step_id: step for step in then.steps if "~" not in step.step_id}
    after = {step.step_id: step for step in now.steps if "~" not in step.step_id}
    names = [*after, *(name for name in before if name not in after)]
    return tuple(
        ReplayedStep(
            instance=name,
            title=titles.get(step_of(name), name),
            before=_word(before.get(name)),
            after=_word(after.get(name)),
            source=RECORD if name in answered else _source(after.get(name)),
            changes=_changes(before.get(name), after.get(name)),
        )
        for name in names
    )


def _source(step: RunStepView | None) -> str:
    return "" if step is None or step.state is StepPhase.SKIPPED else RAN


def _word(step: RunStepView | None) -> str:
    if step is None:
        return ""
    return step.outcome or step.state.value if step.state is not StepPhase.WAITING else step.state.value


def _changes(before: RunStepView | None, after: RunStepView | None) -> tuple[str, ...]:
    if before is None:
        return ("was not come to back then",)
    if after is None:
        return ("would not be come to",)
    found: list[str] = []
    if _word(before) != _word(after):
        found.append(f"{_word(before)} → {_word(after)}")
    for kind, old, new in (("output", before.output, after.output), ("evidence", before.evidence, after.evidence)):
        names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
        if names:
            found.append(f"{kind}: {', '.join(names[:12])}{' …' if len(names) > 12 else ''}")
    return tuple(found)
