"""Running one segment: its handler, its end, again after an error, and putting it aside when nothing helps."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

import sqlalchemy as sa

from tiebeam.engine.queues import QUEUES
from tiebeam.engine.segment_rows import SegmentRows, Taken, segment_id
from tiebeam.engine.tables import failure
from tiebeam.engine.workers import SegmentLost
from tiebeam.errors import Conflict, Invalid
from tiebeam.kit import MASKING
from tiebeam.store import DatabaseTrouble, Store, Unit

_log = logging.getLogger("tiebeam.engine")

P = ParamSpec("P")
T = TypeVar("T")
PoisonHandler = Callable[[Unit, str, int, str], None]


class UnknownKind(Invalid):
    """A segment's kind has no handler in this process, or a name that cannot be one."""

    code = "unknown_segment_kind"


class NotRunning(Conflict):
    """A segment is finished by the thread that runs it, and by no other."""

    code = "segment_not_running"


@dataclass(slots=True, eq=False)
class Execution:
    """A segment that runs here. `moved_at` is when it last committed something, by the steady clock."""

    taken: Taken
    moved_at: float = field(default_factory=time.monotonic)
    ending: Unit | None = None
    has_ended: bool = False
    is_lost: bool = False

    @property
    def name(self) -> str:
        return segment_id(kind=self.taken.kind, key=self.taken.key, seq=self.taken.seq)

    @property
    def place(self) -> tuple[str, str]:
        """Its queue and team."""
        return self.taken.queue, self.taken.team


