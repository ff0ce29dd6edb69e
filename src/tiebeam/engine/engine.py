"""The engine: durable segments, waits, timers and effects over one store."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar

import sqlalchemy as sa

from tiebeam.engine import health, putting, waits
from tiebeam.engine.claiming import Claiming
from tiebeam.engine.dispatcher import Dispatcher
from tiebeam.engine.effects import Effects
from tiebeam.engine.loops import Loop
from tiebeam.engine.neighbours import worker_name
from tiebeam.engine.putting import Enqueued, Failure
from tiebeam.engine.queues import ALL, rule_of
from tiebeam.engine.segment_rows import SegmentRows
from tiebeam.engine.segments import Execution, PoisonHandler, SegmentRunner, UnknownKind
from tiebeam.engine.waits import Sweeper, TimerHandler
from tiebeam.engine.workers import EngineBusy, Reaper, Worker
from tiebeam.spec import WorkUse
from tiebeam.store import Store, Unit

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger("tiebeam.engine")

_SWEEP_SECONDS = 0.25
RETENTION = timedelta(days=30)
"""How long ended segments, waits, timers and workers are kept."""
_RETENTION_SECONDS = 3600.0
_PRUNED_AT_ONCE = 500
_PAUSE_AFTER_ERROR = 30.0


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of work without any waiting. `kind:key:seq` is unique for ever."""

    kind: str
    key: str
    seq: int
    engine: Engine

    def finish(self, unit: Unit) -> None:
        """Mark this segment ended in its last unit, so that the end costs no commit of its own.

        What its thread does after that unit is committed is no part of the segment. Raises SegmentLost when another
        worker has the segment by now, and NotRunning on a thread that does not run it.
        """
        self.engine.finish(unit, self)


SegmentHandler = Callable[[Segment], None]


def _ignore(name: str) -> None:
    """No one observes."""


