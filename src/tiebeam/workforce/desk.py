"""What every verb of this room works with, and how what happens to a task is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Authority, Obj, Principal, PrincipalKind
from tiebeam.engine import Engine
from tiebeam.errors import Refused
from tiebeam.store import Store, Unit
from tiebeam.workforce import tables
from tiebeam.workforce.calendar import Calendar
from tiebeam.workforce.directory import Directory, Holder, acting, calendar_of, deputised_roles, is_absent, person_of
from tiebeam.workforce.standing import receivers, standing_of
from tiebeam.workforce.task import Decision, Message, Task

RUN_KIND = "run"
HUMAN_QUEUE = "human"

Given = Callable[[str, date], tuple[tuple[str, str], ...]]
"""Pairs (receiver, giver) of those to whom a role is given on a day."""


@dataclass(slots=True)
class Hooks:
    """What other rooms want to do in the same unit of work."""

    decided: list[Callable[[Unit, Task, Decision], None]] = field(
        default_factory=list[Callable[[Unit, Task, Decision], None]]
    )
    endorsed: list[Callable[[Unit, Task, Decision], None]] = field(
        default_factory=list[Callable[[Unit, Task, Decision], None]]
    )
    edited: list[Callable[[Task, Mapping[str, Any]], Iterable[str]]] = field(
        default_factory=list[Callable[[Task, Mapping[str, Any]], Iterable[str]]]
    )
    """Answer why an edit of the task's payload is refused, before anything is decided."""
    asked: list[Callable[[Unit, Task, Message], None]] = field(
        default_factory=list[Callable[[Unit, Task, Message], None]]
    )
    grounds: list[Callable[[Unit, Task], Mapping[str, Any]]] = field(
        default_factory=list[Callable[[Unit, Task], Mapping[str, Any]]]
    )
    """Answer what else the record of a decision names: the recipe, documents and models it rests on."""


@dataclass(frozen=True, slots=True)
class Desk:
    store: Store
    engine: Engine
    people: Callable[[], Directory]
    hooks: Hooks
    authority: Authority
    facts_of: Callable[[str], Mapping[str, Any]]
    """The attributes all objects of an intent share, such as `readers`."""
    added_by: Callable[[Principal], tuple[tuple[str, ...], bool]]
    """The roles, and whether administration, that a principal's session adds to their record."""

    def calendar(self, team: str) -> Calendar:
        return calendar_of(self.people(), team)

    def today(self, task: Task, now: datetime) -> date:
        return self.calendar(task.team).day_of(now)

    def principal(self, person_id: str, *, now: datetime, conn: sa.Connection | None = None) -> Principal:
        """The person with today's roles, deputised and given ones included. Raises NotFound.

        `conn` is that of an open unit; without one a connection is taken for the moment.
        """
        directory = self.people()
        person = person_of(directory, person_id)
        day = calendar_of(directory, person.team).day_of(now)
        with nullcontext(conn) if conn is not None else self.store.read() as reading:
            standing = standing_of(reading, directory, person_id, day=day, now=now)
        stands_in = deputised_roles(directory, person.id, day=day)
        return Principal(
            person.id,
            person.name,
            roles=person.roles,
            administrator=person.administrator,
            deputising=(*stands_in, *(pair for pair in standing.given if pair not in stands_in)),
            emergency=standing.emergency,
        )

    def fresh(self, principal: Principal, *, now: datetime, conn: sa.Connection | None = None) -> Principal:
        """The same principal, as they signed in, with the roles the directory gives them now, whatever they carried."""
        if principal.kind is not PrincipalKind.PERSON:
            return principal
        if principal.person_id not in self.people().people:
            raise Refused(f"{principal.name} is not a person of this workspace any more", person=principal.person_id)
        today = self.principal(principal.person_id, now=now, conn=conn)
        roles, administrator = self.added_by(principal)
        return replace(
            principal,
            name=today.name,
            roles=(*today.roles, *(role for role in roles if role not in today.roles)),
            administrator=today.administrator or administrator,
            deputising=today.deputising,
            emergency=today.emergency,
        )

    def acting(self, task: Task, now: datetime, *, given: Given | None = None) -> list[Holder]:
        """Who may decide the task today: holders, their deputies, and those to whom the role is given."""
        day = self.today(task, now)
        if given is None:
            with self.store.read() as conn:
                pairs = receivers(conn, self.people(), task.role, day=day)
        else:
            pairs = given(task.role, day)
        return acting(self.people(), task.role, day=day, excluded=task.excluded_people, given=pairs)

    def given_by(self, conn: sa.Connection) -> Given:
        """To whom roles are given, asked once for each role and day however long a list is."""
        known: dict[tuple[str, date], tuple[tuple[str, str], ...]] = {}

        def given(role: str, day: date) -> tuple[tuple[str, str], ...]:
            if (role, day) not in known:
                known[role, day] = receivers(conn, self.people(), role, day=day)
            return known[role, day]

        return given

    def responsible(self, task: Task, now: datetime) -> list[Holder]:
        """Who may act on it today: the claimer or their deputy while claimed and present, else the role's people."""
        found = self.acting(task, now)
        claimed = [holder for holder in found if task.claimed_by in {holder.person_id, holder.on_behalf_of or ""}]
        return claimed or found

    def binding_claim(self, task: Task, now: datetime) -> str | None:
        """A claim binds others while the claimer is at work and may decide."""
        person = self.people().people.get(task.claimed_by or "")
        if person is None or is_absent(person, self.today(task, now)):
            return None
        # Who claimed it for somebody away, or with a role they had then, binds nobody once that is over.
        is_theirs = task.role in person.roles or any(h.person_id == person.id for h in self.acting(task, now))
        return person.id if is_theirs else None

    def obj(self, task: Task, now: datetime) -> Obj:
        """The task as authority rules see it."""
        # Of the intent only who reads: its other roles have no say in a task that waits for one of them.
        facts = self.facts_of(task.intent)
        return Obj(
            "task",
            task.id,
            {
                "intent": task.intent or None,
                "readers": tuple(sorted({*facts.get("readers", ()), task.role, task.audit_owner})),
                "started_by": task.started_by or None,
                "role": task.role,
                "team": task.team,
                "audit_owner": task.audit_owner,
                "excluded_people": task.excluded_people,
                "amount": task.amount,
                "state": str(task.state),
                "claimed_by": self.binding_claim(task, now),
            },
        )


