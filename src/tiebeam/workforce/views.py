"""Reading tasks: the inbox in pages, one task with everything, counts and notices."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from tiebeam.authority import Principal, Visible
from tiebeam.errors import Invalid
from tiebeam.workforce import tables
from tiebeam.workforce.desk import Desk, Given
from tiebeam.workforce.directory import Holder
from tiebeam.workforce.questions import questions
from tiebeam.workforce.rungs import RungState, RungView, away, rung_of
from tiebeam.workforce.task import (
    Change,
    Decision,
    Message,
    Task,
    TaskState,
    decision_of,
    load_decision,
    load_task,
    task_of,
)

Row = TypeVar("Row")
LARGEST_PAGE = 500
MOST_COUNTED = 10_000
_MOST_DAYS = 120


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list; `page` counts from 1. `total` is at most MOST_COUNTED."""

    rows: tuple[Row, ...]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a task's history."""

    at: datetime
    kind: str
    actor: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DayOff:
    """A working day that counts less or not at all towards a due time."""

    day: date
    why: str


@dataclass(frozen=True, slots=True)
class Endorsement:
    """A decision by somebody whose limit did not cover the amount, and where the task went."""

    at: datetime
    verb: str
    person_id: str
    person_name: str
    payload_hash: str
    diff: tuple[Change, ...]
    comment: str
    amount: Decimal | None
    minutes: Decimal | None
    from_role: str
    to_role: str


@dataclass(frozen=True, slots=True)
class TaskView(Task):
    """A task as a page shows it. In lists `ladder`, `history`, `questions`, `endorsements`, `days_off` are empty."""

    role_title: str
    people: tuple[Holder, ...]
    """Who may decide it today."""
    is_overdue: bool
    next_rung: RungView | None
    decision: Decision | None
    ladder: tuple[RungView, ...] = ()
    history: tuple[Event, ...] = ()
    questions: tuple[Message, ...] = ()
    endorsements: tuple[Endorsement, ...] = ()
    days_off: tuple[DayOff, ...] = ()
    """Holidays and absences between the start of the count and the due time, of an open task."""


@dataclass(frozen=True, slots=True)
class TaskCounts:
    """`mine` = active tasks the principal may act on; the next four are parts of it. `active` = all they may see.

    None is larger than MOST_COUNTED.
    """

    mine: int
    claimed: int
    waiting: int
    overdue: int
    snoozed: int
    active: int


@dataclass(frozen=True, slots=True)
class Notice:
    id: str
    task_id: str | None
    kind: str
    text: str
    at: datetime
    seen_at: datetime | None


def tasks(
    desk: Desk,
    conn: sa.Connection,
    *,
    state: str | Collection[str] | None = None,
    role: str | None = None,
    person: str | None = None,
    run_id: str | None = None,
    query: str = "",
    sort: str = "due",
    page: int = 1,
    size: int = 50,
    with_snoozed: bool = True,
    visible: Visible | None = None,
) -> Page[TaskView]:
    """A page of tasks. `state` also takes "active" (open, claimed, waiting) and "closed"; None is all.

    `visible` keeps what somebody may see; without it nothing is kept back.
    `person` keeps what that person may act on today. `sort`: due, opened, closed, amount, title or role, with a
    leading `-` for descending. Raises Invalid on an unknown state or sort.
    """
    where = _states(state)
    if role is not None:
        where.append(tables.task.c.role == role)
    if person is not None:
        where.append(_may_act(desk.principal(person, now=desk.store.clock.now(), conn=conn)))
    if run_id is not None:
        where.append(tables.task.c.run_id == run_id)
    if query.strip():
        where.append(_contains(query.strip()))
    if not with_snoozed:
        where.append(tables.task.c.snoozed_until.is_(None))
    if visible is not None:
        where.append(_is_visible(visible))
    size, page = min(max(size, 1), LARGEST_PAGE), max(page, 1)
    total = _count(conn, where)
    statement = (
        sa.select(tables.task).where(*where).order_by(*_order(sort, state)).limit(size).offset((page - 1) * size)
    )
    found = [task_of(row) for row in conn.execute(statement)]
    return Page(tuple(_list_views(desk, conn, found)), total, page, size)


def task(desk: Desk, conn: sa.Connection, task_id: str) -> TaskView:
    """One task with its whole history. Raises UnknownTask."""
    found = load_task(conn, task_id)
    ladder = tuple(_rungs(conn, [task_id]).get(task_id, ()))
    return _view(
        desk,
        found,
        given=desk.given_by(conn),
        ladder=ladder,
        decision=load_decision(conn, task_id),
        details={
            "ladder": ladder,
            "history": tuple(_history(conn, task_id)),
            "questions": tuple(questions(conn, task_id)),
            "endorsements": tuple(_endorsements(conn, task_id)),
            "days_off": tuple(_days_off(desk, conn, found)) if found.is_active else (),
        },
    )


