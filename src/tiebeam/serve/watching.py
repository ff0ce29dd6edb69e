"""The inbox folder of the workspace, and its mail, looked at while the system serves."""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path

from tiebeam.app import App
from tiebeam.authority import Principal, PrincipalKind
from tiebeam.errors import TiebeamError
from tiebeam.workflow.intake import arrivals_in

INTENT = "finance.invoice-processing-matching"
WATCH_SECONDS = 2.0
SETTLED_SECONDS = 1.0
_STOP_SECONDS = 5
_log = logging.getLogger("tiebeam.serve")

INBOX_FOLDER = Principal("system:inbox-folder", "Inbox folder", kind=PrincipalKind.SYSTEM, method="system")
"""In whose name the documents of the inbox folder are taken in: whoever started the server has no part in it."""

Mark = tuple[int, int]
"""When a file was last written, in nanoseconds, and its size."""


class Watch:
    """Takes in what people put into the workspace's inbox folder, and the answers that come by mail."""

    def __init__(self, app: App, principal: Principal) -> None:
        self._app = app
        self._principal = principal
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tiebeam-watch", daemon=True)
        self._taken: dict[Path, Mark] = {}
        self._last: dict[Path, Mark] = {}
        self._warned = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=_STOP_SECONDS)

    def look(self) -> int:
        """One look; returns how many new documents were taken in. Files that are still being written are left."""
        self._app.correspondence.collect()
        settings = self._app.graph().settings
        folder = None if settings is None else settings.sources.inbox
        if folder is None or not (self._app.workspace / folder).is_dir():
            return 0
        arrivals = arrivals_in(self._app.workspace / folder)
        marks = {item.path: _mark_of(item.path) for item in arrivals if item.path and os.access(item.path, os.R_OK)}
        ready = [item for item in arrivals if item.path in marks and self._is_ready(item.path, marks[item.path])]
        self._last = marks
        if not ready:
            return 0
        new = self._app.starting.take_in(self._principal, INTENT, ready, source=str(folder)).new
        self._taken |= {item.path: marks[item.path] for item in ready if item.path}
        return new

    def _is_ready(self, path: Path, mark: Mark) -> bool:
        if self._taken.get(path) == mark:
            return False
        return self._last.get(path) == mark or time.time() - mark[0] / 1e9 > SETTLED_SECONDS

    def _run(self) -> None:
        while True:
            try:
                self.look()
                self._warned = ""
            except TiebeamError as problem:
                self._warn(problem.message)
            except Exception:  # noqa: BLE001 - the watch goes on; the next look may succeed
                _log.exception("looking into the inbox folder failed")
            if self._stop.wait(WATCH_SECONDS):
                return

    def _warn(self, message: str) -> None:
        """Once for each new reason, not at every look."""
        if message != self._warned:
            _log.warning("the inbox folder was not taken in: %s", message)
        self._warned = message


def _mark_of(path: Path) -> Mark:
    status = path.stat()
    return status.st_mtime_ns, status.st_size
