"""Threads that run segments: as many as were ever needed at once, and no more than the queues' rules allow."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

from tiebeam.engine.segments import Execution

_log = logging.getLogger("tiebeam.engine")


class Pool:
    """Daemon threads, so that a segment which never ends does not keep the process from ending."""

    def __init__(self, work: Callable[[Execution], None]) -> None:
        self._work = work
        self._waiting: queue.SimpleQueue[Execution | None] = queue.SimpleQueue()
        self._changing = threading.Lock()
        self._idle = 0
        self._threads: list[threading.Thread] = []

    def submit(self, execution: Execution) -> None:
        with self._changing:
            if self._idle > 0:
                self._idle -= 1
            else:
                self._add()
        self._waiting.put(execution)

    def close(self, *, timeout: float) -> None:
        """Let the threads end; those that still run something are left alone."""
        deadline = time.monotonic() + timeout
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _add(self) -> None:
        thread = threading.Thread(target=self._run, name=f"tiebeam-segment-{len(self._threads)}", daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def _run(self) -> None:
        while (execution := self._waiting.get()) is not None:
            try:
                self._work(execution)
            except Exception:  # noqa: BLE001 - the thread serves others after this
                _log.exception("segment %s could not be run", execution.name)
            with self._changing:
                self._idle += 1
