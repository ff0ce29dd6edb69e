"""Events and starts as people look at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.errors import NotFound
from tiebeam.workflow.triggers.rows import EventState, StartState, as_event
from tiebeam.workflow.triggers.tables import event, event_use, hook_refusal, trigger_start


@dataclass(frozen=True, slots=True)
class EventItem:
    id: str
    name: str
    key: str
    source: str
    at: datetime
    received_at: datetime
    state: EventState
    detail: str | None
    keep_until: datetime | None


@dataclass(frozen=True, slots=True)
class EventTaken:
    """A run that took an event: in the step `step`, or, where that is empty, from its start."""

    run_id: str
    step: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EventView:
    item: EventItem
    source_id: str
    payload: Mapping[str, Any]
    taken: tuple[EventTaken, ...]


@dataclass(frozen=True, slots=True)
class StartItem:
    """One start of a trigger, or why there was none."""

    trigger_id: str
    slot: str
    state: StartState
    run_id: str | None
    event_id: str | None
    at: datetime
    made_at: datetime
    actor: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """How often a source was refused on a day, and what was wrong the last time."""

    source: str
    reason: str
    day: str
    times: int
    last_at: datetime
    detail: str


_ITEM = tuple(event.c[name] for name in EventItem.__slots__)


def list_events(
    conn: sa.Connection,
    *,
    names: frozenset[str] | None = None,
    state: EventState | None = None,
    key: str | None = None,
    limit: int = 50,
    before: datetime | None = None,
) -> list[EventItem]:
    """The newest first; `names` keeps events of these names alone, `before` goes on where a page ended."""
    statement = sa.select(*_ITEM).order_by(event.c.received_at.desc(), event.c.id.desc()).limit(limit)
    if names is not None:
        statement = statement.where(event.c.name.in_(sorted(names)))
    for column, value in ((event.c.state, state), (event.c.key, key)):
        if value is not None:
            statement = statement.where(column == value)
    if before is not None:
        statement = statement.where(event.c.received_at < before)
    return [_item(row) for row in conn.execute(statement).mappings()]


def event_view(conn: sa.Connection, event_id: str) -> EventView:
    """Raises NotFound."""
    row = conn.execute(sa.select(event).where(event.c.id == event_id)).mappings().first()
    if row is None:
        raise NotFound(f"there is no event {event_id[:80]!r}; 'tiebeam events list' shows them", event=event_id[:80])
    whole = as_event(row)
    uses = sa.select(event_use.c.run_id, event_use.c.step, event_use.c.at).where(event_use.c.event_id == event_id)
    taken = conn.execute(uses.order_by(event_use.c.at, event_use.c.run_id, event_use.c.step).limit(200))
    item = EventItem(**{name: getattr(whole, name) for name in EventItem.__slots__})
    return EventView(item, whole.source_id, whole.payload, tuple(EventTaken(*one) for one in taken))


def list_starts(conn: sa.Connection, trigger_ids: frozenset[str], *, limit: int = 50) -> list[StartItem]:
    """The newest first, of these triggers."""
    table = trigger_start
    statement = sa.select(*(table.c[name] for name in StartItem.__slots__)).where(
        table.c.trigger_id.in_(sorted(trigger_ids))
    )
    rows = conn.execute(statement.order_by(table.c.made_at.desc(), table.c.slot.desc()).limit(limit)).mappings()
    return [_start(row) for row in rows]


def starts_of_event(conn: sa.Connection, event_id: str, trigger_ids: frozenset[str]) -> list[StartItem]:
    """What these triggers made of an event."""
    statement = sa.select(*(trigger_start.c[name] for name in StartItem.__slots__)).where(
        trigger_start.c.trigger_id.in_(sorted(trigger_ids)), trigger_start.c.slot == event_id
    )
    rows = conn.execute(statement.order_by(trigger_start.c.trigger_id))
    return [_start(row) for row in rows.mappings()]


def last_starts(conn: sa.Connection, trigger_ids: frozenset[str]) -> dict[str, StartItem]:
    """The last start of each trigger that has one."""
    found: dict[str, StartItem] = {}
    for trigger_id in sorted(trigger_ids):
        for start in list_starts(conn, frozenset({trigger_id}), limit=1):
            found[trigger_id] = start
    return found


def list_refused(conn: sa.Connection, *, limit: int = 50) -> list[RefusedItem]:
    """The newest first."""
    statement = sa.select(*(hook_refusal.c[name] for name in RefusedItem.__slots__))
    rows = conn.execute(statement.order_by(hook_refusal.c.last_at.desc()).limit(limit))
    return [RefusedItem(*row) for row in rows]


def _start(row: sa.RowMapping) -> StartItem:
    values = dict(row)
    values["state"] = StartState(values["state"])
    return StartItem(**values)


def _item(row: sa.RowMapping) -> EventItem:
    values = dict(row)
    values["state"] = EventState(values["state"])
    return EventItem(**values)