class Engine:
    """Dispatches segments and fires timers. Without `launch` it only enqueues, which needs no thread at all.

    `observer` is told the name of every boundary: `unit:committed`, `segment:start`, `segment:end`, `effect:intent`,
    `effect:called`, `effect:confirmed`, `timer:fired`. A worker silent for `heartbeat_timeout` seconds is taken for
    dead and its segments go to others within twice that time. A segment that raises is tried again after each of
    `retry_seconds`; one that commits nothing for `stall_seconds` is taken from its thread and counts as one that
    raised; one that `most_deaths` workers died with is put aside: so many, for it may only have been near.
    `steady` and `wall` are the clocks that machines go by, whatever the store's clock says to people.
    """

    def __init__(
        self,
        store: Store,
        *,
        executor_id: str | None = None,
        observer: Callable[[str], None] | None = None,
        poll_seconds: float = 0.025,
        heartbeat_timeout: float = 15.0,
        retry_seconds: Sequence[float] = (0.2, 1.0, 3.0),
        stall_seconds: float = 600.0,
        most_deaths: int = 25,
        steady: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.store = store
        # Never the same twice: a name that comes back would claim what its forerunner left.
        name = executor_id or worker_name()
        self.executor_id = f"{name}-{uuid.uuid4().hex[:8]}"
        self._observe = observer or _ignore
        self._poll_seconds = poll_seconds
        self._heartbeat_timeout = heartbeat_timeout
        self._stall_seconds = stall_seconds
        self._wall = wall
        self._rows = SegmentRows(store.dialect)
        self._limits: Callable[[], WorkUse] = WorkUse
        self._dispatcher: Dispatcher | None = None
        self._worker: Worker | None = None
        self._loops: list[Loop] = []
        self._sweep_loop: Loop | None = None
        self._undo: list[Callable[[], None]] = []
        self._handlers: dict[str, SegmentHandler] = {}
        self._repeated: list[tuple[str, Callable[[], float]]] = []
        self._runner = SegmentRunner(
            store,
            self._rows,
            self._observe,
            worker=self.executor_id,
            retry_seconds=retry_seconds,
            most_deaths=most_deaths,
            wall=wall,
        )
        self._sweeper = Sweeper(store, fired=lambda: self._observe("timer:fired"))
        self._reaper = Reaper(store, self._rows, most_deaths=most_deaths, poison=self._runner.poison, wall=wall)
        self._reaper.watch(timeout_seconds=heartbeat_timeout, steady=steady)
        self.effects = Effects(store, self._observe)
        if observer is not None:
            self._undo.append(store.on_commit(lambda: self._observe("unit:committed")))

    def register(self, kind: str, handler: SegmentHandler) -> None:
        """Who runs segments of this kind. An error it raises is tried again three times, then `on_poison` is told."""
        if ":" in kind:
            raise UnknownKind(f"segment kind {kind!r} holds a colon: use letters and hyphens")
        self._handlers[kind] = handler

    def on_poison(self, kind: str, handler: PoisonHandler) -> None:
        """Who learns that a segment was put aside: called with (unit, key, seq, error text)."""
        self._runner.on_poison(kind, handler)

    def on_timer(self, action: str, handler: TimerHandler) -> None:
        """Who acts when a timer of this action fires, in the unit that marks it fired."""
        self._sweeper.on_timer(action, handler)

    def repeat(self, name: str, work: Callable[[], float]) -> None:
        """Have every worker do `work` again and again; it returns the seconds until the next time."""
        self._repeated.append((name, work))

    def limit_by(self, limits: Callable[[], WorkUse]) -> None:
        """Where the limits of teams are found, before `launch`; asked about once a second."""
        self._limits = limits

    def launch(self, *, queues: Sequence[str] = ALL) -> None:
        """Become a worker for these queues. Raises EngineBusy when it is one already."""
        for queue in queues:
            rule_of(queue)
        if self._worker is not None:
            raise EngineBusy("this engine is launched already: close it first")
        worker = Worker(self.store, self._rows, worker_id=self.executor_id, queues=queues)
        # Entered before it takes anything: the segments of a worker nobody knows count as stranded.
        worker.beat()
        self._worker = worker
        self._runner.open()
        self._undo.append(self.store.before_commit(self._runner.guard))
        try:
            self._dispatcher = self._dispatch(queues)
        except BaseException:
            worker.leave(now=self._now())
            self._worker = None
            raise
        self._sweep_loop = Loop("sweeper", self._sweep_step)
        heartbeat = Loop("heartbeat", lambda: self._beat_step(worker))
        # In the order in which they stop: this worker must not look dead while its last segments end.
        retention = Loop("retention", self._retention_step)
        repeated = [Loop(name, work, after_error=_PAUSE_AFTER_ERROR) for name, work in self._repeated]
        self._loops = [self._sweep_loop, *repeated, retention, Loop("reaper", self._reap_step), heartbeat]
        for loop in self._loops:
            loop.start()

    def drain_worker(self, timeout: float) -> bool:
        """Take nothing more, finish what runs, and leave; False when something still ran after `timeout` seconds.

        What is left goes to other workers at once, and whatever still runs here commits nothing any more.
        """
        dispatcher, worker = self._dispatcher, self._worker
        if dispatcher is None or worker is None:
            return True
        dispatcher.stop_taking()
        for loop in self._loops[:-1]:
            loop.stop(timeout=timeout)
        self._sweep_loop = None
        self._runner.close()
        is_done = dispatcher.wait_until_done(timeout=timeout)
        if not is_done:
            _log.warning("segments still run after %s s; other workers take them over", timeout)
        dispatcher.close(timeout=5)
        for loop in self._loops[-1:]:
            loop.stop(timeout=timeout)
        self._loops = []
        worker.leave(now=self._now())
        self._dispatcher = self._worker = None
        return is_done

    def close(self, *, timeout: float = 10.0) -> None:
        """`drain_worker`, and forget the store."""
        if self.drain_worker(timeout):
            for undo in self._undo:
                undo()
            self._undo = []

    def ready(self) -> bool:
        """Whether this process takes segments, and the database has heard its heartbeat in time."""
        if self._dispatcher is None or self._worker is None or not self._dispatcher.is_alive:
            return False
        return time.monotonic() - self._worker.beaten_at < self._heartbeat_timeout

    def enqueue(
        self,
        unit: Unit,
        *,
        kind: str,
        key: str,
        seq: int,
        queue: str = "work",
        team: str = "default",
        priority: int = 5,
        delay_seconds: float = 0,
    ) -> None:
        """Run the segment once the unit is committed. The same kind, key and seq a second time is a no-op.

        `priority` is 1 (first) to 9 (last) among a team's segments of a queue.
        """
        self.enqueue_many(unit, [Enqueued(kind, key, seq, queue, team, priority, delay_seconds)])

    def enqueue_many(self, unit: Unit, segments: Sequence[Enqueued]) -> None:
        """`enqueue` for many segments, in one statement."""
        putting.put(unit, self._rows, segments, now=self._now())
        if self._dispatcher is not None:
            wake, queues = self._dispatcher.wake, frozenset(each.queue for each in segments)
            unit.after_commit(lambda: wake(queues))

    def finish(self, unit: Unit, segment: Segment) -> None:
        """See `Segment.finish`."""
        self._runner.finish(unit, kind=segment.kind, key=segment.key, seq=segment.seq)

    def carried(self, work: Callable[P, T]) -> Callable[P, T]:
        """`work` for another thread, whose units are fenced by the claim of the segment that runs on this one."""
        return self._runner.carried(work)

    def failures(self, conn: sa.Connection, limit: int = 100) -> list[Failure]:
        """The segments in quarantine, the latest first."""
        return putting.failures(conn, limit)

    def forgive(self, unit: Unit, kind: str, key: str) -> int:
        """Let the key's segments out of quarantine: each is tried as if for the first time. Returns how many."""
        if self._dispatcher is not None:
            wake = self._dispatcher.wake
            unit.after_commit(lambda: wake(frozenset(ALL)))
        return putting.forgive(unit, self._rows, kind=kind, key=key, now=self._now())

    def cancel(self, unit: Unit, kind: str, key: str) -> int:
        """Take back the key's segments that have not begun; one that runs ends by itself. Returns how many."""
        return self._rows.change(unit.conn, "cancel", kind=kind, key=key, now=self._now())

    def pending(self, conn: sa.Connection, kind: str, keys: Collection[str]) -> dict[str, str]:
        """Of these keys those with a segment that has not ended: `running` or `queued`."""
        return putting.pending(conn, kind=kind, keys=keys)

    def open_wait(
        self, unit: Unit, *, run_id: str, seq: int, step_id: str, kind: str, key: str, due_at: datetime | None = None
    ) -> str:
        """A row that stands for waiting; `kind` and `key` say for what. Returns its id."""
        return waits.open_wait(unit, run_id=run_id, seq=seq, step_id=step_id, kind=kind, key=key, due_at=due_at)

    def close_wait(self, unit: Unit, wait_id: str, *, outcome: str) -> bool:
        """True for the first who closes it; that also cancels its timers."""
        return waits.close_wait(unit, wait_id, outcome=outcome)

    def set_timer(
        self, unit: Unit, *, wait_id: str | None, at: datetime, action: str, payload: Mapping[str, Any]
    ) -> str:
        """Have the handler of `action` called at that moment. Returns the timer's id."""
        (timer_id,) = self.set_timers(unit, wait_id=wait_id, action=action, moments=[(at, payload)])
        return timer_id

    def set_timers(
        self, unit: Unit, *, wait_id: str | None, action: str, moments: Sequence[tuple[datetime, Mapping[str, Any]]]
    ) -> list[str]:
        """`set_timer` for several moments of one wait, each with its payload, in one statement."""
        ids = waits.set_timers(unit, wait_id=wait_id, action=action, moments=moments)
        if self._sweep_loop is not None and any(at <= unit.now for at, _ in moments):
            unit.after_commit(self._sweep_loop.wake)
        return ids

    def cancel_timers(self, unit: Unit, wait_id: str) -> int:
        """Cancel the timers of a wait that have not fired; returns how many."""
        return waits.cancel_timers(unit, wait_id)

    def sweep(self, now: datetime | None = None) -> int:
        """Fire the timers that are due; returns how many. A launched engine does it by itself."""
        return self._sweeper.sweep(now=now)

    def reap(self) -> int:
        """Take over from dead workers; returns how many segments were resumed. A launched engine does it by itself."""
        return self._reaper.reap()

    def idle(self) -> bool:
        """Nothing is queued, delayed until now, running, or a timer due that is handled here. Waits do not count."""
        with self.store.read() as conn:
            if self._rows.find(conn, "is_busy", now=self._now()):
                return False
            return not waits.has_due(conn, now=self.store.clock.now(), actions=self._sweeper.actions)

    def drain(self, timeout: float | None = None, on_progress: Callable[[int], None] | None = None) -> bool:
        """Block until idle; False when `timeout` seconds pass first. `on_progress` hears how many segments are left."""
        deadline = None if timeout is None else time.monotonic() + timeout
        told, pause = 0.0, 0.005
        while not self.idle():
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                return False
            if on_progress is not None and now - told >= 0.5:
                told = now
                with self.store.read() as conn:
                    on_progress(health.left(conn))
            time.sleep(pause)
            pause = min(pause * 1.5, 0.1)
        if on_progress is not None:
            on_progress(0)
        return True

    def health(self) -> dict[str, Any]:
        """Workers with the age of their heartbeat, depth and age of each queue and team, timers, waits, failures."""
        with self.store.read() as conn:
            return health.report(conn, self._rows, now=self.store.clock.now(), moment=self._now())

    def prune(self, before: datetime, limit: int = 1000) -> int:
        """Forget segments, waits, timers and workers that ended before that moment, at most `limit` of each.

        The records of effects stay. Returns how many rows went.
        """
        with self.store.unit() as unit:
            moment = int(before.timestamp() * 1000)
            segments = self._rows.change(unit.conn, "prune", before=moment, number=limit)
            return segments + health.forget(unit, before=before, limit=limit)

    def _dispatch(self, queues: Sequence[str]) -> Dispatcher:
        return Dispatcher(
            self.store,
            self._rows,
            Claiming(self._rows, worker=self.executor_id),
            worker=self.executor_id,
            run=self._run,
            take_away=self._runner.take_away,
            queues=queues,
            poll_seconds=self._poll_seconds,
            stall_seconds=self._stall_seconds,
            limits=self._limits,
            wall=self._wall,
        )

    def _run(self, execution: Execution) -> bool:
        taken = execution.taken

        def work() -> None:
            handler = self._handlers.get(taken.kind)
            if handler is None:
                raise UnknownKind(f"segment kind {taken.kind!r} has no handler here: register it before launch")
            handler(Segment(taken.kind, taken.key, taken.seq, self))

        return self._runner.run(execution, work)

    def _now(self) -> int:
        return int(self._wall() * 1000)

    def _beat_step(self, worker: Worker) -> float:
        worker.beat()
        return self._heartbeat_timeout / 5

    def _reap_step(self) -> float:
        if self._reaper.reap() and self._dispatcher is not None:
            self._dispatcher.wake(frozenset(ALL))
        return self._heartbeat_timeout / 3

    def _retention_step(self) -> float:
        """Forget what ended long ago, in bounded batches; the effects, runs and journal that tell of it stay."""
        while self.prune(self.store.clock.now() - RETENTION, _PRUNED_AT_ONCE) >= _PRUNED_AT_ONCE:
            pass
        return _RETENTION_SECONDS

    def _sweep_step(self) -> float:
        # A full batch may have left more behind it.
        return 0.0 if self._sweeper.sweep() >= waits.BATCH else _SWEEP_SECONDS
