"""Threads that repeat one piece of work, and the pace of the dispatcher's queue loops."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

_log = logging.getLogger("tiebeam.engine")


class Loop:
    """A thread that repeats `work`, which returns the seconds to wait. An error is logged and the work tried again."""

    def __init__(self, name: str, work: Callable[[], float], *, after_error: float = 1.0) -> None:
        self._work = work
        self._after_error = after_error
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"tiebeam-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Repeat at once."""
        self._wake.set()

    def stop(self, *, timeout: float) -> None:
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping:
            try:
                pause = self._work()
            except Exception:  # noqa: BLE001 - a database away for a minute must not end the loop
                if self._stopping:
                    return
                _log.exception("%s failed and is tried again", self._thread.name)
                pause = self._after_error
            self._wake.wait(pause)
            self._wake.clear()


class Pacer:
    """Stands in for the stop event that DBOS's queue loop sleeps on, so that it polls when there is work.

    `wait` ignores the loop's own interval: it returns when woken, but never sooner than `least` seconds after the last
    time, so that a burst is taken in one poll; and after `most` seconds in any case.
    """

    def __init__(self, *, least: float, most: float) -> None:
        self._least = least
        self._most = most
        self._last = 0.0
        self._woken = threading.Event()
        self._stopped = False
        self.has_backlog = False

    def is_set(self) -> bool:
        return self._stopped

    def set(self) -> None:
        self._stopped = True
        self._woken.set()

    def wake(self) -> None:
        self._woken.set()

    def wait(self, timeout: float | None = None) -> bool:
        self._woken.wait(self._most)
        early = self._last + self._least - time.monotonic()
        if early > 0 and not self._stopped:
            time.sleep(early)
        self._woken.clear()
        self._last = time.monotonic()
        return self._stopped
