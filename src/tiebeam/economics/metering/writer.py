"""The thread that writes this process's journal into the database, and looks after the journals of dead ones."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tiebeam.economics.metering.follower import Follower, Leases
from tiebeam.economics.metering.journal import ChargeJournal
from tiebeam.economics.metering.projection import Projection
from tiebeam.economics.metering.reader import Position
from tiebeam.economics.metering.writing import Overtaken
from tiebeam.store import Store

_log = logging.getLogger("tiebeam.economics.metering")

_LONGEST_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class WriterState:
    """How the writer is doing."""

    behind_bytes: int
    """Journal that is not in the database yet."""
    written: int
    """Charges written since the start."""
    refused: int
    damaged: int
    away_since: datetime | None
    """Since when the database takes nothing; None while it does."""
    problem: str
    """What it said last; empty while all is well."""


class Writer:
    """Reads the journal's file, so nothing that was taken down is ever dropped, however long the database is away.

    `chore` is done in the same thread every `chore_seconds`, at the start too.
    """

    def __init__(
        self,
        store: Store,
        journal: ChargeJournal,
        *,
        projection: Projection | None = None,
        leases: Leases | None = None,
        pause_seconds: float = 0.1,
        chore: Callable[[], object] | None = None,
        chore_seconds: float = 5.0,
    ) -> None:
        self._store = store
        self._journal = journal
        self._follower = Follower(store, journal.folder, projection=projection, leases=leases)
        self._pause = pause_seconds
        self._chore = chore
        self._chore_seconds = chore_seconds
        self._next_chore = 0.0
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._moved = threading.Condition()
        self._position: Position | None = None
        self._away_since: datetime | None = None
        self._problem = ""
        self._thread = threading.Thread(target=self._run, name="tiebeam-charge-writer", daemon=True)

    def start(self) -> None:
        """Begin; returns at once, whether or not there is a database."""
        self._journal.on_written(self._wake.set)
        self._wake.set()
        self._thread.start()

    def stop(self, *, seconds: float = 10.0) -> bool:
        """End after the batch at hand, at most `seconds` from now; False when the database holds it up still."""
        self._stopped.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def drain(self, *, seconds: float = 10.0) -> bool:
        """Wait until everything taken down before now is committed; False when that takes longer."""
        end = Position(*self._journal.end)
        self._wake.set()
        if not self._thread.is_alive():
            seconds = 0
        with self._moved:
            return self._moved.wait_for(lambda: self._position is not None and self._position >= end, seconds)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs; charges gather in the journal while it does not."""
        return self._thread.is_alive()

    def state(self) -> WriterState:
        """For metrics and health."""
        return WriterState(
            behind_bytes=self._follower.behind(),
            written=self._follower.written,
            refused=self._follower.refused,
            damaged=self._follower.damaged,
            away_since=self._away_since,
            problem=self._problem,
        )

    def _run(self) -> None:
        pause = self._pause
        while not self._stopped.is_set():
            self._wake.wait(self._chore_seconds)
            self._wake.clear()
            try:
                self._work()
                pause = self._pause
                self._away_since, self._problem = None, ""
            except Overtaken as found:
                _log.info("%s", found)
                self._wake.set()
            except Exception as problem:  # noqa: BLE001 - whatever it is, the journal keeps the charges meanwhile
                self._note(problem)
                pause = min(pause * 2, _LONGEST_PAUSE)
                self._wake.set()
            self._stopped.wait(pause)

    def _work(self) -> None:
        while self._follower.step():
            self._tell()
            if self._stopped.is_set():
                return
        self._tell()
        if self._chore is not None and time.monotonic() >= self._next_chore:
            self._chore()
            self._next_chore = time.monotonic() + self._chore_seconds

    def _tell(self) -> None:
        with self._moved:
            self._position = self._follower.position
            self._moved.notify_all()

    def _note(self, problem: Exception) -> None:
        self._problem = f"{type(problem).__name__}: {problem}"[:500]
        if self._away_since is None:
            self._away_since = self._store.clock.now()
            _log.warning("charges wait in the journal, because the database does not take them: %s", self._problem)
