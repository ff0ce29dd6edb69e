"""The engine: durable segments, waits, timers and effects over one store."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.engine import health, waits
from tiebeam.engine.dispatch_rows import DispatchRows, millis, parts_of
from tiebeam.engine.dispatcher import ALL, QUEUES, Dispatcher, enqueue_segment, migrate_dispatch, open_client
from tiebeam.engine.effects import Effects
from tiebeam.engine.loops import Loop
from tiebeam.engine.neighbours import worker_name
from tiebeam.engine.segments import PoisonHandler, SegmentRunner
from tiebeam.engine.tables import failure, turn
from tiebeam.engine.waits import Sweeper, TimerHandler
from tiebeam.engine.workers import Reaper, Worker
from tiebeam.errors import Invalid
from tiebeam.store import Store, Unit

if TYPE_CHECKING:
    from dbos import DBOSClient

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger("tiebeam.engine")

_SWEEP_SECONDS = 0.25
RETENTION = timedelta(days=30)
"""How long ended segments, waits, timers and workers are kept."""
_RETENTION_SECONDS = 3600.0
_PRUNED_AT_ONCE = 500
_PAUSE_AFTER_ERROR = 30.0


class UnknownQueue(Invalid):
    """There is no queue of this name."""

    code = "unknown_queue"


class UnknownKind(Invalid):
    """A segment's kind has no handler in this process, or a name that cannot be one."""

    code = "unknown_segment_kind"


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


@dataclass(frozen=True, slots=True)
class Enqueued:
    """A segment to be run: see `Engine.enqueue`."""

    kind: str
    key: str
    seq: int
    queue: str = "work"
    team: str = "default"
    priority: int = 5
    delay_seconds: float = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """A segment in quarantine: put aside after its last attempt."""

    kind: str
    key: str
    seq: int
    failed_at: datetime
    error: str


SegmentHandler = Callable[[Segment], None]


def _ignore(name: str) -> None:
    """No one observes."""


