"""Opening a review task: a complete context package, a person who can act, a deadline and a ladder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.errors import Invalid
from tiebeam.kit import digest_of
from tiebeam.spec import HandoffProtocol, RungAction, SchemaBroken, as_data, check_schema
from tiebeam.store import Unit
from tiebeam.workforce import tables
from tiebeam.workforce.desk import Desk, notify, record
from tiebeam.workforce.directory import Climb, NobodyHoldsRole, climb, holders
from tiebeam.workforce.rungs import plan_of, set_rungs
from tiebeam.workforce.task import Task, TaskState, declared_key

WAIT_KIND = "task"
OPENER = "system:workflow"
NEVER_BY_LADDER = frozenset({"edit", "ask"})
ABORT = "abort"


class IncompleteContext(Invalid):
    """The context package lacks keys the handoff protocol asks for (C4)."""

    code = "incomplete_context"


class UnknownApprover(NobodyHoldsRole):
    """The role or person a step names is not in this workspace, or may not decide it (WF-07)."""

    code = "unknown_approver"


class BrokenProtocol(Invalid):
    """The handoff protocol cannot be carried out as declared."""

    code = "broken_protocol"


def protocol_problems(protocol: HandoffProtocol) -> list[str]:
    """What keeps the declared ladder and verbs from being carried out; empty when nothing does."""
    problems: list[str] = []
    if not protocol.verbs:
        problems.append("it offers no verb, so nobody could decide")
    for position, rung in enumerate(protocol.rungs, start=1):
        match rung.action:
            case RungAction.REASSIGN if rung.role is None:
                problems.append(f"rung {position} reassigns without naming a role")
            case RungAction.DEFAULT if rung.verb is None:
                problems.append(f"rung {position} decides by default without naming a verb")
            case RungAction.DEFAULT if rung.verb not in protocol.verbs or rung.verb in NEVER_BY_LADDER:
                problems.append(f"rung {position} cannot decide {rung.verb!r} by default")
            case _:
                pass
    hours = [rung.after_hours for rung in protocol.rungs]
    if hours != sorted(hours):
        problems.append("its rungs are not in the order of their hours")
    return problems


def check_package(protocol: HandoffProtocol, context: Mapping[str, Any]) -> None:
    """Every key the protocol names must be there and hold something. Raises IncompleteContext."""
    held = {declared_key(key) for key, value in context.items() if value not in (None, "", [], {})}
    missing = [key for key in protocol.context if key not in held]
    if missing:
        raise IncompleteContext(
            f"handoff {protocol.id!r} needs {', '.join(map(repr, missing))} in its context package; "
            f"the step before it must supply them",
            handoff=protocol.id,
            missing=missing,
        )


@dataclass(frozen=True, slots=True)
class NewTask:
    """What a task is opened with; see `Workforce.open_task`."""

    run_id: str
    intent: str
    started_by: str
    seq: int
    step_id: str
    handoff: HandoffProtocol
    title: str
    summary: str
    payload: dict[str, Any]
    context: dict[str, Any]
    role: str
    team: str
    excluded_people: tuple[str, ...]
    amount: Decimal | None
    currency: str | None
    needs_authority: bool
    answer_schema: dict[str, Any] | None
    routed_because: str
    person: str | None = None


# Built once: putting a statement together costs more than running it.
_ADD_TASK = sa.insert(tables.task)
_KEEP_PAYLOAD = {
    "sqlite": sqlite.insert(tables.task_payload).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(tables.task_payload).on_conflict_do_nothing(),
}


def open_task(desk: Desk, unit: Unit, new: NewTask) -> str:
    """The id of the new task. Raises IncompleteContext, BrokenProtocol or NobodyHoldsRole."""
    try:
        if new.answer_schema is not None:
            check_schema(new.answer_schema)
    except SchemaBroken as problem:
        raise BrokenProtocol(f"step {new.step_id!r} asks for an answer, and {problem.message}") from problem
    check_package(new.handoff, new.context)
    if problems := protocol_problems(new.handoff):
        raise BrokenProtocol(
            f"handoff {new.handoff.id!r}: {'; '.join(problems)}", handoff=new.handoff.id, problems=problems
        )
    way = _way(desk, unit, new)
    because = new.routed_because
    if way.passed:
        because += f". Nobody eligible holds {', '.join(way.passed)}, so it went up to {way.role}"
    if new.person is not None:
        because += f". {desk.people().people[new.person].name} is asked by name, as {way.role}"
    skipped = {"handoff", "person"}
    values: dict[str, Any] = {f.name: getattr(new, f.name) for f in fields(NewTask) if f.name not in skipped}
    values |= {"id": unit.store.ids.new("task"), "wait_id": "", "protocol": new.handoff, "role": way.role}
    values |= {"payload_hash": digest_of(new.payload), "audit_owner": new.handoff.audit_owner}
    values |= {"routed_because": because, "claimed_by": new.person, "snoozed_until": None}
    # Whoever is asked by name has the task as if they had claimed it: others see so, and they may give it back.
    values |= {"state": TaskState.OPEN if new.person is None else TaskState.CLAIMED}
    values |= {
        "opened_at": unit.now,
        "counted_from": unit.now,
        "due_start": unit.now,
        "due_at": unit.now,
        "closed_at": None,
    }
    task = Task(**values)
    _write(desk, unit, task, asked_role=new.role)
    return task.id


def _way(desk: Desk, unit: Unit, new: NewTask) -> Climb:
    """The role it goes to; a person asked by name must be able to decide in it. Raises NobodyHoldsRole."""
    directory = desk.people()
    if new.role not in directory.roles and not holders(directory, new.role):
        raise UnknownApprover(
            f"no role {new.role!r} in this workspace{_near(new.role, directory.roles)}", role=new.role
        )
    if new.person is None:
        return climb(directory, new.role, excluded=new.excluded_people)
    person = directory.people.get(new.person)
    if person is None:
        raise UnknownApprover(
            f"no person {new.person!r} in this workspace{_near(new.person, directory.people)}", person=new.person
        )
    given = desk.given_by(unit.conn)(new.role, desk.calendar(new.team).day_of(unit.now))
    able = {*holders(directory, new.role), *(receiver for receiver, _ in given)} - set(new.excluded_people)
    if person.id not in able:
        why = "took part before" if person.id in new.excluded_people else f"does not hold the role {new.role!r}"
        raise UnknownApprover(
            f"{person.name} ({person.id}) is asked by name and {why}; "
            f"{', '.join(sorted(able)) or 'nobody'} could decide as {new.role!r}",
            person=person.id,
            role=new.role,
        )
    return Climb(new.role, ())


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=3)
    return f"; did you mean {', '.join(map(repr, near))}?" if near else ""


def _write(desk: Desk, unit: Unit, task: Task, *, asked_role: str) -> None:
    due_at = plan_of(desk, unit.conn, task, ()).due_at
    wait_id = desk.engine.open_wait(
        unit, run_id=task.run_id, seq=task.seq, step_id=task.step_id, kind=WAIT_KIND, key=task.id, due_at=due_at
    )
    values = {f.name: getattr(task, f.name) for f in fields(Task)}
    values |= {"protocol": as_data(task.protocol), "handoff": task.handoff, "state": str(task.state)}
    values |= {"excluded_people": list(task.excluded_people), "wait_id": wait_id, "due_at": due_at}
    unit.conn.execute(_ADD_TASK, values)
    task = replace(task, wait_id=wait_id, due_at=due_at)
    keep_payload(unit, task, actor=OPENER)
    set_rungs(desk, unit, task)
    record(
        unit,
        task,
        "opened",
        actor=OPENER,
        handoff=task.handoff,
        asked_role=asked_role,
        because=task.routed_because,
        due_at=due_at,
    )
    people = [holder.person_id for holder in desk.responsible(task, unit.now)]
    notify(unit, task, "opened", people=people, text=f"New for {task.role}: {task.title}")


def keep_payload(unit: Unit, task: Task, *, actor: str) -> None:
    """Keep every version a person may have been shown, so that a stale decision can be told what changed."""
    values = {"task_id": task.id, "payload_hash": task.payload_hash, "payload": task.payload}
    unit.conn.execute(_KEEP_PAYLOAD[unit.conn.dialect.name], {**values, "at": unit.now, "actor": actor})