def _days_off(desk: Desk, conn: sa.Connection, task: Task) -> Iterator[DayOff]:
    calendar, is_away = desk.calendar(task.team), away(desk, conn, task)
    day, last = calendar.day_of(task.due_start or task.counted_from), calendar.day_of(task.due_at)
    special = {
        one.date: one.title if one.closes is None else f"{one.title}, closes at {one.closes}"
        for one in calendar.special_days(day, last)
        if not one.works
    }
    for _ in range(_MOST_DAYS):
        if day > last:
            break
        if day in special:
            yield DayOff(day, special[day])
        elif calendar.works_on(day) and is_away(day):
            yield DayOff(day, "nobody who may decide is at work")
        day += timedelta(days=1)
    if calendar.known_until is not None and last > calendar.known_until:
        yield DayOff(calendar.known_until, "no holidays are declared after this day")


def decisions_of_run(conn: sa.Connection, run_id: str) -> list[Decision]:
    """Every final decision of a run, oldest first: who decided, for separation of duties and for audit."""
    table = tables.task_decision
    statement = sa.select(table).where(table.c.run_id == run_id).order_by(table.c.at, table.c.task_id)
    return [decision_of(row) for row in conn.execute(statement)]


def task_holders(conn: sa.Connection, run_id: str) -> frozenset[str]:
    """The roles with which tasks of this run lie or lay last."""
    table = tables.task
    return frozenset(conn.execute(sa.select(table.c.role).where(table.c.run_id == run_id).distinct()).scalars())


def runs_of_tasks(visible: Visible) -> sa.Select[tuple[str]]:
    """The runs in whose tasks the principal's roles take part, for those who filter runs."""
    table = tables.task
    return sa.select(table.c.run_id).where(table.c.intent.in_(visible.held), table.c.role.in_(visible.roles))


def _is_visible(visible: Visible) -> sa.ColumnElement[bool]:
    table = tables.task
    return sa.or_(
        table.c.intent.in_(visible.intents),
        sa.and_(table.c.intent.in_(visible.begun), table.c.started_by == visible.actor),
        sa.and_(table.c.intent.in_(visible.held), table.c.role.in_(visible.roles)),
    )


def counts(desk: Desk, conn: sa.Connection, principal: Principal, *, visible: Visible | None = None) -> TaskCounts:
    now, table = desk.store.clock.now(), tables.task
    mine = _may_act(desk.fresh(principal, now=now, conn=conn))

    seen = [table.c.closed_at.is_(None), *([] if visible is None else [_is_visible(visible)])]
    columns = (table.c.claimed_by, table.c.state, table.c.due_at, table.c.snoozed_until)
    own = sa.select(*columns).where(*seen, mine).limit(MOST_COUNTED).subquery()

    def number(which: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((which, 1), else_=0)), 0)

    statement = sa.select(
        sa.func.count(),
        number(own.c.claimed_by == principal.person_id),
        number(own.c.state == str(TaskState.WAITING)),
        number(own.c.due_at < now),
        number(own.c.snoozed_until.is_not(None)),
    ).select_from(own)
    total, claimed, waiting, overdue, snoozed = conn.execute(statement).one()
    return TaskCounts(total, claimed, waiting, overdue, snoozed, active=_count(conn, seen))


def notices(conn: sa.Connection, person_id: str, *, unseen_only: bool = True, limit: int = 50) -> list[Notice]:
    """Newest first."""
    statement = (
        sa.select(tables.notice)
        .where(tables.notice.c.person_id == person_id)
        .order_by(tables.notice.c.at.desc(), tables.notice.c.id.desc())
        .limit(limit)
    )
    if unseen_only:
        statement = statement.where(tables.notice.c.seen_at.is_(None))
    return [Notice(r.id, r.task_id, r.kind, r.text, r.at, r.seen_at) for r in conn.execute(statement)]


def _count(conn: sa.Connection, where: Sequence[sa.ColumnElement[bool]]) -> int:
    """How many there are, at most MOST_COUNTED: nobody reads on, and a count must not grow with the years."""
    some = sa.select(sa.literal(1)).select_from(tables.task).where(*where).limit(MOST_COUNTED).subquery()
    return conn.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()


def _states(state: str | Collection[str] | None) -> list[sa.ColumnElement[bool]]:
    match state:
        case None:
            return []
        case "active":
            return [tables.task.c.closed_at.is_(None)]
        case "closed":
            return [tables.task.c.closed_at.is_not(None)]
        case _:
            wanted = [state] if isinstance(state, str) else list(state)
    known = {str(member) for member in TaskState}
    if unknown := sorted(set(wanted) - known):
        raise Invalid(f"unknown task state {unknown[0]!r}: use active, closed or one of {', '.join(sorted(known))}")
    return [tables.task.c.state.in_(wanted)]


