"""Messages to people and programs outside the console: written with what caused them, sent afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.connect.notify import Place, Told
from tiebeam.errors import NotFound, TiebeamError
from tiebeam.store import Store, Unit
from tiebeam.workflow.telling.tables import outbound_delivery, outbound_message

_LOOK_SECONDS = 5.0
_TAKEN = timedelta(minutes=2)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
_MOST_TRIES = 30
"""About a day of trying."""
_AT_ONCE = 20
_LONGEST_ERROR = 500
_log = logging.getLogger("tiebeam.telling")


class UnknownMessage(NotFound):
    """No message of that id."""

    code = "unknown_message"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    TOLD = "told"
    GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class Delivery:
    place: str
    state: DeliveryState
    tries: int
    next_at: datetime
    error: str | None
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message as kept. `deliveries` are empty where nothing outside the console is configured."""

    told: Told
    deliveries: tuple[Delivery, ...]


class Telling:
    """Safe with several workers: each delivery is taken by one at a time. `places` is asked anew at each use."""

    def __init__(self, store: Store, *, places: Callable[[], Sequence[Place]]) -> None:
        self._store = store
        self._places = places

    def say(
        self,
        unit: Unit,
        *,
        key: str,
        kind: str,
        subject: str,
        text: str,
        facts: Mapping[str, Any],
        to: Sequence[str] = (),
    ) -> bool:
        """Tell this everywhere, once for each `key`; False when it was said before. It leaves after the unit."""
        insert = postgresql.insert if unit.conn.dialect.name == "postgresql" else sqlite.insert
        values = {"key": key, "kind": kind, "subject": subject, "text": text, "facts": dict(facts)}
        values |= {"id": unit.store.ids.new("msg"), "at": unit.now, "recipients": list(dict.fromkeys(to))}
        statement = insert(outbound_message).values(**values).on_conflict_do_nothing(index_elements=["key"])
        if unit.conn.execute(statement.returning(outbound_message.c.id)).first() is None:
            return False
        waiting = {"message_id": values["id"], "state": str(DeliveryState.WAITING), "tries": 0, "next_at": unit.now}
        deliveries = [{**waiting, "place": place.name} for place in self._places()]
        if deliveries:
            unit.conn.execute(sa.insert(outbound_delivery), deliveries)
        return True

    def work(self) -> float:
        """One turn of the worker's loop: bring what is due. Returns the seconds until the next."""
        places = {place.name: place for place in self._places()}
        if not places:
            return _LOOK_SECONDS
        with self._store.read() as conn:
            due = _due(conn, places, now=self._store.clock.now())
        for message_id, name in due:
            self._deliver(message_id, places[name])
        return 0.1 if len(due) == _AT_ONCE else _LOOK_SECONDS

    def messages(self, conn: sa.Connection, *, limit: int = 50, before: datetime | None = None) -> list[Message]:
        """The newest first; `before` goes on where a page ended."""
        statement = sa.select(outbound_message).order_by(outbound_message.c.at.desc(), outbound_message.c.id.desc())
        if before is not None:
            statement = statement.where(outbound_message.c.at < before)
        rows = conn.execute(statement.limit(limit)).all()
        found = _deliveries(conn, [row.id for row in rows])
        return [Message(_told(row), found[row.id]) for row in rows]

    def again(self, unit: Unit, message_id: str, *, actor: str) -> int:
        """Try anew what was given up or waits; returns how many deliveries that are. Raises UnknownMessage."""
        known = sa.select(outbound_message.c.id).where(outbound_message.c.id == message_id)
        if unit.conn.execute(known).first() is None:
            raise UnknownMessage(f"there is no message {message_id!r}; 'tiebeam messages list' shows them")
        table = outbound_delivery
        values = {"state": str(DeliveryState.WAITING), "tries": 0, "next_at": unit.now, "error": None}
        where = (table.c.message_id == message_id, table.c.state != str(DeliveryState.TOLD))
        count = unit.conn.execute(sa.update(table).where(*where).values(**values)).rowcount
        unit.journal(f"message:{message_id}", "message.again", actor=actor, payload={"deliveries": count})
        return count

    def try_out(self, *, actor: str) -> Message:
        """Tell a message of no account to every place now, and say what became of it."""
        with self._store.unit() as unit:
            key = f"test:{unit.store.ids.new('test')}"
            text = f"Somebody ({actor}) tries whether messages of Tiebeam arrive here. There is nothing to do.\n"
            self.say(unit, key=key, kind="test", subject="A message for a test", text=text, facts={"by": actor})
        while self.work() < _LOOK_SECONDS:
            continue
        with self._store.read() as conn:
            row = conn.execute(sa.select(outbound_message).where(outbound_message.c.key == key)).one()
            return Message(_told(row), _deliveries(conn, [row.id])[row.id])

    def _deliver(self, message_id: str, place: Place) -> None:
        with self._store.unit() as unit:
            taken = _take(unit, message_id, place.name)
        if taken is None:
            return
        told, tries = taken
        try:
            place.tell(told)
        except (TiebeamError, OSError) as problem:
            text = problem.message if isinstance(problem, TiebeamError) else str(problem)
            _log.warning("%s was not told %r: %s", place.name, told.subject, text)
            with self._store.unit() as unit:
                _failed(unit, message_id, place.name, tries=tries + 1, error=text)
            return
        with self._store.unit() as unit:
            done = {"state": str(DeliveryState.TOLD), "tries": tries + 1, "told_at": unit.now, "error": None}
            unit.conn.execute(sa.update(outbound_delivery).where(*_one(message_id, place.name)).values(**done))


