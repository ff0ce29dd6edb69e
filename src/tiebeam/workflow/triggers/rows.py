"""Writing the rows of events and triggers, inside the caller's unit of work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.kit import digest_of
from tiebeam.store import Store, Unit
from tiebeam.workflow.triggers.tables import event, event_kept, event_use, hook_refusal, trigger_start, trigger_state

_LONGEST_DETAIL = 1000
_LOCK_OF_EVENTS = 7_241_905_533


class EventState(StrEnum):
    """`sent` is an event a step sent and that is not delivered yet."""

    SENT = "sent"
    DELIVERED = "delivered"
    KEPT = "kept"
    EXPIRED = "expired"
    LEFT = "left"
    """No step takes it and no trigger starts by it: the source's own condition left it alone."""
    REFUSED = "refused"


class StartState(StrEnum):
    STARTED = "started"
    JOINED = "joined"
    """The key's run was open already, so no other one was started."""
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event as it comes in. `source_id` is its sender's own id for it; `at` when the sender says it happened."""

    name: str
    key: str
    payload: Mapping[str, Any]
    source: str
    source_id: str
    at: datetime

    @property
    def digest(self) -> str:
        return digest_of({"name": self.name, "key": self.key, "payload": self.payload})


@dataclass(frozen=True, slots=True)
class EventRow:
    id: str
    name: str
    key: str
    payload: Mapping[str, Any]
    digest: str
    source: str
    source_id: str
    at: datetime
    received_at: datetime
    state: EventState
    detail: str | None
    keep_until: datetime | None


def insert_once(unit: Unit, table: sa.Table, values: Mapping[str, Any]) -> bool:
    """False when a row with the same key is there; one that is being written is waited for."""
    insert = postgresql.insert if unit.conn.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(**values).on_conflict_do_nothing()
    return unit.conn.execute(statement.returning(*table.primary_key.columns)).first() is not None


def lock_key(conn: sa.Connection, name: str, key: str) -> None:
    """An event and the wait for it take turns, or each could miss the other. SQLite's write lock does this already."""
    if conn.dialect.name == "postgresql":
        named = int(digest_of([name, key])[:8], 16) - 2**31
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_OF_EVENTS % 2**31, named)))


def insert_event(unit: Unit, new: NewEvent, *, state: EventState, detail: str | None = None) -> EventRow | None:
    """None when this sender's id was taken before."""
    values: dict[str, Any] = {
        "id": unit.store.ids.new("evt"),
        "name": new.name,
        "key": new.key,
        "payload": dict(new.payload),
        "digest": new.digest,
        "source": new.source,
        "source_id": new.source_id,
        "at": new.at,
        "received_at": unit.now,
        "state": state,
        "detail": detail,
        "keep_until": None,
    }
    return EventRow(**values) if insert_once(unit, event, values) else None


def earlier_event(conn: sa.Connection, new: NewEvent) -> EventRow:
    where = (event.c.source == new.source, event.c.source_id == new.source_id)
    return as_event(conn.execute(sa.select(event).where(*where)).mappings().one())


def load_event(conn: sa.Connection, event_id: str) -> EventRow | None:
    row = conn.execute(sa.select(event).where(event.c.id == event_id)).mappings().first()
    return None if row is None else as_event(row)


def as_event(row: sa.RowMapping) -> EventRow:
    values = dict(row)
    values["state"] = EventState(values["state"])
    return EventRow(**values)


def set_event(unit: Unit, event_id: str, *, state: EventState, detail: str | None = None) -> None:
    told = None if detail is None else detail[:_LONGEST_DETAIL]
    unit.conn.execute(sa.update(event).where(event.c.id == event_id).values(state=state, detail=told))


def note_use(unit: Unit, event_id: str, run_id: str, *, step: str = "") -> None:
    insert_once(unit, event_use, {"event_id": event_id, "run_id": run_id, "step": step, "at": unit.now})


def uses_of(conn: sa.Connection, event_id: str, *, most: int = 100) -> tuple[str, ...]:
    """The runs that took an event or that it started."""
    statement = sa.select(event_use.c.run_id).where(event_use.c.event_id == event_id).distinct().limit(most)
    return tuple(conn.execute(statement).scalars())


def forget_old(store: Store, *, before: datetime, most: int) -> int:
    """Events that came before a moment and are kept for nobody. Returns how many were forgotten."""
    is_kept = sa.exists().where(event_kept.c.event_id == event.c.id)
    old = sa.select(event.c.id).where(event.c.received_at < before, sa.not_(is_kept)).limit(most)
    with store.read() as conn:
        ids = list(conn.execute(old).scalars())
    if ids:
        with store.unit() as unit:
            for table, column in ((event_use, event_use.c.event_id), (event, event.c.id)):
                unit.conn.execute(sa.delete(table).where(column.in_(ids)))
    return len(ids)


def keep_event(unit: Unit, row: EventRow, *, keys: set[str], hours: timedelta) -> None:
    until = unit.now + hours
    unit.conn.execute(sa.update(event).where(event.c.id == row.id).values(keep_until=until))
    shared = {"event_id": row.id, "name": row.name, "received_at": row.received_at, "keep_until": until}
    unit.conn.execute(sa.insert(event_kept), [{**shared, "key": key} for key in sorted(keys)])


