"""What people do with a task short of deciding it: look, claim, release, reassign, snooze; and a run that ends."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Principal
from tiebeam.errors import Conflict, Invalid, Refused
from tiebeam.store import Unit
from tiebeam.workforce import tables
from tiebeam.workforce.desk import Desk, change, notify, record
from tiebeam.workforce.directory import climb
from tiebeam.workforce.drafts import forget_drafts
from tiebeam.workforce.rungs import cancel_rungs, recompute
from tiebeam.workforce.standing import note_use
from tiebeam.workforce.task import ACTIVE, Task, TaskState, load_decision, load_task, task_of

LONGEST_REVIEW_MINUTES = Decimal(60)
"""A page left open over lunch is not review: measured minutes are capped here."""


class AlreadyDecided(Conflict):
    """Somebody else's decision came first; `data["decision"]` carries it."""

    code = "already_decided"


class TaskClosed(Conflict):
    """The task ended without a decision of a person: its run was cancelled or it expired."""

    code = "task_closed"


class TaskMoved(Conflict):
    """The task is not where the caller thinks it is: already claimed, or not claimed at all."""

    code = "task_moved"


def active_task(unit: Unit, task_id: str) -> Task:
    """The task, locked until the unit ends. Raises UnknownTask, AlreadyDecided or TaskClosed."""
    task = load_task(unit.conn, task_id, lock=True)
    if not task.is_active:
        raise closed_error(unit.conn, task)
    return task


def closed_error(conn: sa.Connection, task: Task) -> AlreadyDecided | TaskClosed:
    decision = load_decision(conn, task.id)
    if decision is None:
        return TaskClosed(f"task {task.id!r} is {task.state}; its run no longer waits for it", task=task.id)
    return AlreadyDecided(
        f"task {task.id!r} was already decided: {decision.person_name} chose {decision.verb!r} "
        f"at {decision.at:%Y-%m-%d %H:%M} UTC. Your decision was not taken.",
        task=task.id,
        decision=decision.as_json(),
    )


def viewed(desk: Desk, unit: Unit, principal: Principal, task_id: str) -> None:
    """Note when a person first looked at a task; their review minutes count from there."""
    task = load_task(unit.conn, task_id, lock=True)
    desk.authority.require(desk.fresh(principal, now=unit.now, conn=unit.conn), "task.view", desk.obj(task, unit.now))
    if _first_view(unit.conn, principal, task_id) is None:
        unit.conn.execute(
            sa.insert(tables.task_viewing).values(
                task_id=task_id, person_id=principal.person_id, first_viewed_at=unit.now
            )
        )


def has_viewed(conn: sa.Connection, principal: Principal, task_id: str) -> bool:
    return _first_view(conn, principal, task_id) is not None


def _first_view(conn: sa.Connection, principal: Principal, task_id: str) -> datetime | None:
    statement = sa.select(tables.task_viewing.c.first_viewed_at).where(
        tables.task_viewing.c.task_id == task_id, tables.task_viewing.c.person_id == principal.person_id
    )
    return conn.execute(statement).scalar_one_or_none()


def review_minutes(
    unit: Unit, principal: Principal, task_id: str, *, given: Decimal | None
) -> tuple[Decimal | None, str]:
    """(minutes, how they are known). Never guessed: None when neither given nor seen."""
    if given is not None:
        if not given.is_finite() or not 0 <= given <= 24 * 60:
            raise Invalid(f"minutes of review must lie between 0 and 1440, not {given}")
        return given, "given"
    first = _first_view(unit.conn, principal, task_id)
    if first is None:
        return None, "not-measured"
    minutes = Decimal(str(round(max(0.0, (unit.now - first).total_seconds()) / 60, 2)))
    return (minutes, "measured") if minutes <= LONGEST_REVIEW_MINUTES else (LONGEST_REVIEW_MINUTES, "capped")


def claim(desk: Desk, unit: Unit, principal: Principal, task_id: str) -> Task:
    """Keep others from deciding it meanwhile. Claiming one's own task again changes nothing."""
    task = active_task(unit, task_id)
    actor = desk.fresh(principal, now=unit.now, conn=unit.conn)
    verdict = desk.authority.require(actor, "task.claim", desk.obj(task, unit.now))
    note_use(unit, actor, verdict, verb="task.claim", obj=desk.obj(task, unit.now))
    if task.claimed_by == actor.person_id:
        return task
    state = task.state if task.state is TaskState.WAITING else TaskState.CLAIMED
    task = change(unit, task, state=state, claimed_by=actor.person_id)
    task = recompute(desk, unit, task)
    record(unit, task, "claimed", actor=actor.actor, rule=verdict.rule, due_at=task.due_at)
    return task


def release(desk: Desk, unit: Unit, principal: Principal, task_id: str) -> Task:
    """Give a claimed task back to its role. Raises TaskMoved when nobody has claimed it."""
    task = active_task(unit, task_id)
    actor = desk.fresh(principal, now=unit.now, conn=unit.conn)
    verdict = desk.authority.require(actor, "task.release", desk.obj(task, unit.now))
    if task.claimed_by is None:
        raise TaskMoved(f"task {task_id!r} is not claimed by anybody", task=task_id)
    state = task.state if task.state is TaskState.WAITING else TaskState.OPEN
    former, task = task.claimed_by, change(unit, task, state=state, claimed_by=None)
    task = recompute(desk, unit, task)
    record(unit, task, "released", actor=actor.actor, rule=verdict.rule, former=former, due_at=task.due_at)
    return task