def _deliveries(conn: sa.Connection, message_ids: Sequence[str]) -> dict[str, tuple[Delivery, ...]]:
    found: dict[str, list[Delivery]] = {one: [] for one in message_ids}
    kept = sa.select(outbound_delivery).where(outbound_delivery.c.message_id.in_(message_ids))
    for row in conn.execute(kept.order_by(outbound_delivery.c.place)):
        found[row.message_id].append(
            Delivery(row.place, DeliveryState(row.state), row.tries, row.next_at, row.error, row.told_at)
        )
    return {one: tuple(deliveries) for one, deliveries in found.items()}


def _due(conn: sa.Connection, places: Mapping[str, Place], *, now: datetime) -> list[tuple[str, str]]:
    table = outbound_delivery
    statement = (
        sa.select(table.c.message_id, table.c.place)
        .where(table.c.state == str(DeliveryState.WAITING), table.c.next_at <= now, table.c.place.in_(places))
        .order_by(table.c.next_at, table.c.message_id)
        .limit(_AT_ONCE)
    )
    return [(row.message_id, row.place) for row in conn.execute(statement)]


def _take(unit: Unit, message_id: str, place: str) -> tuple[Told, int] | None:
    """The message for this worker alone for a while; None when another has it or it was told meanwhile."""
    table = outbound_delivery
    row = unit.conn.execute(
        sa.update(table)
        .where(*_one(message_id, place), table.c.state == str(DeliveryState.WAITING), table.c.next_at <= unit.now)
        .values(next_at=unit.now + _TAKEN)
        .returning(table.c.tries)
    ).one_or_none()
    if row is None:
        return None
    message = unit.conn.execute(sa.select(outbound_message).where(outbound_message.c.id == message_id)).one()
    return _told(message), row.tries


def _failed(unit: Unit, message_id: str, place: str, *, tries: int, error: str) -> None:
    """Again after a pause that doubles with every failure up to an hour, and no more after about a day."""
    state = DeliveryState.GIVEN_UP if tries >= _MOST_TRIES else DeliveryState.WAITING
    pause = min(_FIRST_PAUSE * 2 ** min(tries - 1, 10), _LONGEST_PAUSE)
    values = {"state": str(state), "tries": tries, "error": error[:_LONGEST_ERROR], "next_at": unit.now + pause}
    unit.conn.execute(sa.update(outbound_delivery).where(*_one(message_id, place)).values(**values))


def _one(message_id: str, place: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return outbound_delivery.c.message_id == message_id, outbound_delivery.c.place == place


def _told(row: Any) -> Told:
    return Told(row.id, row.kind, row.subject, row.text, row.at, row.facts, tuple(row.recipients))
