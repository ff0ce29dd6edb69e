"""Threads that run segments: as many as were ever needed at once, and no more than the queues' rules allow.

Python runs one thread at a time, so that a dozen short segments at once only get into each other's way, and in that of
whoever comes next. Few begin together; one that has to wait for longer than a moment begins anyway, for then the others
are slow because they wait for the world outside.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from tiebeam.engine.segments import Execution

_log = logging.getLogger("tiebeam.engine")

TOGETHER = 4
"""So many young segments run at once, and of one team and queue one less."""
_YOUNG = 0.02
PATIENCE = 0.01


class Pool:
    """Daemon threads, so that a segment which never ends does not keep the process from ending."""

    def __init__(self, work: Callable[[Execution], None]) -> None:
        self._work = work
        self._given: queue.SimpleQueue[Execution | None] = queue.SimpleQueue()
        self._changing = threading.Lock()
        self._waiting: list[tuple[float, Execution]] = []
        self._began: dict[Execution, float] = {}
        self._idle = 0
        self._threads: list[threading.Thread] = []

    def submit(self, executions: Sequence[Execution]) -> None:
        now = time.monotonic()
        with self._changing:
            self._waiting += [(now, each) for each in executions]
            self._begin(now)

    def nudge(self) -> bool:
        """Begin what has waited for long enough; True when something still waits."""
        if self._waiting:
            with self._changing:
                self._begin(time.monotonic())
        return bool(self._waiting)

    def close(self, *, timeout: float) -> None:
        """Let the threads end; those that still run something are left alone."""
        deadline = time.monotonic() + timeout
        with self._changing:
            self._waiting = []
        for _ in self._threads:
            self._given.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _begin(self, now: float) -> None:
        while (execution := self._next(now)) is not None:
            if self._idle > 0:
                self._idle -= 1
            else:
                self._add()
            self._given.put(execution)

    def _next(self, now: float) -> Execution | None:
        """What begins now: the one that waits too long, or the one of whose team and queue the fewest just began."""
        if not self._waiting:
            return None
        young = Counter(each.place for each, began in self._began.items() if now - began < _YOUNG)
        chosen = 0
        if now - self._waiting[0][0] < PATIENCE:
            if young.total() >= TOGETHER:
                return None
            chosen = min(range(len(self._waiting)), key=lambda index: young[self._waiting[index][1].place])
            if young[self._waiting[chosen][1].place] >= TOGETHER - 1:
                return None
        execution = self._waiting.pop(chosen)[1]
        self._began[execution] = now
        return execution

    def _add(self) -> None:
        thread = threading.Thread(target=self._run, name=f"tiebeam-segment-{len(self._threads)}", daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def _run(self) -> None:
        execution = self._given.get()
        while execution is not None:
            try:
                self._work(execution)
            except Exception:  # noqa: BLE001 - the thread serves others after this
                _log.exception("segment %s could not be run", execution.name)
            with self._changing:
                del self._began[execution]
                execution = self._next(time.monotonic())
                if execution is None:
                    self._idle += 1
            execution = execution or self._given.get()
