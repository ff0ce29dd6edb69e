"""The one thread that hands segments out: it claims in batches when woken, and looks for work put there elsewhere."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from tiebeam.engine.claiming import Claiming
from tiebeam.engine.loops import Loop
from tiebeam.engine.pool import PATIENCE, Pool
from tiebeam.engine.queues import QUEUES
from tiebeam.engine.segment_rows import SegmentRows, Taken, segment_id
from tiebeam.engine.segments import Execution
from tiebeam.spec import WorkUse
from tiebeam.store import DatabaseAway, Store, dispose

_log = logging.getLogger("tiebeam.engine")

_PACE = 0.003
_BATCH = 500


class Dispatcher:
    """What runs in this process, and taking more."""

    def __init__(
        self,
        store: Store,
        rows: SegmentRows,
        claiming: Claiming,
        *,
        worker: str,
        run: Callable[[Execution], bool],
        take_away: Callable[[Execution, str], None],
        queues: Sequence[str],
        poll_seconds: float,
        stall_seconds: float,
        limits: Callable[[], WorkUse],
        wall: Callable[[], float],
    ) -> None:
        self._store = store
        self._rows = rows
        self._claiming = claiming
        self._worker = worker
        self._run_one = run
        self._take_away = take_away
        self._queues = tuple(name for name in QUEUES if name in queues)
        self._poll_seconds = poll_seconds
        self._stall_seconds = stall_seconds
        self._limits = limits
        self._wall = wall
        self._changed = threading.Condition()
        self._put = threading.Event()
        self._exchanging = threading.Lock()
        self._running: dict[int, Execution] = {}
        self._ended: list[Execution] = []
        self._backlog: set[str] = set()
        self._is_taking = True
        self._is_unsure = True
        self._waiting: set[str] = set()
        self._next_due: int | None = 0
        self._drift = wall() - time.monotonic()
        self._watched_at = 0.0
        self._probe = _Probe(store, rows, self._queues)
        self._pool = Pool(self._run)
        self._loop = Loop("dispatcher", self._step)
        self._loop.start()

    def wake(self, queues: frozenset[str]) -> None:
        """Work was put on these queues."""
        here = queues.intersection(self._queues)
        if here:
            with self._changed:
                self._waiting |= here
            self._put.set()
            self._loop.wake()

    def stop_taking(self) -> None:
        """Once this returns, nothing more is claimed."""
        with self._exchanging:
            self._is_taking = False

    @property
    def is_alive(self) -> bool:
        return self._is_taking and self._loop.is_alive

    def wait_until_done(self, *, timeout: float) -> bool:
        """Block until nothing runs here any more and all ends are written down; False when time is up first."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running and not self._ended, timeout)

    def close(self, *, timeout: float) -> None:
        self._loop.stop(timeout=timeout)
        self._pool.close(timeout=min(timeout, 1.0))
        self._probe.dispose()

    def _step(self) -> float:
        """Write down what ended, take what is free, and look again after the pause that is returned."""
        began = time.monotonic()
        self._put.clear()
        self._watch(began)
        if not self._waiting:
            self._look()
        if self._has_work():
            with self._exchanging:
                self._exchange()
            # A burst of ends is served in one go; what was just put on a queue is not held up by it.
            self._put.wait(max(0.0, began + _PACE - time.monotonic()))
        if self._has_work():
            return 0.0
        return min(PATIENCE, self._poll_seconds) if self._pool.nudge() else self._poll_seconds

    def _has_work(self) -> bool:
        return bool(self._ended or self._is_unsure or (self._waiting and self._is_taking))

    def _exchange(self) -> None:
        with self._changed:
            ended, busy = list(self._ended), Counter(each.place for each in self._running.values())
            waiting, self._waiting = (self._waiting if self._is_taking else set[str]()), set()
        now = int(self._wall() * 1000)
        room = Counter(queue for queue, _ in busy.elements())
        free = {name: QUEUES[name].per_worker - room[name] for name in self._queues if name in waiting}
        full = {name for name, number in free.items() if number <= 0}
        try:
            if self._is_unsure:
                self._reconcile()
            taken: list[Taken] = []
            more: set[str] = set()
            if ended or full != set(free):
                with self._store.unit() as unit:
                    claims = [{"turn": each.taken.turn, "claim": each.taken.claim} for each in ended]
                    ends = [{**each, "worker": self._worker, "now": now} for each in claims]
                    self._rows.change_each(unit.conn, "end", ends)
                    taken, more = self._claiming.take(unit.conn, free=free, busy=busy, now=now)
        except BaseException:
            # Whether it was committed is unknown: what the database says is ours and does not run here is given back.
            self._is_unsure = True
            self.wake(frozenset(waiting))
            raise
        self._begin(ended, taken)
        # Asked again when one of theirs ends, or by the next look.
        self._backlog = (self._backlog - waiting) | full | more
        with self._changed:
            # What was just taken may have left more behind it.
            self._waiting |= {each.queue for each in taken}

    def _begin(self, ended: list[Execution], taken: list[Taken]) -> None:
        executions = [Execution(one) for one in taken]
        with self._changed:
            gone = set(map(id, ended))
            self._ended = [each for each in self._ended if id(each) not in gone]
            self._running.update((each.taken.turn, each) for each in executions)
            self._changed.notify_all()
        self._pool.submit(executions)

    def _reconcile(self) -> None:
        with self._store.read() as conn:
            rows = self._rows.ask(conn, "mine", worker=self._worker)
        with self._changed:
            known = {(each.taken.turn, each.taken.claim) for each in (*self._running.values(), *self._ended)}
        lost = [{"turn": row.turn, "claim": row.claim} for row in rows if (row.turn, row.claim) not in known]
        if lost:
            now = int(self._wall() * 1000)
            with self._store.unit() as unit:
                values = [{**each, "worker": self._worker, "now": now, "deaths": 0} for each in lost]
                self._rows.change_each(unit.conn, "give_back", values)
        self._is_unsure = False

    def _run(self, execution: Execution) -> None:
        ended = False
        try:
            ended = self._run_one(execution)
        finally:
            with self._changed:
                if self._running.get(execution.taken.turn) is execution:
                    del self._running[execution.taken.turn]
                    if ended:
                        self._ended.append(execution)
                self._changed.notify_all()
                if execution.taken.queue in self._backlog:
                    self._waiting.add(execution.taken.queue)
            self._loop.wake()

    def _watch(self, now: float) -> None:
        """Once a second: segments that do not move, and a clock that was set back."""
        if now - self._watched_at < 1.0:
            return
        self._watched_at = now
        self._follow_clock(now)
        self._claiming.limits = self._limits()
        with self._changed:
            stalled = [each for each in self._running.values() if now - each.moved_at > self._stall_seconds]
        for each in stalled:
            name = segment_id(kind=each.taken.kind, key=each.taken.key, seq=each.taken.seq)
            _log.error("segment %s has not moved for %s s and is taken from its thread", name, self._stall_seconds)
            self._take_away(each, f"the segment {name} did not move for {self._stall_seconds} seconds")
            with self._changed:
                self._running.pop(each.taken.turn, None)
                self._waiting.update(self._queues)
                self._changed.notify_all()

    def _follow_clock(self, now: float) -> None:
        """Delays are short and of a machine: a clock set back by an hour must not make them an hour longer."""
        drift = self._wall() - now
        if drift < self._drift - 1.0:
            moment = int(self._wall() * 1000)
            with self._store.unit() as unit:
                self._rows.change(unit.conn, "rewind", now=moment, limit=moment + 1000)
            self._next_due = 0
        self._drift = drift

    def _look(self) -> None:
        """What other processes put into queues, what others left room for, and whose delay is over."""
        try:
            if self._probe.has_changed() or self._backlog or self._next_due == 0:
                waiting, self._next_due = self._probe.ask()
                self.wake(waiting)
        except BaseException:
            self._probe.close()
            raise
        now = int(self._wall() * 1000)
        if self._next_due is not None and self._next_due <= now:
            with self._store.unit() as unit:
                self._rows.change(unit.conn, "promote", now=now, number=_BATCH)
            self._next_due = 0
            self.wake(frozenset(self._queues))


