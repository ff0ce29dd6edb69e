"""What an instance waits for besides people: moments, events, and runs of other recipes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tiebeam.kit import iso
from tiebeam.spec import EventUse, Hours, StepKind
from tiebeam.workflow.runs.instances import parts_of
from tiebeam.workflow.runs.means import KeptEvent, Means
from tiebeam.workflow.runs.problems import open_wait
from tiebeam.workflow.runs.rows import StepRow, children_of, last_output, lock_key
from tiebeam.workflow.runs.shape import Place
from tiebeam.workflow.runs.starting import Parent, begin_run
from tiebeam.workflow.runs.states import RunState, StepPhase
from tiebeam.workflow.runs.work import Work
from tiebeam.workflow.steps import StepFailed

ELAPSED = "elapsed"
ARRIVED = "arrived"
TIMEOUT = "timeout"
_MOST_KEY = 500


def due_after(means: Means, team: str, start: datetime, hours: Decimal, how: Hours) -> datetime:
    """So many hours later: on the clock, or of the team's business hours."""
    if how is Hours.WORKING:
        return means.working_hours(team, start, hours)
    return start + timedelta(seconds=float(hours * 3600))


def begin_timer(means: Means, work: Work, place: Place) -> None:
    """Wait for a moment; one that has passed is not waited for. Raises ConditionFailed and StepFailed."""
    timer = place.step.timer
    assert timer is not None
    if timer.until is not None:
        at = _moment(timer.until, work.plan.compiled(timer.until).value(work.variables(place=place)))
    else:
        assert timer.after_hours is not None
        at = due_after(means, work.row.team, work.unit.now, timer.after_hours, timer.hours)
    if at <= work.unit.now:
        close_wait(work, place, ELAPSED, {"until": iso(at)}, f"{iso(at)} had passed")
        return
    wait_id = open_wait(means, work, place.instance, kind="timer", key=f"{work.row.id}:{place.instance}", at=at)
    work.keep(_waiting(work, place, {"until": iso(at)}, f"waits until {iso(at)}", wait_id=wait_id))


