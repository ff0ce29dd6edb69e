"""The escalation ladder firing: remind, reassign, raise, then decide by default or give up."""

from __future__ import annotations

from typing import assert_never

import sqlalchemy as sa

from tiebeam.authority import ESCALATION
from tiebeam.engine import Timer
from tiebeam.spec import RungAction
from tiebeam.store import Unit
from tiebeam.workforce import tables
from tiebeam.workforce.decisions import NoAuthority, decide
from tiebeam.workforce.desk import Desk, change, notify, record
from tiebeam.workforce.directory import NobodyHoldsRole, climb
from tiebeam.workforce.editing import WrongInput
from tiebeam.workforce.handling import move
from tiebeam.workforce.opening import ABORT
from tiebeam.workforce.rungs import RungState, RungView, has_come, mark, recompute, rung_of
from tiebeam.workforce.task import Standing, Task, load_task


def fire_rung(desk: Desk, unit: Unit, timer: Timer) -> None:
    """Carry out one rung. A task decided meanwhile, or a rung that has fired, is left alone."""
    task = load_task(unit.conn, timer.payload["task"], lock=True)
    rung = _rung(unit, task.id, int(timer.payload["position"]))
    if not task.is_active or rung.state is not RungState.PENDING:
        return
    if not has_come(desk, unit, task, rung):
        # Somebody is away who was not when the timer was set, or a holiday was declared.
        recompute(desk, unit, task)
        return
    mark(unit, task.id, rung.position, RungState.FIRED)
    match rung.action:
        case RungAction.REMIND:
            _remind(desk, unit, task, rung)
        case RungAction.REASSIGN | RungAction.RAISE:
            _move_up(desk, unit, task, rung)
        case RungAction.DEFAULT | RungAction.ABORT:
            _decide(desk, unit, task, rung)
        case _:
            assert_never(rung.action)


def wake(desk: Desk, unit: Unit, timer: Timer) -> None:
    """End a snooze."""
    task = load_task(unit.conn, timer.payload["task"], lock=True)
    if not task.is_active or task.snoozed_until is None or task.snoozed_until > unit.now:
        return
    task = change(unit, task, snoozed_until=None)
    record(unit, task, "woke", actor=ESCALATION.actor)
    _tell(desk, unit, task, "woke", f"Back from snooze: {task.title}")


def _rung(unit: Unit, task_id: str, position: int) -> RungView:
    statement = sa.select(tables.task_rung).where(
        tables.task_rung.c.task_id == task_id, tables.task_rung.c.position == position
    )
    return rung_of(unit.conn.execute(statement).one())


def _tell(desk: Desk, unit: Unit, task: Task, kind: str, text: str, *, also: set[str] | None = None) -> None:
    people = {holder.person_id for holder in desk.responsible(task, unit.now)} | (also or set())
    notify(unit, task, kind, people=people, text=text)


def _remind(desk: Desk, unit: Unit, task: Task, rung: RungView) -> None:
    record(unit, task, "reminded", actor=ESCALATION.actor, rung=rung.position, due_at=task.due_at)
    _tell(desk, unit, task, "reminded", f"Due {task.due_at:%Y-%m-%d %H:%M} UTC: {task.title}")


def _move_up(desk: Desk, unit: Unit, task: Task, rung: RungView) -> None:
    """`raise` without a role goes to whom the present role reports to, and tells those it leaves as well."""
    directory = desk.people()
    here = directory.roles.get(task.role)
    target = rung.role or (None if here is None else here.reports_to)
    former, former_role = {h.person_id for h in desk.responsible(task, unit.now)}, task.role
    try:
        if target is None:
            raise NobodyHoldsRole(f"role {task.role!r} reports to nobody")
        way = climb(directory, target, excluded=task.excluded_people)
    except NobodyHoldsRole as problem:
        _refused(desk, unit, task, rung, str(problem))
        return
    # Rungs go on counting from where they did: an escalation must not put off the next one.
    task = move(desk, unit, task, role=way.role, counted_from=task.counted_from)
    is_raise = rung.action is RungAction.RAISE
    kind = "raised" if is_raise else "reassigned"
    record(
        unit,
        task,
        kind,
        actor=ESCALATION.actor,
        rung=rung.position,
        from_role=former_role,
        passed=list(way.passed),
        due_at=task.due_at,
    )
    text = f"Escalated from {former_role} to {way.role}: {task.title}"
    _tell(desk, unit, task, kind, text, also=former if is_raise else None)


def _decide(desk: Desk, unit: Unit, task: Task, rung: RungView) -> None:
    verb = ABORT if rung.action is RungAction.ABORT else rung.verb or ABORT
    comment = f"Nobody decided within {rung.after_hours} working hours."
    try:
        decision = decide(desk, unit, ESCALATION, task.id, verb=verb, given={"comment": comment})
    except (NoAuthority, WrongInput) as problem:
        _refused(desk, unit, task, rung, str(problem))
        return
    if decision.standing is Standing.FINAL:
        _tell(desk, unit, task, "escalated", f"The ladder chose {verb!r}: {task.title}")


def _refused(desk: Desk, unit: Unit, task: Task, rung: RungView, reason: str) -> None:
    """A rung that may not be carried out leaves the task open and tells the administrators."""
    mark(unit, task.id, rung.position, RungState.REFUSED)
    record(unit, task, "escalation-refused", actor=ESCALATION.actor, rung=rung.position, reason=reason)
    administrators = {person.id for person in desk.people().people.values() if person.administrator}
    _tell(desk, unit, task, "escalation-refused", f"{reason} ({task.title})", also=administrators)
