"""Opens the workspace beside the event loop, again and again while its database is away."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from tiebeam.app import Calls, DatabaseUnreachable, OpenCalls, open_calls

_log = logging.getLogger("tiebeam.gateway")

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 3.0
PATIENCE = 5.0
"""A process listens after so many seconds, whether or not the database has answered by then."""


class Opening:
    """A workspace that is there sooner or later. Callers are told to come back until it is, never that they may not."""

    def __init__(self, workspace: Path, *, processes: int = 1, number: int = 0) -> None:
        self._workspace = workspace
        self._processes = processes
        self._number = number
        self._stopping = threading.Event()
        self._tried = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tiebeam-opening", daemon=True)
        self._opened: OpenCalls | None = None
        self._fault: Exception | None = None

    @property
    def calls(self) -> Calls | None:
        """None until the workspace is open."""
        return None if self._opened is None else self._opened.calls

    def start(self) -> None:
        """Open it, or go on trying in the background while its database is away.

        Raises what is wrong with the workspace itself, when that is found out at once.
        """
        self._thread.start()
        self._tried.wait(PATIENCE)
        if self._fault is not None:
            raise self._fault

    def close(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=LONGEST_PAUSE)
        if self._opened is not None:
            self._opened.close()

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while self._opened is None and not self._stopping.is_set():
            try:
                self._opened = open_calls(self._workspace, processes=self._processes, number=self._number)
            except DatabaseUnreachable as problem:
                if not self._tried.is_set():
                    _log.warning("calls are answered with 503 until the database is there: %s", problem.message)
            except Exception as problem:  # noqa: BLE001 - raised by `start`, or logged where that has returned
                if not self._tried.is_set():
                    self._fault = problem
                    self._tried.set()
                    return
                _log.exception("the workspace cannot be opened")
            self._tried.set()
            if self._opened is None:
                self._stopping.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