def _moment(expression: str, value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise StepFailed(
            f"{expression!r} gives {value!r}, which is no moment; it must give one like 2026-03-02T09:00:00Z"
        )
    return at


def begin_event(means: Means, work: Work, place: Place) -> None:
    """Take an event that came before, else wait for one. Raises ConditionFailed and StepFailed."""
    use = place.step.event
    assert use is not None
    key = work.plan.compiled(use.key).value(work.variables(place=place))
    if isinstance(key, bool) or not isinstance(key, (str, int)) or len(str(key)) > _MOST_KEY:
        raise StepFailed(f"{use.key!r} gives {key!r}; the key of an event is a text or a whole number")
    lock_events(work, use.name, str(key))
    kept = means.take_kept(work.unit, use.name, str(key), use.payload, (work.row.id, place.instance))
    if kept is not None:
        arrived(work, place, kept)
        return
    at = _timeout(means, work, use)
    wait_key = event_key(use.name, str(key))
    wait_id = open_wait(means, work, place.instance, kind="event", key=wait_key, at=at)
    output = {"event": use.name, "key": str(key), "until": None if at is None else iso(at)}
    work.keep(_waiting(work, place, output, f"waits for {use.name} {key}", wait_id=wait_id, wait_key=wait_key))


def event_key(name: str, key: str) -> str:
    return f"{name}\n{key}"


def lock_events(work: Work, name: str, key: str) -> None:
    """Whoever looks for what waits, or for what is kept, looks alone: an event must not pass between the two."""
    lock_key(work.unit.conn, event_key(name, key))


def _timeout(means: Means, work: Work, use: EventUse) -> datetime | None:
    if use.timeout_hours is None:
        return None
    return due_after(means, work.row.team, work.unit.now, use.timeout_hours, use.hours)


def arrived(work: Work, place: Place, event: KeptEvent) -> None:
    close_wait(work, place, ARRIVED, {"event": event.id, "payload": dict(event.payload)}, f"event {event.id} came")


def close_wait(work: Work, place: Place, outcome: str, output: Mapping[str, Any], summary: str) -> None:
    """What was waited for has come, or never will."""
    position = work.position_of(place.instance)
    work.keep(StepRow(place.instance, StepPhase.DONE, outcome, position, summary=summary, output=output))
    work.done(place.instance, outcome, summary=summary)


def elapsed(work: Work, instance: str) -> None:
    """The moment has come at which an instance that waits goes on."""
    place = work.plan.shape.place(*parts_of(instance))
    if place.step.event is None:
        until = work.states[instance].output
        close_wait(work, place, ELAPSED, dict(until), f"{until.get('until')} came")
        return
    outcome = place.step.event.on_timeout or TIMEOUT
    close_wait(work, place, outcome, {"event": None, "payload": {}}, "no event came in time")


def begin_child(means: Means, work: Work, place: Place) -> None:
    """Run another recipe, in the version pinned when this run began. Raises ConditionFailed and StepFailed."""
    use = place.step.recipe
    assert use is not None
    variables = work.variables(place=place)
    given = {name: work.plan.compiled(text).value(variables) for name, text in use.input.items()}
    digest = (work.row.pins or {}).get(use.id)
    if digest is None:
        raise StepFailed(f"the recipe {use.id!r} was not pinned when this run began; start the run anew")
    recipe = means.plans.of(work.unit.conn, digest).recipe
    row = work.row
    costs = {"currency_of_costs": row.input["currency_of_costs"]} if "currency_of_costs" in row.input else {}
    child = begin_run(
        means,
        work.unit,
        recipe,
        recipe_hash=digest,
        team=row.team,
        subject=str(given.get("subject") or place.step.title),
        run_input={**costs, **given},
        actor=row.started_by,
        parent=Parent(row.id, place.instance, dict(row.pins or {})),
    )
    wait_id = open_wait(means, work, place.instance, kind="child", key=child.id)
    summary = f"waits for the run {child.id}: {recipe.title}"
    work.keep(_waiting(work, place, {"run": child.id}, summary, wait_id=wait_id))


def take_children(means: Means, work: Work) -> list[Place]:
    """Close the instances whose runs have ended; returns them. One that failed is waited for: it may be tried again."""
    waiting = {name for name, state in work.states.items() if _waits_for_child(work, name, state.phase)}
    closed: list[Place] = []
    if not waiting:
        return closed
    for child in children_of(work.unit.conn, work.row.id):
        state = work.states.get(child.parent_step)
        if child.parent_step not in waiting or not child.state.is_final or child.state is RunState.FAILED:
            continue
        if state is None or state.output.get("run") != child.id:
            continue
        if state.wait_id is not None:
            means.engine.close_wait(work.unit, state.wait_id, outcome=child.state.value)
        done = child.state is RunState.DONE
        outcome = (child.outcome or "done") if done else child.state.value
        output = {
            "run": child.id,
            "state": child.state.value,
            "outcome": child.outcome,
            "output": last_output(work.unit.conn, child.id) if done else {},
        }
        place = work.plan.shape.place(*parts_of(child.parent_step))
        close_wait(work, place, outcome, output, f"the run {child.id} ended: {outcome}")
        closed.append(place)
    return closed


def _waits_for_child(work: Work, name: str, phase: StepPhase) -> bool:
    step = work.plan.shape.steps.get(parts_of(name)[0])
    return phase is StepPhase.WAITING and step is not None and step.kind is StepKind.RECIPE and "~" not in name


def _waiting(
    work: Work,
    place: Place,
    output: Mapping[str, Any],
    summary: str,
    *,
    wait_id: str,
    wait_key: str | None = None,
) -> StepRow:
    return StepRow(
        step_id=place.instance,
        phase=StepPhase.WAITING,
        outcome=None,
        position=work.position_of(place.instance),
        summary=summary,
        output=output,
        wait_id=wait_id,
        wait_key=wait_key,
    )