def kept_count(conn: sa.Connection, name: str, key: str, *, most: int) -> int:
    """How many are kept, counted no further than `most`."""
    some = sa.select(event_kept.c.event_id).where(event_kept.c.name == name, event_kept.c.key == key).limit(most)
    return int(conn.execute(sa.select(sa.func.count()).select_from(some.subquery())).scalar_one())


def kept_events(conn: sa.Connection, name: str, key: str, *, now: datetime, most: int = 20) -> list[EventRow]:
    """The oldest first, those whose time is over left out."""
    where = (event_kept.c.name == name, event_kept.c.key == key, event_kept.c.keep_until > now)
    statement = (
        sa.select(event)
        .join(event_kept, event_kept.c.event_id == event.c.id)
        .where(*where)
        .order_by(event_kept.c.received_at, event_kept.c.event_id)
        .limit(most)
    )
    return [as_event(row) for row in conn.execute(statement).mappings()]


def forget_kept(unit: Unit, event_id: str) -> bool:
    """False when another took it meanwhile."""
    return unit.conn.execute(sa.delete(event_kept).where(event_kept.c.event_id == event_id)).rowcount > 0


def expire_kept(unit: Unit, *, most: int) -> int:
    """Events nobody waited for in time; they stay on the record."""
    over = sa.select(event_kept.c.event_id).where(event_kept.c.keep_until <= unit.now).limit(most)
    ids = list(unit.conn.execute(over).scalars().unique())
    for event_id in ids:
        if forget_kept(unit, event_id):
            unit.conn.execute(
                sa.update(event)
                .where(event.c.id == event_id, event.c.state == EventState.KEPT)
                .values(state=EventState.EXPIRED, detail="no step waited for it in time")
            )
    return len(ids)


def has_over(conn: sa.Connection, now: datetime) -> bool:
    return bool(conn.execute(sa.select(sa.exists().where(event_kept.c.keep_until <= now))).scalar())


def count_refusal(unit: Unit, source: str, reason: str, *, times: int, detail: str) -> None:
    """One row a source, reason and day, however often it is tried."""
    insert = postgresql.insert if unit.conn.dialect.name == "postgresql" else sqlite.insert
    day = unit.now.date().isoformat()
    values: dict[str, Any] = {"source": source, "reason": reason, "day": day, "times": times}
    values |= {"last_at": unit.now, "detail": detail[:_LONGEST_DETAIL]}
    statement = insert(hook_refusal).values(**values)
    unit.conn.execute(
        statement.on_conflict_do_update(
            index_elements=["source", "reason", "day"],
            set_={"times": hook_refusal.c.times + times, "last_at": values["last_at"], "detail": values["detail"]},
        )
    )


def claim_start(  # one argument a column, all of them named
    unit: Unit, *, trigger_id: str, slot: str, at: datetime, actor: str, event_id: str | None
) -> bool:
    """True for the first who starts this trigger for this slot; everybody else comes too late, for ever."""
    values: dict[str, Any] = {"trigger_id": trigger_id, "slot": slot, "state": StartState.STARTED, "at": at}
    values |= {"made_at": unit.now, "actor": actor, "event_id": event_id}
    return insert_once(unit, trigger_start, values)


def settle_start(
    unit: Unit, trigger_id: str, slot: str, *, state: StartState, run_id: str | None = None, detail: str | None = None
) -> None:
    where = (trigger_start.c.trigger_id == trigger_id, trigger_start.c.slot == slot)
    told = None if detail is None else detail[:_LONGEST_DETAIL]
    unit.conn.execute(sa.update(trigger_start).where(*where).values(state=state, run_id=run_id, detail=told))


def forget_start(unit: Unit, trigger_id: str, slot: str) -> None:
    """Let a start that failed be tried again."""
    where = (trigger_start.c.trigger_id == trigger_id, trigger_start.c.slot == slot)
    unit.conn.execute(sa.delete(trigger_start).where(*where, trigger_start.c.state == StartState.FAILED))


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """`reached` is the moment up to which the schedule was looked at."""

    trigger_id: str
    schedule: str
    reached: datetime
    paused_at: datetime | None
    paused_by: str | None
    reason: str | None


def load_states(conn: sa.Connection) -> dict[str, TriggerRow]:
    return {row["trigger_id"]: TriggerRow(**row) for row in conn.execute(sa.select(trigger_state)).mappings()}


def is_paused(conn: sa.Connection, trigger_id: str) -> bool:
    where = (trigger_state.c.trigger_id == trigger_id, trigger_state.c.paused_at.is_not(None))
    return bool(conn.execute(sa.select(sa.exists().where(*where))).scalar())


def lock_state(unit: Unit, trigger_id: str, *, schedule: str) -> TriggerRow:
    """The row of a trigger, made when it is not there and held until the unit ends."""
    insert_once(unit, trigger_state, {"trigger_id": trigger_id, "schedule": schedule, "reached": unit.now})
    where = sa.select(trigger_state).where(trigger_state.c.trigger_id == trigger_id).with_for_update()
    return TriggerRow(**unit.conn.execute(where).mappings().one())


def change_state(unit: Unit, trigger_id: str, **values: Any) -> None:
    unit.conn.execute(sa.update(trigger_state).where(trigger_state.c.trigger_id == trigger_id).values(**values))
