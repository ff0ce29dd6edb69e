"""Bringing a journal to the disk in a thread of its own, many lines at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from tiebeam.economics.metering.files import AppendFile

_log = logging.getLogger("tiebeam.economics.metering")

PAUSE_SECONDS = 0.05
"""How long lines gather before they are brought to the disk where nobody waits for that."""

Told = Callable[[OSError | None], None]


class Syncing:
    """Syncs what was written: at once where replies wait for the disk, else every so often. Idle, it sleeps."""

    def __init__(self, file: AppendFile, *, waits: bool) -> None:
        self.synced = 0
        """How many bytes of the journal are on the disk."""
        self.problem: OSError | None = None
        """Set once the disk refused: what it holds is no longer known, so nothing more is promised."""
        self.on_written: Callable[[], None] | None = None
        self._waits = waits
        self._guard = threading.Lock()
        self._files = [file]
        self._written = 0
        self._is_due = False
        self._due = threading.Event()
        self._stopped = threading.Event()
        self._waiting: list[tuple[int, Told]] = []
        self._thread = threading.Thread(target=self._run, name="tiebeam-journal-sync", daemon=True)
        self._thread.start()

    def wrote(self, total: int) -> None:
        """There are so many bytes now. Costs next to nothing while a sync is due already."""
        self._written = total
        if not self._is_due:
            self._is_due = True
            self._due.set()

    def follow(self, file: AppendFile) -> None:
        """Go on with a new file; the ones before are synced once more and closed."""
        with self._guard:
            self._files.append(file)

    def tell(self, mark: int, told: Told) -> None:
        """Call `told`, from another thread, once `mark` bytes are on the disk, or with why they never will be."""
        with self._guard:
            if mark > self.synced and self.problem is None:
                self._waiting.append((mark, told))
                self._is_due = True
                self._due.set()
                return
        told(None if mark <= self.synced else self.problem)

    def close(self) -> None:
        """Sync what is left and end."""
        self._stopped.set()
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        is_last = False
        while not is_last:
            self._due.wait()
            if not self._waits:
                self._stopped.wait(PAUSE_SECONDS)
            is_last = self._stopped.is_set()
            self._due.clear()
            # Before the size is looked at, so that a line written meanwhile makes the next round due.
            self._is_due = False
            self._sync()
            if self.on_written is not None:
                self.on_written()

    def _sync(self) -> None:
        with self._guard:
            files, written = list(self._files), self._written
        problem = self.problem
        try:
            for file in files:
                file.sync()
        except OSError as failure:
            problem = failure
            _log.exception("the charge journal did not reach the disk")
        with self._guard:
            for old in files[:-1]:
                old.close()
                self._files.remove(old)
            self.problem = problem
            if problem is None:
                self.synced = written
            due = [one for one in self._waiting if one[0] <= self.synced or problem is not None]
            self._waiting = [one for one in self._waiting if one not in due]
        for mark, told in due:
            try:
                told(None if mark <= self.synced else problem)
            except RuntimeError:
                _log.warning("whoever waited for the charge journal is gone; its loop is closed")