def _may_act(principal: Principal) -> sa.ColumnElement[bool]:
    table, clauses = tables.task, list[sa.ColumnElement[bool]]()
    for role in sorted(principal.all_roles | {*principal.emergency}):
        kept_out = [_excludes(person) for person in principal.on_behalf_of(role)]
        in_role = table.c.role == role
        clauses.append(sa.and_(in_role, sa.not_(sa.and_(*kept_out))) if kept_out else in_role)
    return sa.and_(sa.or_(sa.false(), *clauses), sa.not_(_excludes(principal.person_id)))


def _excludes(person_id: str) -> sa.ColumnElement[bool]:
    # Names are quoted in canonical JSON, so the quotes keep `ann` apart from `anna`.
    return sa.type_coerce(tables.task.c.excluded_people, sa.Text).contains(f'"{person_id}"', autoescape=True)


def _contains(query: str) -> sa.ColumnElement[bool]:
    places = (tables.task.c.title, tables.task.c.summary, tables.task.c.id, tables.task.c.run_id)
    return sa.or_(*(sa.func.lower(place).contains(query.lower(), autoescape=True) for place in places))


def _order(sort: str, state: str | Collection[str] | None) -> list[sa.ColumnElement[Any]]:
    table, name = tables.task, sort.removeprefix("-")
    columns: Mapping[str, sa.ColumnElement[Any]] = {
        "due": table.c.due_at,
        "opened": table.c.opened_at,
        "closed": table.c.closed_at,
        # Kept as text to be exact; as a number only to be put in order.
        "amount": sa.cast(sa.type_coerce(table.c.amount, sa.Text), sa.Numeric(38, 6)),
        "title": table.c.title,
        "role": table.c.role,
    }
    if name not in columns:
        raise Invalid(f"cannot sort tasks by {name!r}: use one of {', '.join(columns)}")
    column = columns[name].desc() if sort.startswith("-") else columns[name].asc()
    # Whether empty values come first matters where there are any; elsewhere it would keep an index from being used.
    is_optional = name == "amount" or (name == "closed" and state != "closed")
    return [column.nulls_last() if is_optional else column, table.c.id.desc() if sort.startswith("-") else table.c.id]


def _rungs(conn: sa.Connection, task_ids: Sequence[str]) -> dict[str, list[RungView]]:
    table, found = tables.task_rung, dict[str, list[RungView]]()
    statement = sa.select(table).where(table.c.task_id.in_(task_ids)).order_by(table.c.task_id, table.c.position)
    for row in conn.execute(statement):
        found.setdefault(row.task_id, []).append(rung_of(row))
    return found


def _list_views(desk: Desk, conn: sa.Connection, found: list[Task]) -> list[TaskView]:
    ids = [t.id for t in found]
    rungs = _rungs(conn, ids)
    table = tables.task_decision
    decided = {row.task_id: decision_of(row) for row in conn.execute(sa.select(table).where(table.c.task_id.in_(ids)))}
    given = desk.given_by(conn)
    return [
        _view(desk, t, given=given, ladder=rungs.get(t.id, ()), decision=decided.get(t.id), details={}) for t in found
    ]


def _view(
    desk: Desk,
    found: Task,
    *,
    given: Given,
    ladder: Sequence[RungView],
    decision: Decision | None,
    details: Mapping[str, Any],
) -> TaskView:
    now, role = desk.store.clock.now(), desk.people().roles.get(found.role)
    pending = [rung for rung in ladder if rung.state is RungState.PENDING]
    return TaskView(
        **{f.name: getattr(found, f.name) for f in fields(Task)},
        role_title=found.role if role is None else role.title,
        people=tuple(desk.acting(found, now, given=given)) if found.is_active else (),
        is_overdue=found.is_active and found.due_at < now,
        next_rung=min(pending, key=lambda rung: rung.at, default=None),
        decision=decision,
        **details,
    )


def _history(conn: sa.Connection, task_id: str) -> list[Event]:
    table = tables.task_event
    statement = sa.select(table).where(table.c.task_id == task_id).order_by(table.c.position)
    return [Event(row.at, row.kind, row.actor, row.detail) for row in conn.execute(statement)]


def _endorsements(conn: sa.Connection, task_id: str) -> list[Endorsement]:
    table = tables.task_endorsement
    statement = sa.select(table).where(table.c.task_id == task_id).order_by(table.c.at, table.c.id)
    return [
        Endorsement(
            **{f.name: getattr(row, f.name) for f in fields(Endorsement) if f.name != "diff"},
            diff=tuple(Change(**one) for one in row.diff),
        )
        for row in conn.execute(statement)
    ]
