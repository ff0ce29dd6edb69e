"""The unit of work: the only place where anything is committed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from tiebeam.kit import MASKING, Clock, Ids, Randomness, SystemRandomness
from tiebeam.store import journal
from tiebeam.store.database import dispose, normalised, open_probe, open_reader, open_writer
from tiebeam.store.migration import upgrade
from tiebeam.store.prepared import savepoint
from tiebeam.store.together import Together
from tiebeam.store.troubles import named_troubles

if TYPE_CHECKING:
    from tiebeam.store.journal import Fact, StreamHead

_log = logging.getLogger("tiebeam.store")


class NestedUnit(RuntimeError):
    """A unit of work was opened inside another one of the same thread. Pass the open unit down instead."""


class Unit:
    """Work that becomes visible as a whole, or not at all. `now` stands still for its whole length."""

    def __init__(self, store: Store, conn: sa.Connection) -> None:
        self.store = store
        self.conn = conn
        self.now: datetime = store.clock.now()
        self._heads: dict[str, StreamHead] = {}
        self._facts: list[tuple[Fact, str]] = []
        self._callbacks: list[Callable[[], None]] = []

    def journal(self, stream: str, kind: str, *, actor: str, payload: Mapping[str, Any], is_new: bool = False) -> Fact:
        """Append a fact to a stream, written when the unit ends. On PostgreSQL the stream stays locked until then.

        `is_new`: the stream begins here, under an id made in this unit.
        Secrets this process knows are masked in it: what is chained cannot be taken back.
        """
        payload = MASKING.mask_data(payload)
        head = self._heads.get(stream) or (journal.new_head(stream) if is_new else journal.lock_head(self.conn, stream))
        salt = self.store.randomness.salt()
        fact = journal.following(head, at=self.now, kind=kind, actor=actor, payload=payload, salt=salt)
        self._heads[stream] = journal.StreamHead(stream, fact.seq, fact.hash, head.is_new)
        self._facts.append((fact, salt))
        return fact

    @contextmanager
    def part(self) -> Generator[None]:
        """A part that may fail alone: what it wrote and journalled is undone, and what came before it stays."""
        facts, heads = len(self._facts), dict(self._heads)
        try:
            with savepoint(self.conn):
                yield
        except BaseException:
            del self._facts[facts:]
            self._heads = heads
            raise

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run `callback` once this unit is durable. Its errors are logged: what is committed stays committed."""
        self._callbacks.append(callback)

    def finish(self) -> list[Callable[[], None]]:
        """Write what was held back until the end. The store calls this right before it commits."""
        if self._facts:
            journal.append(self.conn, self._facts, heads=self._heads.values())
        return self._callbacks


class Store:
    """One database: `sqlite:////absolute/file` or `postgresql://…`. Safe to use from many threads."""

    def __init__(self, url: str, *, clock: Clock, ids: Ids, randomness: Randomness | None = None) -> None:
        self.url = normalised(url)
        self.clock = clock
        self.ids = ids
        self.randomness = randomness or SystemRandomness()
        self.dialect = self.url.get_backend_name()
        self.engine = open_writer(self.url)
        self._reader = open_reader(self.url, self.engine)
        self._guards: list[Callable[[Unit], None]] = []
        self._committed: list[Callable[[], None]] = []
        self._here = threading.local()
        # SQLite has one writer at a time: our threads queue without the file's sleeping retries, and commit together.
        together = Together(self.engine)
        self._transaction = together.transaction if self.dialect == "sqlite" else self.engine.begin

    def migrate(self) -> None:
        """Bring the schema up to this version, forward only. Safe when several processes do it at once."""
        upgrade(self.engine)

    @contextmanager
    def unit(self) -> Generator[Unit]:
        """The only commit. Raises NestedUnit when this thread has one open already.

        Where the database itself is the trouble: DatabaseAway, DatabaseBusy or DatabaseFull.
        """
        if getattr(self._here, "open", False):
            raise NestedUnit("this thread already has a unit of work open on this store: pass that one down")
        self._here.open = True
        try:
            with named_troubles(), self._transaction() as conn:
                unit = Unit(self, conn)
                yield unit
                for guard in self._guards:
                    guard(unit)
                callbacks = unit.finish()
        finally:
            self._here.open = False
        for callback in (*self._committed, *callbacks):
            try:
                callback()
            except Exception:  # noqa: BLE001 - the work is durable; raising would tell the caller that it is not
                _log.exception("a callback failed after its unit of work was committed")

    @contextmanager
    def read(self) -> Generator[sa.Connection]:
        """One moment of the database, read only."""
        with named_troubles(), self._reader.connect() as conn:
            yield conn

    def before_commit(self, guard: Callable[[Unit], None]) -> Callable[[], None]:
        """Ask `guard` before every commit; what it raises undoes the unit. Returns how to stop asking."""
        self._guards.append(guard)
        return lambda: self._guards.remove(guard)

    def on_commit(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Run `callback` after every unit of this store that is committed. Returns how to stop that."""
        self._committed.append(callback)
        return lambda: self._committed.remove(callback)

    def open_probe(self) -> sa.Engine:
        """A fresh engine on the same database for looking again and again; the caller disposes of it."""
        return open_probe(self.url)

    def close(self) -> None:
        """Close all connections. The store may be used again, with a new connection each time."""
        dispose(self._reader)
        dispose(self.engine)