def reassign(
    desk: Desk,
    unit: Unit,
    principal: Principal,
    task_id: str,
    *,
    role: str | None = None,
    person: str | None = None,
    reason: str = "",
) -> Task:
    """Hand the task to another role, or to a person who holds its (new) role; the clock starts anew.

    Raises Invalid when the person may not act in the role, NobodyHoldsRole when nobody can, and Refused when an
    administrator without the task's role would hand it to a role of their own.
    """
    task = active_task(unit, task_id)
    actor = desk.fresh(principal, now=unit.now, conn=unit.conn)
    verdict = desk.authority.require(actor, "task.reassign", desk.obj(task, unit.now))
    note_use(unit, actor, verdict, verb="task.reassign", obj=desk.obj(task, unit.now))
    if role is None and person is None:
        raise Invalid(f"say to which role or person task {task_id!r} goes", task=task_id)
    if role is not None and role not in desk.people().roles:
        raise Invalid(f"no role {role!r} in this workspace", role=role)
    former = task.role
    way = climb(desk.people(), role or task.role, excluded=task.excluded_people)
    if verdict.rule == "administrator-manages" and way.role in actor.all_roles:
        # Who only manages tasks would give themselves a decision that is not theirs.
        raise Refused(
            f"{actor.name} may reassign task {task_id!r} as an administrator, but not to a role of their own "
            f"({way.role!r}); choose another role, or let somebody who holds {former!r} hand it over",
            task=task_id,
            rule="no-self-service",
        )
    task = move(desk, unit, task, role=way.role, counted_from=unit.now)
    if person is not None:
        if all(holder.person_id != person for holder in desk.responsible(task, unit.now)):
            raise Invalid(
                f"{person!r} may not act on task {task_id!r} as {way.role!r} today; "
                f"{', '.join(h.person_id for h in desk.responsible(task, unit.now)) or 'nobody'} may",
                person=person,
                role=way.role,
            )
        state = task.state if task.state is TaskState.WAITING else TaskState.CLAIMED
        task = recompute(desk, unit, change(unit, task, claimed_by=person, state=state))
    facts = {"from_role": former, "to_person": person, "reason": reason, "passed": list(way.passed)}
    record(unit, task, "reassigned", actor=actor.actor, rule=verdict.rule, due_at=task.due_at, **facts)
    told = [person] if person is not None else [h.person_id for h in desk.responsible(task, unit.now)]
    notify(unit, task, "reassigned", people=told, text=f"Reassigned to you: {task.title}")
    return task


def move(
    desk: Desk,
    unit: Unit,
    task: Task,
    *,
    role: str,
    counted_from: datetime,
) -> Task:
    """Put the task with another role, unclaimed and awake, and count its time for the people there."""
    state = task.state if task.state is TaskState.WAITING else TaskState.OPEN
    awake: dict[str, Any] = {"state": state, "claimed_by": None, "snoozed_until": None}
    task = change(unit, task, role=role, counted_from=counted_from, due_start=unit.now, **awake)
    return recompute(desk, unit, task)


def snooze(desk: Desk, unit: Unit, principal: Principal, task_id: str, *, until: datetime) -> Task:
    """Hide the task until then. The clock goes on: neither the due time nor the ladder moves. Raises Invalid."""
    task = active_task(unit, task_id)
    actor = desk.fresh(principal, now=unit.now, conn=unit.conn)
    verdict = desk.authority.require(actor, "task.snooze", desk.obj(task, unit.now))
    note_use(unit, actor, verdict, verb="task.snooze", obj=desk.obj(task, unit.now))
    if not unit.now < until <= max(task.due_at, unit.now):
        raise Invalid(
            f"task {task_id!r} can be snoozed until it is due at {task.due_at:%Y-%m-%d %H:%M} UTC at most; "
            f"reassign it when somebody else should take it",
            task=task_id,
        )
    task = recompute(desk, unit, change(unit, task, snoozed_until=until))
    record(unit, task, "snoozed", actor=actor.actor, rule=verdict.rule, until=until)
    return task


def cancel_tasks(
    desk: Desk,
    unit: Unit,
    run_id: str,
    *,
    reason: str,
    actor: str = "system:workflow",
    steps: Collection[str] | None = None,
) -> int:
    """Close the active tasks of a run, or of these steps of it; returns how many.

    Call it before journalling on the run's stream: deciders lock the task first and the stream after it.
    """
    where = [tables.task.c.run_id == run_id, tables.task.c.state.in_([str(state) for state in ACTIVE])]
    if steps is not None:
        where.append(tables.task.c.step_id.in_(steps))
    statement = sa.select(tables.task).where(*where).order_by(tables.task.c.id).with_for_update()
    found = [task_of(row) for row in unit.conn.execute(statement).all()]
    for task in found:
        closed = change(unit, task, state=TaskState.CANCELLED, closed_at=unit.now)
        cancel_rungs(unit, task.id)
        forget_drafts(unit, task.id)
        desk.engine.close_wait(unit, task.wait_id, outcome="cancelled")
        record(unit, closed, "cancelled", actor=actor, reason=reason)
    return len(found)
