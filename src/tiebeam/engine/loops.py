"""Threads that repeat one piece of work."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from tiebeam.store import DatabaseTrouble

_log = logging.getLogger("tiebeam.engine")


class Loop:
    """A thread that repeats `work`, which returns the seconds to wait. An error is logged and the work tried again."""

    def __init__(self, name: str, work: Callable[[], float], *, after_error: float = 1.0) -> None:
        self._work = work
        self._after_error = after_error
        self._wake = threading.Event()
        self._stopping = False
        self._waits = False
        self._thread = threading.Thread(target=self._run, name=f"tiebeam-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Repeat at once."""
        self._wake.set()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self, *, timeout: float) -> None:
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _tell(self, error: Exception) -> None:
        if not isinstance(error, DatabaseTrouble):
            _log.error("%s failed and is tried again", self._thread.name, exc_info=error)
        elif not self._waits:
            # Once for each time that it is away.
            self._waits = True
            _log.warning("%s waits for the database: %s", self._thread.name, error)

    def _run(self) -> None:
        while not self._stopping:
            try:
                pause = self._work()
            except Exception as error:  # noqa: BLE001 - a database away for a minute must not end the loop
                if self._stopping:
                    return
                self._tell(error)
                pause = self._after_error
            else:
                self._waits = False
            self._wake.wait(pause)
            self._wake.clear()
