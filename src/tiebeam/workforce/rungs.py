"""Deadlines and rungs as engine timers: set when a task opens, moved when it changes hands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tiebeam.spec import RungAction
from tiebeam.store import Unit
from tiebeam.workforce import tables
from tiebeam.workforce.desk import Desk, Given, change
from tiebeam.workforce.directory import acting
from tiebeam.workforce.standing import given_on
from tiebeam.workforce.task import Task

RUNG_TIMER = "workforce.rung"
WAKE_TIMER = "workforce.wake"

_ADD_RUNGS = sa.insert(tables.task_rung)


class RungState(StrEnum):
    """`refused` = it fired, but its decision was not allowed."""

    PENDING = "pending"
    FIRED = "fired"
    REFUSED = "refused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RungView:
    """One rung of a task's ladder: what happens at which moment, or when it happened."""

    position: int
    action: RungAction
    role: str | None
    verb: str | None
    after_hours: Decimal
    at: datetime
    state: RungState
    fired_at: datetime | None


def rung_of(row: Any) -> RungView:
    return RungView(
        row.position,
        RungAction(row.action),
        row.role,
        row.verb,
        row.after_hours,
        row.at,
        RungState(row.state),
        row.fired_at,
    )


def away(desk: Desk, conn: sa.Connection, task: Task) -> Callable[[date], bool]:
    """True on days when nobody who may act on the task is at work.

    While claimed, the days of the claimer and of who stands in for them count alone.
    """
    directory = desk.people()
    given: Given | None = None

    def nobody(day: date) -> bool:
        nonlocal given
        present = acting(directory, task.role, day=day, excluded=task.excluded_people)
        if task.claimed_by is not None:
            present = [h for h in present if task.claimed_by in {h.person_id, h.on_behalf_of or ""}]
        if present:
            return False
        # Only days that would not count are asked for, so that most deadlines cost no question to the database.
        given = given or given_on(conn, directory, task.role)
        receivers = acting(directory, task.role, day=day, excluded=task.excluded_people, given=given(task.role, day))
        return not any(task.claimed_by in {None, h.person_id, h.on_behalf_of} for h in receivers)

    return nobody


def due_from(desk: Desk, conn: sa.Connection, task: Task, start: datetime) -> datetime:
    return desk.calendar(task.team).add(start, task.protocol.due_hours, is_away=away(desk, conn, task))


def set_rungs(desk: Desk, unit: Unit, task: Task) -> None:
    """Write the ladder of a task that just opened, with one timer for each rung."""
    if not task.protocol.rungs:
        return
    calendar, is_away = desk.calendar(task.team), away(desk, unit.conn, task)
    rows: list[dict[str, Any]] = [
        {
            "task_id": task.id,
            "position": position,
            "action": str(rung.action),
            "role": rung.role,
            "verb": rung.verb,
            "after_hours": rung.after_hours,
            "at": calendar.add(task.counted_from, rung.after_hours, is_away=is_away),
            "state": str(RungState.PENDING),
        }
        for position, rung in enumerate(task.protocol.rungs)
    ]
    unit.conn.execute(_ADD_RUNGS, rows)
    _set_timers(desk, unit, task, [(row["position"], row["at"]) for row in rows])


def recompute(desk: Desk, unit: Unit, task: Task, *, due_start: datetime, fired: RungView | None = None) -> Task:
    """Move the due time and the rungs that have not fired to what the task's people and hours now give.

    The due time is counted from `due_start`, the rungs from the task's `counted_from`. Rungs after `fired` keep their
    declared distance from it, so that after an outage the people it reached get their time as well.
    """
    desk.engine.cancel_timers(unit, task.wait_id)
    calendar, is_away = desk.calendar(task.team), away(desk, unit.conn, task)
    moved: list[tuple[int, datetime]] = []
    for rung in pending(unit.conn, task.id):
        at = calendar.add(task.counted_from, rung.after_hours, is_away=is_away)
        if fired is not None:
            distance = max(Decimal(0), rung.after_hours - fired.after_hours)
            at = max(at, calendar.add(unit.now, distance, is_away=is_away))
        unit.conn.execute(
            sa.update(tables.task_rung)
            .where(tables.task_rung.c.task_id == task.id, tables.task_rung.c.position == rung.position)
            .values(at=at)
        )
        moved.append((rung.position, at))
    _set_timers(desk, unit, task, moved)
    if task.snoozed_until is not None:
        set_wake(desk, unit, task, task.snoozed_until)
    return change(unit, task, due_at=due_from(desk, unit.conn, task, due_start))


def set_wake(desk: Desk, unit: Unit, task: Task, at: datetime) -> None:
    desk.engine.set_timer(unit, wait_id=task.wait_id, at=at, action=WAKE_TIMER, payload={"task": task.id})


def _set_timers(desk: Desk, unit: Unit, task: Task, moments: Sequence[tuple[int, datetime]]) -> None:
    """One timer for each (position of the rung, moment)."""
    due = [(at, {"task": task.id, "position": position}) for position, at in moments]
    desk.engine.set_timers(unit, wait_id=task.wait_id, action=RUNG_TIMER, moments=due)


def pending(conn: sa.Connection, task_id: str) -> list[RungView]:
    statement = (
        sa.select(tables.task_rung)
        .where(tables.task_rung.c.task_id == task_id, tables.task_rung.c.state == str(RungState.PENDING))
        .order_by(tables.task_rung.c.position)
    )
    return [rung_of(row) for row in conn.execute(statement)]


def mark(unit: Unit, task_id: str, position: int, state: RungState) -> None:
    unit.conn.execute(
        sa.update(tables.task_rung)
        .where(tables.task_rung.c.task_id == task_id, tables.task_rung.c.position == position)
        .values(state=str(state), fired_at=unit.now)
    )


def cancel_rungs(unit: Unit, task_id: str) -> None:
    """Rows only: the engine cancels the timers when it closes the wait."""
    unit.conn.execute(
        sa.update(tables.task_rung)
        .where(tables.task_rung.c.task_id == task_id, tables.task_rung.c.state == str(RungState.PENDING))
        .values(state=str(RungState.CANCELLED))
    )
