"""Workers: who is alive, and taking over the segments of those who are not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

import sqlalchemy as sa

from tiebeam.engine.dispatch_rows import DispatchRows, millis, parts_of
from tiebeam.engine.tables import worker
from tiebeam.store import Store, Unit

_log = logging.getLogger("tiebeam.engine")

ATTEMPTS = 4
"""A segment that kills its worker is begun so often before it is put aside."""
_BATCH = 200


class SegmentLost(BaseException):
    """This worker was declared dead and another one has the segment now: leave without a trace.

    Not an Exception, so that a step's own error handling does not swallow it.
    """


class Worker:
    """This process's entry among the workers. Its generation rises whenever another worker takes its segments over."""

    def __init__(self, store: Store, *, worker_id: str, queues: Sequence[str]) -> None:
        self._store = store
        self.id = worker_id
        self._queues = list(queues)
        self.generation = 1

    def beat(self) -> None:
        """Say that this worker is alive; the first time enters it."""
        with self._store.unit() as unit:
            statement = (
                sa.update(worker)
                .where(worker.c.id == self.id)
                .values(heartbeat_at=unit.now, state="alive")
                .returning(worker.c.generation)
            )
            generation = unit.conn.execute(statement).scalar_one_or_none()
            if generation is None:
                generation = self.generation
                unit.conn.execute(
                    sa.insert(worker).values(
                        id=self.id,
                        queues=self._queues,
                        state="alive",
                        generation=generation,
                        started_at=unit.now,
                        heartbeat_at=unit.now,
                    )
                )
        if generation != self.generation:
            _log.warning("worker %s was silent for too long; its segments went to other workers", self.id)
            self.generation = generation

    def fence(self, unit: Unit, generation: int) -> None:
        """Raise SegmentLost when what was begun under `generation` belongs to another worker by now."""
        # The lock makes a reaper wait until this unit ends, or this unit see the reaper's new generation.
        statement = (
            sa.select(worker.c.generation).where(worker.c.id == self.id).with_for_update(read=True, key_share=True)
        )
        if unit.conn.execute(statement).scalar_one_or_none() != generation:
            raise SegmentLost

    def leave(self) -> None:
        """What this worker has not finished is free for others from now on."""
        with self._store.unit() as unit:
            unit.conn.execute(
                sa.update(worker)
                .where(worker.c.id == self.id)
                .values(state="closed", generation=worker.c.generation + 1, heartbeat_at=unit.now)
            )


class Reaper:
    """Gives the segments of dead workers back to their queues. Any worker may do it, several at once too."""

    def __init__(
        self,
        store: Store,
        rows: DispatchRows,
        *,
        timeout_seconds: float,
        poison: Callable[[Unit, str, str, int, str], None],
    ) -> None:
        self._store = store
        self._rows = rows
        self._timeout = timedelta(seconds=timeout_seconds)
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
        with self._store.unit() as unit:
            silent = sa.and_(worker.c.state == "alive", worker.c.heartbeat_at < unit.now - self._timeout)
            # Stronger than the lock of an update: it waits for units that are being fenced.
            dead = (
                unit.conn.execute(sa.select(worker.c.id).where(silent).with_for_update(skip_locked=True))
                .scalars()
                .all()
            )
            if not dead:
                return
            unit.conn.execute(
                sa.update(worker).where(worker.c.id.in_(dead)).values(state="dead", generation=worker.c.generation + 1)
            )
        _log.warning("workers silent for %s s are taken for dead: %s", self._timeout.total_seconds(), ", ".join(dead))

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
            poisoned = [row.workflow_uuid for row in found if row.recovery_attempts >= ATTEMPTS]
            others = [row.workflow_uuid for row in found if row.recovery_attempts < ATTEMPTS]
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
        self._poison(unit, kind, key, seq, f"the worker died {ATTEMPTS} times while it ran this segment")
