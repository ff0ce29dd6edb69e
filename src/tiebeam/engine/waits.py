"""Waits and timers: rows, so that nothing has to stay in memory until a person or a moment comes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tiebeam.engine.tables import timer, wait
from tiebeam.kit import MASKING
from tiebeam.store import Prepared, Store, Unit

_log = logging.getLogger("tiebeam.engine")

TIMER_ATTEMPTS = 5
"""After so many failures a timer rests in the state `failed` and shows in the engine's health."""
BATCH = 100
_OPEN_WAIT = Prepared(sa.insert(wait))
_CLOSE_WAIT = Prepared(sa.update(wait).where(wait.c.id == sa.bindparam("the_wait"), wait.c.closed_at.is_(None)))
_SET_TIMERS = Prepared(sa.insert(timer))
_CANCEL_TIMERS = Prepared(
    sa.update(timer).where(timer.c.wait_id == sa.bindparam("the_wait"), timer.c.state == sa.literal_column("'pending'"))
)
_CONTENTION = {"55P03", "40P01", "40001"}
"""PostgreSQL's lock timeout, deadlock and serialization failure."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A moment that has come: what to do, with what, and the wait it belongs to."""

    id: str
    wait_id: str | None
    due_at: datetime
    action: str
    payload: dict[str, Any]


TimerHandler = Callable[[Unit, Timer], None]


def open_wait(unit: Unit, *, run_id: str, seq: int, step_id: str, kind: str, key: str, due_at: datetime | None) -> str:
    wait_id = unit.store.ids.new("wait")
    values = {"id": wait_id, "run_id": run_id, "seq": seq, "step_id": step_id, "kind": kind, "key": key}
    _OPEN_WAIT.run(unit.conn, {**values, "opened_at": unit.now, "due_at": due_at})
    return wait_id


def close_wait(unit: Unit, wait_id: str, *, outcome: str) -> bool:
    if _CLOSE_WAIT.run(unit.conn, {"the_wait": wait_id, "closed_at": unit.now, "outcome": outcome}) == 0:
        return False
    cancel_timers(unit, wait_id)
    return True


def set_timers(
    unit: Unit, *, wait_id: str | None, action: str, moments: Sequence[tuple[datetime, Mapping[str, Any]]]
) -> list[str]:
    """One timer for each (moment, payload); their ids in that order."""
    ids = [unit.store.ids.new("timer") for _ in moments]
    rows: list[dict[str, Any]] = [
        {
            "id": timer_id,
            "wait_id": wait_id,
            "due_at": at,
            "action": action,
            "payload": dict(payload),
            "state": "pending",
            "attempts": 0,
        }
        for timer_id, (at, payload) in zip(ids, moments, strict=True)
    ]
    _SET_TIMERS.run_each(unit.conn, rows)
    return ids


def cancel_timers(unit: Unit, wait_id: str) -> int:
    return _CANCEL_TIMERS.run(unit.conn, {"the_wait": wait_id, "state": "cancelled"})


def _due(*, now: datetime, actions: frozenset[str]) -> sa.ColumnElement[bool]:
    return sa.and_(timer.c.state == "pending", timer.c.due_at <= now, timer.c.action.in_(actions))


def has_due(conn: sa.Connection, *, now: datetime, actions: frozenset[str]) -> bool:
    return bool(conn.execute(sa.select(sa.exists().where(_due(now=now, actions=actions)))).scalar())


def _gave_way(error: Exception) -> bool:
    """Somebody else held the rows or the file: no failure, the next sweep tries again."""
    if not isinstance(error, DBAPIError):
        return False
    return getattr(error.orig, "sqlstate", None) in _CONTENTION or "database is locked" in str(error.orig)


class Sweeper:
    """Fires the timers that are due, each in a unit of its own together with what its handler does."""

    def __init__(self, store: Store, *, fired: Callable[[], None]) -> None:
        self._store = store
        self._fired = fired
        self._handlers: dict[str, TimerHandler] = {}

    def on_timer(self, action: str, handler: TimerHandler) -> None:
        self._handlers[action] = handler

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(self._handlers)

    def sweep(self, *, now: datetime | None = None) -> int:
        """Fire what is due, oldest first. Timers whose action has no handler in this process are left to others."""
        if not self._handlers:
            return 0
        moment = now or self._store.clock.now()
        statement = (
            sa.select(timer.c.id, timer.c.wait_id)
            .where(_due(now=moment, actions=self.actions))
            .order_by(timer.c.due_at, timer.c.id)
            .limit(BATCH)
        )
        with self._store.read() as conn:
            rows = conn.execute(statement).all()
        return sum(self._fire(row.id, row.wait_id, now=moment) for row in rows)

    def _fire(self, timer_id: str, wait_id: str | None, *, now: datetime) -> bool:
        try:
            with self._store.unit() as unit:
                due = self._take(unit, timer_id, wait_id, now=now)
                if due is None:
                    return False
                self._handlers[due.action](unit, due)
        except Exception as error:  # noqa: BLE001 - one broken handler must not keep other timers from firing
            if _gave_way(error):
                return False
            _log.exception("timer %s failed", timer_id)
            self._postpone(timer_id, error=MASKING.mask(repr(error)))
            return False
        self._fired()
        return True

    def _take(self, unit: Unit, timer_id: str, wait_id: str | None, *, now: datetime) -> Timer | None:
        if self._store.dialect == "postgresql":
            # A person's decision may hold the rows our handler wants and want ours: then this side gives way and tries
            # again, well before the database looks for deadlocks and picks a victim itself.
            unit.conn.execute(sa.text("SET LOCAL lock_timeout = '300ms'"))
        if wait_id is not None:
            # The same order as a closing wait takes them: the wait, then its timers.
            unit.conn.execute(sa.select(wait.c.id).where(wait.c.id == wait_id).with_for_update())
        row = unit.conn.execute(
            sa.select(timer)
            .where(timer.c.id == timer_id, timer.c.state == "pending", timer.c.due_at <= now)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if row is None:
            return None
        unit.conn.execute(sa.update(timer).where(timer.c.id == timer_id).values(state="fired"))
        return Timer(id=row.id, wait_id=row.wait_id, due_at=row.due_at, action=row.action, payload=row.payload)

    def _postpone(self, timer_id: str, *, error: str) -> None:
        with self._store.unit() as unit:
            row = unit.conn.execute(
                sa.select(timer.c.attempts).where(timer.c.id == timer_id, timer.c.state == "pending").with_for_update()
            ).one_or_none()
            if row is None:
                return
            attempts = row.attempts + 1
            unit.conn.execute(
                sa.update(timer)
                .where(timer.c.id == timer_id)
                .values(
                    attempts=attempts,
                    error=error[:2000],
                    state="failed" if attempts >= TIMER_ATTEMPTS else "pending",
                    due_at=unit.now + timedelta(seconds=2**attempts),
                )
            )