class SegmentRunner:
    """Runs segments on the dispatcher's threads and fences the units they commit."""

    def __init__(
        self,
        store: Store,
        rows: SegmentRows,
        observe: Callable[[str], None],
        *,
        worker: str,
        retry_seconds: Sequence[float],
        most_deaths: int,
        wall: Callable[[], float],
    ) -> None:
        self._store = store
        self._rows = rows
        self._observe = observe
        self._worker = worker
        self._retry_seconds = tuple(retry_seconds)
        self._most_deaths = most_deaths
        self._wall = wall
        self._poison_handlers: dict[str, PoisonHandler] = {}
        self._here = threading.local()
        self._closing = threading.Event()

    def on_poison(self, kind: str, handler: PoisonHandler) -> None:
        self._poison_handlers[kind] = handler

    def open(self) -> None:
        self._closing.clear()

    def close(self) -> None:
        """Whoever waits before another attempt leaves at once."""
        self._closing.set()

    def guard(self, unit: Unit) -> None:
        """Before any commit on a segment's thread: raise SegmentLost when the segment is another worker's by now."""
        execution: Execution | None = getattr(self._here, "execution", None)
        if execution is None or execution.has_ended:
            return
        execution.moved_at = time.monotonic()
        # The lock makes a reaper wait until this unit ends, or this unit see what the reaper did.
        if execution.ending is unit:
            return
        if self._rows.find(unit.conn, "fence", **self._claim(execution)) is None:
            raise SegmentLost

    def finish(self, unit: Unit, *, kind: str, key: str, seq: int) -> None:
        """Mark the segment ended in this unit."""
        execution: Execution | None = getattr(self._here, "execution", None)
        name = segment_id(kind=kind, key=key, seq=seq)
        if execution is None or execution.name != name:
            raise NotRunning(f"segment {name!r} does not run on this thread: finish it in its own handler")
        if self._rows.change(unit.conn, "end", now=self._now(), **self._claim(execution)) != 1:
            raise SegmentLost
        execution.ending = unit
        unit.after_commit(lambda: _mark_ended(execution))

    def carried(self, work: Callable[P, T]) -> Callable[P, T]:
        """`work` for another thread, whose units are fenced by the claim of the segment that runs on this one."""
        execution = getattr(self._here, "execution", None)

        def carry(*args: P.args, **kwargs: P.kwargs) -> T:
            before = getattr(self._here, "execution", None)
            self._here.execution = execution
            try:
                return work(*args, **kwargs)
            finally:
                self._here.execution = before

        return carry

    def run(self, execution: Execution, work: Callable[[], None]) -> bool:
        """Do a segment's work; True when only its end is still to be written down, which may wait for others'."""
        self._here.execution = execution
        try:
            self._observe("segment:start")
            error = self._attempt(execution, work)
            self._observe("segment:end")
            if error is not None:
                self._settle(lambda: self._try_again_or_put_aside(execution, error))
                return False
        except SegmentLost:
            _log.warning("segment %s is left to another worker", execution.name)
            return False
        finally:
            self._here.execution = None
        return not execution.has_ended

    def take_away(self, execution: Execution, error: str) -> None:
        """A segment that does not move is taken from its thread: it is tried again, or put aside."""
        execution.is_lost = True
        self._try_again_or_put_aside(execution, TimeoutError(error))

    def poison(self, unit: Unit, kind: str, key: str, seq: int, error: str) -> None:
        """Put a segment aside: the failure is recorded and the handler of its kind told, in the same unit."""
        segment = segment_id(kind=kind, key=key, seq=seq)
        known = unit.conn.execute(sa.select(failure.c.segment_id).where(failure.c.segment_id == segment)).first()
        if known is not None:
            return
        unit.conn.execute(sa.insert(failure).values(segment_id=segment, failed_at=unit.now, error=error[-8000:]))
        if handler := self._poison_handlers.get(kind):
            handler(unit, key, seq, error)

    def _attempt(self, execution: Execution, work: Callable[[], None]) -> Exception | None:
        pauses = iter(self._retry_seconds if QUEUES[execution.taken.queue].in_order else ())
        while True:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - whatever it was, the segment is tried again and then put aside
                _log.exception("segment %s failed", execution.name)
                if execution.has_ended:
                    return None
                execution.ending = None
                # Nobody may overtake in a queue that is worked in order: it keeps its place, and tries here.
                pause = None if isinstance(error, DatabaseTrouble) else next(pauses, None)
                if pause is None:
                    return error
                self._pause(pause)
            else:
                return None

    def _try_again_or_put_aside(self, execution: Execution, error: Exception) -> None:
        taken = execution.taken
        is_trouble = isinstance(error, DatabaseTrouble)
        attempts = taken.attempts + (0 if is_trouble else 1)
        in_order = QUEUES[taken.queue].in_order and not is_trouble
        with self._store.unit() as unit:
            # This unit is about the claim itself: each statement asks for it.
            execution.ending = unit
            now, claim = self._now(), self._claim(execution)
            if attempts > len(self._retry_seconds) or in_order:
                if self._rows.change(unit.conn, "fail", now=now, **claim):
                    self.poison(unit, taken.kind, taken.key, taken.seq, _text_of(error))
                return
            pause = 1.0 if is_trouble else self._retry_seconds[attempts - 1]
            due = now + int(pause * 1000)
            again = self._rows.change(
                unit.conn, "again", now=now, due=due, attempts=attempts, deaths=int(is_trouble), **claim
            )
            if again:
                self._give_up_after_trouble(unit, taken, error)

    def _give_up_after_trouble(self, unit: Unit, taken: Taken, error: Exception) -> None:
        """A segment that meets trouble with the database whenever it runs is the trouble itself."""
        here = {"kind": taken.kind, "key": taken.key, "seq": taken.seq}
        if isinstance(error, DatabaseTrouble) and self._rows.change(
            unit.conn, "too_often", now=self._now(), most=self._most_deaths, **here
        ):
            self.poison(unit, taken.kind, taken.key, taken.seq, _text_of(error))

    def _settle(self, write: Callable[[], None]) -> None:
        pause = 0.2
        while True:
            try:
                return write()
            except Exception:  # noqa: BLE001 - a segment that cannot even be put aside must not vanish
                _log.exception("noting how a segment ended failed and is tried again")
                self._pause(pause)
                pause = min(pause * 2, 10.0)

    def _pause(self, seconds: float) -> None:
        if self._closing.wait(seconds):
            # The worker leaves: another one takes the segment up where our rows say.
            raise SegmentLost

    def _claim(self, execution: Execution) -> dict[str, int | str]:
        return {"turn": execution.taken.turn, "claim": execution.taken.claim, "worker": self._worker}

    def _now(self) -> int:
        return int(self._wall() * 1000)


def _mark_ended(execution: Execution) -> None:
    execution.has_ended = True


def _text_of(error: Exception) -> str:
    return MASKING.mask("".join(traceback.format_exception(error)))