_OF_TASK = sa.bindparam("of_task")
# Built once: putting a statement together costs more than running it.
_NEXT_EVENT = sa.select(sa.func.coalesce(sa.func.max(tables.task_event.c.position), 0) + 1).where(
    tables.task_event.c.task_id == _OF_TASK
)
_ADD_EVENT = sa.insert(tables.task_event).values(position=_NEXT_EVENT.scalar_subquery())
_CHANGE_TASK = sa.update(tables.task).where(tables.task.c.id == _OF_TASK)
_ADD_NOTICES = sa.insert(tables.notice)


def record(unit: Unit, task: Task, kind: str, *, actor: str, **detail: Any) -> None:
    """One fact about a task: on the run's journal stream and in the task's own history."""
    facts = {"role": task.role, "audit_owner": task.audit_owner, "payload_hash": task.payload_hash, **detail}
    unit.journal(
        task.stream,
        f"task.{kind}",
        actor=actor,
        payload={"subject": f"task:{task.id}", "step": task.step_id, "title": task.title, **facts},
    )
    event = {"task_id": task.id, "of_task": task.id, "at": unit.now, "kind": kind, "actor": actor, "detail": detail}
    unit.conn.execute(_ADD_EVENT, event)


def change(unit: Unit, task: Task, **values: Any) -> Task:
    """Store new values and return the task as it is now."""
    unit.conn.execute(_CHANGE_TASK, {"of_task": task.id, **values})
    return replace(task, **values)


def notify(unit: Unit, task: Task, kind: str, *, people: Iterable[str], text: str) -> None:
    """A line in the notices of each of these people."""
    tell(unit, people, kind, text, task_id=task.id)


def tell(unit: Unit, people: Iterable[str], kind: str, text: str, *, task_id: str | None = None) -> None:
    """The same about anything, or about a task."""
    rows = [
        {
            "id": unit.store.ids.new("notice"),
            "person_id": person_id,
            "task_id": task_id,
            "kind": kind,
            "text": text,
            "at": unit.now,
        }
        for person_id in sorted(set(people))
    ]
    if rows:
        unit.conn.execute(_ADD_NOTICES, rows)
