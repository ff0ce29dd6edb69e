"""Deadlines and rungs as engine timers: set when a task opens, moved when it changes hands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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

_LATE = timedelta(minutes=5)
"""A sweep that comes a moment after its time is not an outage."""

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


@dataclass(frozen=True, slots=True)
class Plan:
    """When a task is due and when each of its open rungs fires, by position."""

    due_at: datetime
    rungs: dict[int, datetime]


def plan_of(desk: Desk, conn: sa.Connection, task: Task, ladder: Sequence[RungView]) -> Plan:
    """What the task's people, their absences and the team's hours give now.

    Rungs count from `counted_from`, and keep their declared distance from one that fired late: after an outage the
    people it reached get their time as well.
    """
    calendar, is_away = desk.calendar(task.team), away(desk, conn, task)
    late = max((r for r in ladder if _fired_late(r, task.counted_from)), key=lambda r: r.position, default=None)
    moments: dict[int, datetime] = {}
    for rung in ladder:
        if rung.state is not RungState.PENDING:
            continue
        at = calendar.add(task.counted_from, rung.after_hours, is_away=is_away)
        if late is not None and late.fired_at is not None:
            distance = max(Decimal(0), rung.after_hours - late.after_hours)
            at = max(at, calendar.add(late.fired_at, distance, is_away=is_away))
        moments[rung.position] = at
    start = task.due_start or task.counted_from
    return Plan(calendar.add(start, task.protocol.due_hours, is_away=is_away), moments)


def has_come(desk: Desk, unit: Unit, task: Task, rung: RungView) -> bool:
    """Whether a rung whose timer fires is due by what people, absences and holidays say now."""
    is_away = away(desk, unit.conn, task)
    return desk.calendar(task.team).add(task.counted_from, rung.after_hours, is_away=is_away) <= unit.now


def _fired_late(rung: RungView, start: datetime) -> bool:
    if rung.fired_at is None or rung.fired_at < start or rung.state not in {RungState.FIRED, RungState.REFUSED}:
        return False
    return rung.fired_at - rung.at > _LATE


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


def recompute(desk: Desk, unit: Unit, task: Task) -> Task:
    """Move the due time and the rungs that have not fired to what the task's people and hours now give."""
    ladder = ladder_of(unit.conn, task.id)
    return follow(desk, unit, task, ladder, plan_of(desk, unit.conn, task, ladder))


def follow(desk: Desk, unit: Unit, task: Task, ladder: Sequence[RungView], plan: Plan) -> Task:
    """Write a plan down: the task, its open rungs and their timers."""
    desk.engine.cancel_timers(unit, task.wait_id)
    for rung in ladder:
        if rung.position in plan.rungs and rung.at != plan.rungs[rung.position]:
            unit.conn.execute(
                sa.update(tables.task_rung)
                .where(tables.task_rung.c.task_id == task.id, tables.task_rung.c.position == rung.position)
                .values(at=plan.rungs[rung.position])
            )
    _set_timers(desk, unit, task, list(plan.rungs.items()))
    if task.snoozed_until is not None:
        set_wake(desk, unit, task, task.snoozed_until)
    return change(unit, task, due_at=plan.due_at)


def set_wake(desk: Desk, unit: Unit, task: Task, at: datetime) -> None:
    desk.engine.set_timer(unit, wait_id=task.wait_id, at=at, action=WAKE_TIMER, payload={"task": task.id})


def _set_timers(desk: Desk, unit: Unit, task: Task, moments: Sequence[tuple[int, datetime]]) -> None:
    """One timer for each (position of the rung, moment)."""
    due = [(at, {"task": task.id, "position": position}) for position, at in moments]
    desk.engine.set_timers(unit, wait_id=task.wait_id, action=RUNG_TIMER, moments=due)


def ladder_of(conn: sa.Connection, task_id: str) -> list[RungView]:
    table = tables.task_rung
    statement = sa.select(table).where(table.c.task_id == task_id).order_by(table.c.position)
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