class _Probe:
    """One connection that asks twenty times a second whether there is work, for as little as that can cost."""

    def __init__(self, store: Store, rows: SegmentRows, queues: Sequence[str]) -> None:
        self._queues = tuple(queues)
        heads = [
            f"EXISTS (SELECT 1 FROM engine_segment WHERE state = 'queued' AND queue = '{name}')" for name in queues
        ]
        self._question = f"SELECT {', '.join(heads)}, ({rows.text('next_due')})"
        self._engine = store.open_probe()
        self._is_sqlite = store.dialect == "sqlite"
        self._connection: sa.Connection | None = None
        self._version: int | None = None

    def has_changed(self) -> bool:
        if not self._is_sqlite:
            return True
        # SQLite tells for next to nothing whether any other connection has written since.
        version = self._ask("PRAGMA data_version")[0]
        changed, self._version = version != self._version, version
        return changed

    def ask(self) -> tuple[frozenset[str], int | None]:
        """The queues in which something waits, and when the next delay is over."""
        *waiting, due = self._ask(self._question)
        return frozenset(name for name, waits in zip(self._queues, waiting, strict=True) if waits), due

    def close(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
        self._version = None

    def dispose(self) -> None:
        self.close()
        dispose(self._engine)

    def _ask(self, question: str) -> Any:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        # The driver's own call costs a fifth of the way through SQLAlchemy.
        driver: Any = self._connection.connection.driver_connection
        try:
            return driver.execute(question).fetchone()
        except Exception as problem:
            raise DatabaseAway("the database does not answer: it is asked again", problem) from problem