class Engine:
    """Dispatches segments and fires timers. Without `launch` it only enqueues, which needs no thread at all.

    `observer` is told the name of every boundary: `unit:committed`, `segment:start`, `segment:end`, `effect:intent`,
    `effect:called`, `effect:confirmed`, `timer:fired`. A worker silent for `heartbeat_timeout` seconds is taken for
    dead and its segments go to others within twice that time. A segment that raises is tried again after each of
    `retry_seconds`; one that `most_deaths` workers died with is put aside: so many, for it may only have been near.
    """

    def __init__(
        self,
        store: Store,
        *,
        executor_id: str | None = None,
        observer: Callable[[str], None] | None = None,
        poll_seconds: float = 0.05,
        heartbeat_timeout: float = 15.0,
        retry_seconds: Sequence[float] = (0.2, 1.0, 3.0),
        most_deaths: int = 25,
    ) -> None:
        self.store = store
        # Never the same twice: a name that comes back would claim what its forerunner left.
        name = executor_id or worker_name()
        self.executor_id = f"{name}-{uuid.uuid4().hex[:8]}"
        self._observe = observer or _ignore
        self._poll_seconds = poll_seconds
        self._heartbeat_timeout = heartbeat_timeout
        self._rows = DispatchRows(store)
        self._client: DBOSClient | None = None
        self._dispatcher: Dispatcher | None = None
        self._worker: Worker | None = None
        self._loops: list[Loop] = []
        self._sweep_loop: Loop | None = None
        self._undo: list[Callable[[], None]] = []
        self._handlers: dict[str, SegmentHandler] = {}
        self._repeated: list[tuple[str, Callable[[], float]]] = []
        self._runner = SegmentRunner(
            store, self._rows, self._observe, ended=self._segment_ended, retry_seconds=retry_seconds
        )
        self._sweeper = Sweeper(store, fired=lambda: self._observe("timer:fired"))
        self._reaper = Reaper(
            store,
            self._rows,
            timeout_seconds=heartbeat_timeout,
            most_deaths=most_deaths,
            poison=self._runner.poison,
        )
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

    def prepare(self) -> None:
        """Create or bring forward the dispatcher's tables, after `Store.migrate`. Do it before the first `enqueue`."""
        migrate_dispatch(self.store)

    def launch(self, *, queues: Sequence[str] = ALL) -> None:
        """Become a worker for these queues. Raises EngineBusy when this process has launched another engine."""
        for queue in queues:
            self._known(queue)
        worker = self._worker = Worker(self.store, worker_id=self.executor_id, queues=queues)
        # Entered before it takes anything: the segments of a worker nobody knows count as stranded.
        worker.beat()
        self._runner.open()
        self._undo.append(self.store.before_commit(self._runner.guard))
        try:
            self._dispatcher = Dispatcher(
                self.store,
                executor_id=self.executor_id,
                run=self._segment,
                queues=queues,
                poll_seconds=self._poll_seconds,
            )
        except BaseException:
            worker.leave()
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

    def close(self, *, timeout: float = 10.0) -> None:
        """Finish the segments that run, at most `timeout` seconds, and leave. What is left goes to other workers."""
        for loop in self._loops[:-1]:
            loop.stop(timeout=timeout)
        self._sweep_loop = None
        if self._dispatcher is not None:
            self._dispatcher.stop_taking()
            if not self._runner.close(timeout=timeout):
                _log.warning("segments still run after %s s; other workers take them over", timeout)
            self._dispatcher.close()
            self._dispatcher = None
        for loop in self._loops[-1:]:
            loop.stop(timeout=timeout)
        self._loops = []
        if self._worker is not None:
            self._worker.leave()
            self._worker = None
        if self._client is not None:
            self._client.destroy()
            self._client = None
        for undo in self._undo:
            undo()
        self._undo = []

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
        if not 1 <= priority <= 9:
            raise Invalid(f"priority {priority!r} of segment {kind}:{key}:{seq} is not between 1 (first) and 9 (last)")
        self._known(queue)
        if self._client is None:
            self._client = open_client(self.store.engine)
        number = self._take_turn(unit, queue) if QUEUES[queue].in_order else 0
        enqueue_segment(
            self._client,
            unit,
            kind=kind,
            key=key,
            seq=seq,
            queue=queue,
            team=team,
            delay=delay_seconds,
            turn=number,
        )
        if self._dispatcher is not None and delay_seconds <= 0:
            dispatcher = self._dispatcher
            unit.after_commit(lambda: dispatcher.wake(queue))

    def enqueue_many(self, unit: Unit, segments: Sequence[Enqueued]) -> None:
        """`enqueue` for many segments."""
        for each in segments:
            self.enqueue(
                unit,
                kind=each.kind,
                key=each.key,
                seq=each.seq,
                queue=each.queue,
                team=each.team,
                priority=each.priority,
                delay_seconds=each.delay_seconds,
            )

    def finish(self, unit: Unit, segment: Segment) -> None:
        """See `Segment.finish`."""
        self._runner.finish(unit, kind=segment.kind, key=segment.key, seq=segment.seq)

    def carried(self, work: Callable[P, T]) -> Callable[P, T]:
        """`work` for another thread, whose units are fenced by the claim of the segment that runs on this one."""
        return self._runner.carried(work)

    def failures(self, conn: sa.Connection, limit: int = 100) -> list[Failure]:
        """The segments in quarantine, the latest first."""
        rows = conn.execute(sa.select(failure).order_by(failure.c.failed_at.desc()).limit(limit))
        return [Failure(*parts_of(row.segment_id), row.failed_at, row.error) for row in rows]

    def forgive(self, unit: Unit, kind: str, key: str) -> int:
        """Let the key's segments out of quarantine: each is tried as if for the first time. Returns how many."""
        prefix = f"{kind}:{key}:"
        again = unit.conn.execute(self._rows.let_go_again(prefix)).rowcount
        unit.conn.execute(sa.delete(failure).where(sa.func.substr(failure.c.segment_id, 1, len(prefix)) == prefix))
        return again

    def cancel(self, unit: Unit, kind: str, key: str) -> int:
        """Take back the key's segments that have not begun; one that runs ends by itself. Returns how many."""
        statement = self._rows.cancel(f"{kind}:{key}:", now_millis=millis(unit.now))
        return unit.conn.execute(statement).rowcount

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
        now = self.store.clock.now()
        with self.store.read() as conn:
            # The dispatcher delays by the real time, whatever clock the store has.
            if conn.execute(self._rows.is_busy(now_millis=int(time.time() * 1000))).scalar():
                return False
            return not waits.has_due(conn, now=now, actions=self._sweeper.actions)

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
                on_progress(self._left())
            time.sleep(pause)
            pause = min(pause * 1.5, 0.1)
        if on_progress is not None:
            on_progress(0)
        return True

    def health(self) -> dict[str, Any]:
        """Workers with the age of their heartbeat, depth and age of each queue, timers, open waits, failures."""
        with self.store.read() as conn:
            return health.report(conn, self._rows, now=self.store.clock.now())

    def prune(self, before: datetime, limit: int = 1000) -> int:
        """Forget segments, waits, timers and workers that ended before that moment, at most `limit` of each.

        The records of effects stay. Returns how many rows went.
        """
        with self.store.read() as conn:
            statement = self._rows.finished(before_millis=millis(before), limit=limit)
            finished = list(conn.execute(statement).scalars())
        if finished:
            if self._client is None:
                self._client = open_client(self.store.engine)
            self._client.delete_workflows(finished)
        with self.store.unit() as unit:
            return len(finished) + health.forget(unit, before=before, limit=limit)

    def _segment(self, kind: str, key: str, seq: int, claim: str) -> None:
        def work() -> None:
            handler = self._handlers.get(kind)
            if handler is None:
                raise UnknownKind(f"segment kind {kind!r} has no handler here: register it before launch")
            handler(Segment(kind, key, seq, self))

        self._runner.run(work, kind=kind, key=key, seq=seq, claim=claim)

    def _segment_ended(self) -> None:
        if self._dispatcher is not None:
            self._dispatcher.free()

    def _known(self, queue: str) -> None:
        if queue not in QUEUES:
            raise UnknownQueue(f"queue {queue!r} does not exist: use one of {', '.join(ALL)}")

    def _take_turn(self, unit: Unit, queue: str) -> int:
        """The next number of an ordered queue; its row stays locked, so that turns are committed in order."""
        insert = postgresql.insert if self.store.dialect == "postgresql" else sqlite.insert
        statement = (
            insert(turn)
            .values(queue=queue, last=1)
            .on_conflict_do_update(index_elements=["queue"], set_={"last": turn.c.last + 1})
            .returning(turn.c.last)
        )
        return unit.conn.execute(statement).scalar_one()

    def _left(self) -> int:
        with self.store.read() as conn:
            return sum(row.number for row in conn.execute(self._rows.counts()))

    def _beat_step(self, worker: Worker) -> float:
        worker.beat()
        return self._heartbeat_timeout / 5

    def _reap_step(self) -> float:
        self._reaper.reap()
        return self._heartbeat_timeout / 3

    def _retention_step(self) -> float:
        """Forget what ended long ago, in bounded batches; the effects, runs and journal that tell of it stay."""
        while self.prune(self.store.clock.now() - RETENTION, _PRUNED_AT_ONCE) >= _PRUNED_AT_ONCE:
            pass
        return _RETENTION_SECONDS

    def _sweep_step(self) -> float:
        self._sweeper.sweep()
        return _SWEEP_SECONDS
