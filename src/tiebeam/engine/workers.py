"""Workers: who is alive, and taking over the segments of those who are not."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from tiebeam.engine.neighbours import is_gone
from tiebeam.engine.segment_rows import SegmentRows
from tiebeam.engine.tables import worker
from tiebeam.errors import Conflict
from tiebeam.store import Store, Unit

_log = logging.getLogger("tiebeam.engine")

_BATCH = 200
_ALIVE = sa.select(worker.c.id, worker.c.beat).where(worker.c.state == "alive")


class EngineBusy(Conflict):
    """This engine is launched already."""

    code = "engine_busy"


class SegmentLost(BaseException):
    """This worker was declared dead and another one has the segment now: leave without a trace.

    Not an Exception, so that a step's own error handling does not swallow it.
    """


class Worker:
    """This process's entry among the workers."""

    def __init__(self, store: Store, rows: SegmentRows, *, worker_id: str, queues: Sequence[str]) -> None:
        self._store = store
        self._rows = rows
        self._id = worker_id
        self._queues = list(queues)
        self.beaten_at = time.monotonic()

    def beat(self) -> None:
        """Say that this worker is alive; the first time enters it."""
        with self._store.unit() as unit:
            here = worker.c.id == self._id
            state = unit.conn.execute(sa.select(worker.c.state).where(here).with_for_update()).scalar_one_or_none()
            if state is not None:
                alive = {"heartbeat_at": unit.now, "state": "alive", "beat": worker.c.beat + 1}
                unit.conn.execute(sa.update(worker).where(here).values(**alive))
            else:
                self._enter(unit)
        self.beaten_at = time.monotonic()
        if state == "dead":
            _log.warning("worker %s was silent for too long; its segments went to others", self._id)

    def leave(self, *, now: int) -> None:
        """What this worker has not finished is free for others from now on."""
        with self._store.unit() as unit:
            self._rows.change(unit.conn, "leave", now=now, worker=self._id)
            unit.conn.execute(
                sa.update(worker).where(worker.c.id == self._id).values(state="closed", heartbeat_at=unit.now)
            )

    def _enter(self, unit: Unit) -> None:
        unit.conn.execute(
            sa.insert(worker).values(
                id=self._id, queues=self._queues, state="alive", started_at=unit.now, heartbeat_at=unit.now, beat=0
            )
        )


class Reaper:
    """Gives the segments of dead workers back to their queues. Any worker may do it, several at once too.

    Silence is what this process saw itself, by its steady clock: neither a clock set to another time nor one that
    differs between machines makes anybody look dead.
    """

    def __init__(
        self,
        store: Store,
        rows: SegmentRows,
        *,
        most_deaths: int,
        poison: Callable[[Unit, str, str, int, str], None],
        wall: Callable[[], float],
    ) -> None:
        self._store = store
        self._rows = rows
        self._most_deaths = most_deaths
        self._poison = poison
        self._wall = wall
        self.watch(timeout_seconds=15.0, steady=time.monotonic)

    def watch(self, *, timeout_seconds: float, steady: Callable[[], float]) -> None:
        """After how long a silence, and by which clock, a worker counts as dead."""
        self._timeout = timeout_seconds
        self._steady = steady
        self._seen: dict[str, tuple[int, float]] = {}
        self._looked_at = steady()

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
            alive = {row.id: row.beat for row in conn.execute(_ALIVE)}
        silent = self._silent(alive)
        gone = [name for name in alive if is_gone(name)]
        suspects = [name for name in alive if name in silent or name in gone]
        if not suspects:
            return
        with self._store.unit() as unit:
            # Who has given a sign of life since it was looked at stays.
            same = sa.or_(*(sa.and_(worker.c.id == name, worker.c.beat == alive[name]) for name in suspects[:_BATCH]))
            found = _ALIVE.where(same).with_for_update(skip_locked=True)
            dead = [row.id for row in unit.conn.execute(found)]
            unit.conn.execute(sa.update(worker).where(worker.c.id.in_(dead)).values(state="dead"))
        if dead:
            _log.warning("workers that ended or were silent for %s s: %s", self._timeout, ", ".join(dead))

    def _silent(self, alive: dict[str, int]) -> set[str]:
        """Whose heartbeat has not moved for too long under our eyes."""
        now = self._steady()
        if now - self._looked_at > self._timeout / 2 and self._seen:
            # This process, its machine or the database slept: what it did not see says nothing.
            self._seen = {name: (beat, now) for name, (beat, _) in self._seen.items()}
        self._looked_at = now
        seen = {
            name: self._seen[name] if name in self._seen and self._seen[name][0] == beat else (beat, now)
            for name, beat in alive.items()
        }
        self._seen = seen
        return {name for name, (_, since) in seen.items() if now - since >= self._timeout}

    def _resume_batch(self) -> tuple[int, int]:
        with self._store.read() as conn:
            if self._rows.find(conn, "has_stranded") is None:
                return 0, 0
        resumed = 0
        with self._store.unit() as unit:
            found = self._rows.ask(unit.conn, "stranded", number=_BATCH)
            for row in found:
                claim = {"turn": row.turn, "claim": row.claim, "worker": row.worker, "now": int(self._wall() * 1000)}
                if row.deaths + 1 < self._most_deaths:
                    resumed += self._rows.change(unit.conn, "give_back", deaths=1, **claim)
                else:
                    self._put_aside(unit, row, claim)
        return len(found), resumed

    def _put_aside(self, unit: Unit, row: Any, claim: dict[str, Any]) -> None:
        self._rows.change(unit.conn, "fail", **claim)
        error = f"{self._most_deaths} workers died while they ran this segment"
        self._poison(unit, row.kind, row.key, row.seq, error)
