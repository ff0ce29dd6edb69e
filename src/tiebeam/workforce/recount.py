"""Open tasks following their people: absences, roles, teams, holidays and delegations that change while tasks wait."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from tiebeam.engine import Timer
from tiebeam.spec import Person
from tiebeam.store import Unit
from tiebeam.workforce import tables
from tiebeam.workforce.desk import Desk, change, notify, record
from tiebeam.workforce.directory import Directory, NobodyHoldsRole, climb
from tiebeam.workforce.handling import move
from tiebeam.workforce.rungs import RungView, follow, plan_of, rung_of
from tiebeam.workforce.task import Task, TaskState, task_of

RECOUNT_TIMER = "workforce.recount"
BATCH = 200
"""So many tasks are looked at in one unit; what is more follows in units of their own."""
_UNTIL_SEEN = timedelta(seconds=2)
"""Other processes look for a newly applied graph each second; a batch must not count with the old one."""
_ACTOR = "system:workforce"


def people_changed(desk: Desk, unit: Unit, before: Directory, after: Directory) -> int:
    """Bring open tasks to what the newly applied people, teams and calendars say. Returns how many were looked at here.

    The first batch belongs to the unit that applies the change; a timer set in it carries on with the others.
    """
    roles, teams = affected_roles(before, after), _affected_teams(before, after)
    if not roles and not teams:
        return 0
    return _batch(replace(desk, people=lambda: after), unit, roles=sorted(roles), teams=sorted(teams), above="")


def role_changed(desk: Desk, unit: Unit, role: str) -> int:
    """The same after a role was delegated or a delegation revoked."""
    return _batch(desk, unit, roles=[role], teams=[], above="")


def carry_on(desk: Desk, unit: Unit, timer: Timer) -> None:
    """The next batch."""
    said = timer.payload
    _batch(desk, unit, roles=said["roles"], teams=said["teams"], above=said["above"])


def affected_roles(before: Directory, after: Directory) -> set[str]:
    """Roles whose holders, or those who stand in for them, came, went or changed their absences."""
    both = (before, after)
    changed = {name for name in _names(before.people, after.people) if _work(before, name) != _work(after, name)}
    roles = {name for name in _names(before.roles, after.roles) if before.roles.get(name) != after.roles.get(name)}
    for name in _names(before.people, after.people):
        if changed & _stand_ins(both, name):
            roles |= {role for side in both if name in side.people for role in side.people[name].roles}
    return roles


def _affected_teams(before: Directory, after: Directory) -> set[str]:
    def hours(side: Directory, name: str) -> Any:
        team = side.teams.get(name)
        return None if team is None else (team, side.calendars.get(team.calendar or ""))

    return {name for name in _names(before.teams, after.teams) if hours(before, name) != hours(after, name)}


def _names(*several: Mapping[str, Any]) -> set[str]:
    return {name for one in several for name in one}


def _work(side: Directory, name: str) -> Any:
    person: Person | None = side.people.get(name)
    return None if person is None else (person.roles, person.absences)


def _stand_ins(sides: Iterable[Directory], name: str) -> set[str]:
    """The person and everybody who may come to stand in for them."""
    sides, seen, rest = tuple(sides), set[str](), [name]
    while rest:
        current = rest.pop()
        if current in seen:
            continue
        seen.add(current)
        for side in sides:
            if current in side.people:
                rest.extend(absence.deputy for absence in side.people[current].absences if absence.deputy)
    return seen


def _batch(desk: Desk, unit: Unit, *, roles: Collection[str], teams: Collection[str], above: str) -> int:
    table = tables.task
    statement = (
        sa.select(table)
        .where(
            table.c.closed_at.is_(None),
            sa.or_(table.c.role.in_(roles), table.c.team.in_(teams)),
            table.c.id > above,
        )
        .order_by(table.c.id)
        .limit(BATCH)
        # All rows before the first line of any journal: deciders lock in this order too.
        .with_for_update()
    )
    found = [task_of(row) for row in unit.conn.execute(statement).all()]
    ladders = _ladders(unit.conn, [task.id for task in found])
    for task in found:
        _follow(desk, unit, task, ladders.get(task.id, []))
    if len(found) == BATCH:
        payload = {"roles": list(roles), "teams": list(teams), "above": found[-1].id}
        desk.engine.set_timer(unit, wait_id=None, at=unit.now + _UNTIL_SEEN, action=RECOUNT_TIMER, payload=payload)
    return len(found)


def _ladders(conn: sa.Connection, ids: Collection[str]) -> dict[str, list[RungView]]:
    table, ladders = tables.task_rung, dict[str, list[RungView]]()
    statement = sa.select(table).where(table.c.task_id.in_(ids)).order_by(table.c.task_id, table.c.position)
    for row in conn.execute(statement):
        ladders.setdefault(row.task_id, []).append(rung_of(row))
    return ladders


def _follow(desk: Desk, unit: Unit, task: Task, ladder: list[RungView]) -> None:
    try:
        way = climb(desk.people(), task.role, excluded=task.excluded_people)
    except NobodyHoldsRole as problem:
        _stranded(desk, unit, task, problem.message)
        return
    if way.role != task.role:
        former = task.role
        task = move(desk, unit, task, role=way.role, counted_from=task.counted_from)
        record(unit, task, "rerouted", actor=_ACTOR, from_role=former, passed=list(way.passed), due_at=task.due_at)
        people = [holder.person_id for holder in desk.responsible(task, unit.now)]
        notify(unit, task, "rerouted", people=people, text=f"Nobody holds {former} any more: {task.title}")
        return
    former_due, former_claim = task.due_at, task.claimed_by
    if former_claim is not None and not _may_keep(desk, unit, task):
        state = task.state if task.state is TaskState.WAITING else TaskState.OPEN
        task = change(unit, task, claimed_by=None, state=state)
    plan = plan_of(desk, unit.conn, task, ladder)
    is_moved = any(rung.at != plan.rungs.get(rung.position, rung.at) for rung in ladder)
    if plan.due_at == former_due and not is_moved and task.claimed_by == former_claim:
        return
    task = follow(desk, unit, task, ladder, plan)
    facts = {} if task.claimed_by == former_claim else {"former": former_claim}
    record(unit, task, "recounted", actor=_ACTOR, former_due=former_due, due_at=task.due_at, **facts)


def _may_keep(desk: Desk, unit: Unit, task: Task) -> bool:
    """Whether who has claimed the task could still decide it; whoever is merely away keeps it."""
    person = desk.people().people.get(task.claimed_by or "")
    if person is None:
        return False
    if task.role in person.roles:
        return True
    return any(h.person_id == person.id for h in desk.acting(task, unit.now, given=desk.given_by(unit.conn)))


def _stranded(desk: Desk, unit: Unit, task: Task, reason: str) -> None:
    record(unit, task, "nobody-left", actor=_ACTOR, reason=reason)
    administrators = [person.id for person in desk.people().people.values() if person.administrator]
    notify(unit, task, "nobody-left", people=administrators, text=f"{reason} ({task.title})")
