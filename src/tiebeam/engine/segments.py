"""Running one segment: its handler, again after an error, and putting it aside when nothing helps."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

import sqlalchemy as sa

from tiebeam.engine.dispatch_rows import DispatchRows, millis, segment_id
from tiebeam.engine.tables import failure
from tiebeam.engine.workers import SegmentLost
from tiebeam.errors import Conflict
from tiebeam.kit import MASKING
from tiebeam.store import Store, Unit

_log = logging.getLogger("tiebeam.engine")


P = ParamSpec("P")
T = TypeVar("T")


class NotRunning(Conflict):
    """A segment is finished by the thread that runs it, and by no other."""

    code = "segment_not_running"


PoisonHandler = Callable[[Unit, str, int, str], None]


class SegmentRunner:
    """Runs segments on the dispatcher's threads and fences the units they commit."""

    def __init__(
        self,
        store: Store,
        rows: DispatchRows,
        observe: Callable[[str], None],
        *,
        ended: Callable[[], None],
        retry_seconds: Sequence[float],
    ) -> None:
        self._store = store
        self._rows = rows
        self._observe = observe
        self._ended = ended
        self._retry_seconds = tuple(retry_seconds)
        self._poison_handlers: dict[str, PoisonHandler] = {}
        self._here = threading.local()
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._active = 0

    def on_poison(self, kind: str, handler: PoisonHandler) -> None:
        self._poison_handlers[kind] = handler

    def open(self) -> None:
        self._closing.clear()

    def close(self, *, timeout: float) -> bool:
        """Wait for the segments that run; those asleep between two attempts leave at once. False when some are left."""
        self._closing.set()
        return self.wait_for(lambda: self._active == 0, timeout=timeout)

    def wait_for(self, condition: Callable[[], bool], *, timeout: float) -> bool:
        """Block until `condition` holds; it is asked again whenever a segment ends."""
        with self._changed:
            return self._changed.wait_for(condition, timeout)

    def guard(self, unit: Unit) -> None:
        """Before any commit on a segment's thread: raise SegmentLost when the segment is another worker's by now."""
        if claim := getattr(self._here, "claim", None):
            if getattr(self._here, "finishing", None) is unit:
                return
            segment, token = claim
            # The lock makes a reaper wait until this unit ends, or this unit see what the reaper did.
            self._fence(unit.conn, self._rows.owner(segment).with_for_update(read=True), token)

    def finish(self, unit: Unit, *, kind: str, key: str, seq: int) -> None:
        """Mark the segment ended in this unit. Raises SegmentLost when it is another worker's by now."""
        name, token = getattr(self._here, "claim", None) or ("", "")
        if name != segment_id(kind=kind, key=key, seq=seq):
            raise NotRunning(f"segment {kind}:{key}:{seq} does not run on this thread: finish it in its own handler")
        ended = unit.conn.execute(self._rows.end(name, token, now_millis=millis(unit.now)))
        if ended.rowcount != 1:
            raise SegmentLost
        self._here.finishing = unit
        unit.after_commit(self._ended_here)

    def carried(self, work: Callable[P, T]) -> Callable[P, T]:
        """`work` for another thread, whose units are fenced by the claim of the segment that runs on this one."""
        claim = getattr(self._here, "claim", None)

        def carry(*args: P.args, **kwargs: P.kwargs) -> T:
            before = getattr(self._here, "claim", None)
            self._here.claim = claim
            try:
                return work(*args, **kwargs)
            finally:
                self._here.claim = before

        return carry

    def run(self, work: Callable[[], None], *, kind: str, key: str, seq: int, claim: str) -> None:
        """Do a segment's work under the token `claim`. Raises SegmentLost when another worker has it at the end."""
        name = segment_id(kind=kind, key=key, seq=seq)
        with self._changed:
            self._active += 1
        self._here.claim = (name, claim)
        try:
            self._observe("segment:start")
            error = self._attempt(work, name)
            if error is not None:
                self._put_aside(kind, key, seq, error)
            self._observe("segment:end")
            # A dispatcher that may not record the end of a segment waits for the one who may, holding a thread.
            if not getattr(self._here, "ended", False):
                with self._store.read() as conn:
                    self._fence(conn, self._rows.owner(name), claim)
        except SegmentLost:
            _log.warning("segment %s is left to another worker", name)
            raise
        finally:
            self._here.claim = self._here.finishing = None
            self._here.ended = False
            with self._changed:
                self._active -= 1
                self._changed.notify_all()
            self._ended()

    def poison(self, unit: Unit, kind: str, key: str, seq: int, error: str) -> None:
        """Put a segment aside: the failure is recorded and the handler of its kind told, in the same unit."""
        segment = segment_id(kind=kind, key=key, seq=seq)
        known = unit.conn.execute(sa.select(failure.c.segment_id).where(failure.c.segment_id == segment)).first()
        if known is not None:
            return
        unit.conn.execute(sa.insert(failure).values(segment_id=segment, failed_at=unit.now, error=error[-8000:]))
        if handler := self._poison_handlers.get(kind):
            handler(unit, key, seq, error)

    def _fence(self, conn: sa.Connection, owner: sa.Select[str], token: str) -> None:
        if conn.execute(owner).scalar_one_or_none() != token:
            raise SegmentLost

    def _attempt(self, work: Callable[[], None], name: str) -> str | None:
        """Try until it succeeds or the attempts are used up; the last error's text, or None."""
        error: str | None = None
        for pause in (0.0, *self._retry_seconds):
            if pause:
                self._pause(pause)
            try:
                work()
            except Exception:  # noqa: BLE001 - whatever it was, the segment is tried again and then put aside
                error = MASKING.mask(traceback.format_exc())
                _log.exception("segment %s failed", name)
            else:
                return None
        return error

    def _put_aside(self, kind: str, key: str, seq: int, error: str) -> None:
        pause = 0.5
        while True:
            try:
                with self._store.unit() as unit:
                    self.poison(unit, kind, key, seq, error)
                return
            except Exception:  # noqa: BLE001 - a segment that cannot even be put aside must not vanish
                _log.exception("putting a segment aside failed and is tried again")
                self._pause(pause)
                pause = min(pause * 2, 30.0)

    def _ended_here(self) -> None:
        self._here.ended = True

    def _pause(self, seconds: float) -> None:
        if self._closing.wait(seconds):
            # The worker leaves: another one takes the segment up where our rows say.
            raise SegmentLost
