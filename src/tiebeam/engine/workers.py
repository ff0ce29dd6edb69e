"""Workers: who is alive, and taking over the segments of those who are not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from tiebeam.engine.dispatch_rows import DispatchRows, millis, parts_of
from tiebeam.engine.neighbours import is_gone
from tiebeam.engine.tables import worker
from tiebeam.store import Store, Unit

_log = logging.getLogger("tiebeam.engine")

_BATCH = 200
_ALIVE = sa.select(worker.c.id).where(worker.c.state == "alive")


class SegmentLost(BaseException):
    """This worker was declared dead and another one has the segment now: leave without a trace.

    Not an Exception, so that a step's own error handling does not swallow it.
    """


class Worker:
    """This process's entry among the workers."""

    def __init__(self, store: Store, *, worker_id: str, queues: Sequence[str]) -> None:
        self._store = store
        self._id = worker_id
        self._queues = list(queues)

    def beat(self) -> None:
        """Say that this worker is alive; the first time enters it."""
        with self._store.unit() as unit:
            here = worker.c.id == self._id
            state = unit.conn.execute(sa.select(worker.c.state).where(here).with_for_update()).scalar_one_or_none()
            if state is not None:
                unit.conn.execute(sa.update(worker).where(here).values(heartbeat_at=unit.now, state="alive"))
            else:
                self._enter(unit)
        if state == "dead":
            _log.warning("worker %s was silent for too long; its segments went to others", self._id)

    def leave(self) -> None:
        """What this worker has not finished is free for others from now on."""
        with self._store.unit() as unit:
            unit.conn.execute(
                sa.update(worker).where(worker.c.id == self._id).values(state="closed", heartbeat_at=unit.now)
            )

    def _enter(self, unit: Unit) -> None:
        unit.conn.execute(
            sa.insert(worker).values(
                id=self._id, queues=self._queues, state="alive", started_at=unit.now, heartbeat_at=unit.now
            )
        )


class Reaper:
    """Gives the segments of dead workers back to their queues. Any worker may do it, several at once too."""

    def __init__(
        self,
        store: Store,
        rows: DispatchRows,
        *,
        timeout_seconds: float,
        most_deaths: int,
        poison: Callable[[Unit, str, str, int, str], None],
    ) -> None:
        self._store = store
        self._rows = rows
        self._timeout = timedelta(seconds=timeout_seconds)
        self._most_deaths = most_deaths
        self._poison = poison

    def reap(self) -> int:
        """Declare silent workers dead, then resume in bounded batches until the database says that none is left."""
        self._bury()
        resumed = 0
        while True:
            taken, count = self._resume_batch()
            resumed += count
            if taken < _BATCH:
                return resumed

    def _bury(self) -> None:
        with self._store.read() as conn:
            gone = [name for name in conn.execute(_ALIVE.limit(_BATCH)).scalars() if is_gone(name)]
            if not gone and not conn.execute(self._silent(self._store.clock.now(), gone)).first():
                return
        with self._store.unit() as unit:
            dead = list(unit.conn.execute(self._silent(unit.now, gone).with_for_update(skip_locked=True)).scalars())
            unit.conn.execute(sa.update(worker).where(worker.c.id.in_(dead)).values(state="dead"))
        _log.warning("workers that ended or were silent for %s s: %s", self._timeout.total_seconds(), ", ".join(dead))

    def _silent(self, now: datetime, gone: Sequence[str]) -> sa.Select[str]:
        """Alive by their entry, but silent for too long or seen to be gone."""
        late = worker.c.heartbeat_at < now - self._timeout
        return _ALIVE.where(sa.or_(late, worker.c.id.in_(gone)))

    def _resume_batch(self) -> tuple[int, int]:
        status = self._rows.status
        alive = sa.select(worker.c.id).where(worker.c.state == "alive")
        stranded = sa.and_(
            self._rows.in_flight,
            status.c.status == "PENDING",
            sa.or_(status.c.executor_id.is_(None), status.c.executor_id.not_in(alive)),
        )
        with self._store.read() as conn:
            if not conn.execute(sa.select(sa.exists().where(stranded))).scalar():
                return 0, 0
        with self._store.unit() as unit:
            found = unit.conn.execute(
                sa.select(status.c.workflow_uuid, status.c.recovery_attempts)
                .where(stranded)
                .limit(_BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            poisoned = [row.workflow_uuid for row in found if row.recovery_attempts >= self._most_deaths]
            others = [row.workflow_uuid for row in found if row.recovery_attempts < self._most_deaths]
            if others:
                self._give_back(unit, others)
            for segment in poisoned:
                self._put_aside(unit, segment)
        return len(found), len(others)

    def _give_back(self, unit: Unit, segments: list[str]) -> None:
        status = self._rows.status
        unit.conn.execute(
            sa.update(status)
            .where(status.c.workflow_uuid.in_(segments))
            .values(
                status="ENQUEUED",
                owner_xid=None,
                started_at_epoch_ms=None,
                updated_at=millis(unit.now),
                queue_name=sa.func.coalesce(status.c.queue_name, "work"),
            )
        )

    def _put_aside(self, unit: Unit, segment: str) -> None:
        now = millis(unit.now)
        status = self._rows.status
        unit.conn.execute(
            sa.update(status)
            .where(status.c.workflow_uuid == segment)
            .values(status="ERROR", owner_xid=None, queue_name=None, updated_at=now, completed_at=now)
        )
        kind, key, seq = parts_of(segment)
        self._poison(unit, kind, key, seq, f"{self._most_deaths} workers died while they ran this segment")
