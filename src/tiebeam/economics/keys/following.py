"""What processes keep in memory and read again when another process has changed it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from tiebeam.economics.keys.tables import gateway_version
from tiebeam.store import Store, Unit

_log = logging.getLogger("tiebeam.economics.keys")
EVERY_SECONDS = 0.25
"""How often a process looks for a change; with the time a look takes it stays well below a second."""
ALL_KNOW_SECONDS = EVERY_SECONDS + 0.1
"""After so long every process that looks has seen a change."""
MOST_NAMES = 100

Reread = Callable[[sa.Connection], None]


def bump(unit: Unit, name: str) -> None:
    """Tell every process that follows `name`, when the unit commits."""
    changed = unit.conn.execute(
        sa.update(gateway_version).where(gateway_version.c.name == name).values(number=gateway_version.c.number + 1)
    )
    if changed.rowcount == 0:
        unit.conn.execute(sa.insert(gateway_version).values(name=name, number=1))


def take_turn(unit: Unit, name: str) -> None:
    """Keep every other process from what `name` stands for until the unit ends."""
    # SQLite has one writer at a time anyway; PostgreSQL locks the row that is updated.
    held = unit.conn.execute(
        sa.update(gateway_version).where(gateway_version.c.name == name).values(number=gateway_version.c.number)
    )
    if held.rowcount == 0:
        unit.conn.execute(sa.insert(gateway_version).values(name=name, number=0))


class Following:
    """Reads again what has changed, in a thread of its own, so that nobody who asks waits for the database.

    While the database is away everything stays as it was last read. What writes has another thread: it may have to wait
    for whoever writes to the same file, and a revocation must not wait with it.
    """

    def __init__(self, store: Store, *, every: float = EVERY_SECONDS) -> None:
        self._store = store
        self._every = every
        self._followed: dict[str, Reread] = {}
        self._seen: dict[str, int] = {}
        self._ticks: list[Callable[[], None]] = []
        self._chores: list[Callable[[], None]] = []
        self._turn = threading.Lock()
        self._stopping = threading.Event()
        self._looked = threading.Event()
        self._threads: list[threading.Thread] = []
        self.is_reached = False
        """Whether the last look reached the database."""

    def follow(self, name: str, reread: Reread) -> None:
        """Call `reread` with a connection at the first look, and whenever the number of `name` has changed."""
        self._followed[name] = reread

    def at_each_look(self, work: Callable[[], None]) -> None:
        """Call `work` after each look that reached the database, in the same thread."""
        self._ticks.append(work)

    def write_after_looks(self, work: Callable[[], None]) -> None:
        """Call `work`, which may write, after looks that reached the database, in a thread of its own."""
        self._chores.append(work)

    def look(self) -> None:
        """One look, now. Raises SQLAlchemyError when the database is away."""
        with self._turn:
            try:
                with self._store.read() as conn:
                    numbers = self._numbers(conn)
                    for name, reread in self._followed.items():
                        number = numbers.get(name, 0)
                        if self._seen.get(name) != number:
                            reread(conn)
                            self._seen[name] = number
            except (SQLAlchemyError, OSError):
                self.is_reached = False
                raise
            self.is_reached = True

    def try_to_look(self) -> bool:
        """One look; False when the database is away, which is logged once."""
        was_reached = self.is_reached
        try:
            self.look()
            for work in self._ticks:
                work()
            if self._threads:
                self._looked.set()
            else:
                self._do_chores()
        except (SQLAlchemyError, OSError) as problem:
            if was_reached or not self._seen:
                _log.warning("the database is away; keys and results stay as they were last read: %s", problem)
            return False
        return True

    def start(self) -> None:
        """Look at once, and from now on every `every` seconds."""
        if self._threads:
            return
        self.try_to_look()
        self._stopping.clear()
        self._threads = [
            threading.Thread(target=self._run, name="tiebeam-following", daemon=True),
            threading.Thread(target=self._write, name="tiebeam-following-writes", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        threads, self._threads = self._threads, []
        self._stopping.set()
        self._looked.set()
        for thread in threads:
            # A look that hangs in a database that never answers is left behind; it is a daemon.
            thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            self.try_to_look()

    def _write(self) -> None:
        while not self._stopping.is_set():
            self._looked.wait()
            self._looked.clear()
            if self._stopping.is_set():
                return
            try:
                self._do_chores()
            except (SQLAlchemyError, OSError) as problem:
                _log.warning("something could not be noted in the database; it is tried again: %s", problem)

    def _do_chores(self) -> None:
        for work in self._chores:
            work()

    @staticmethod
    def _numbers(conn: sa.Connection) -> dict[str, int]:
        rows = conn.execute(sa.select(gateway_version.c.name, gateway_version.c.number).limit(MOST_NAMES))
        return {row.name: row.number for row in rows}
