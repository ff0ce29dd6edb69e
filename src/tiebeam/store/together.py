"""Units of several threads committed together: on SQLite a commit waits for the disk, and one wait serves them all.

SQLite has one writer at a time, so threads queue for their turn. One that is through while others queue leaves its
transaction open to the next, which goes on in it behind a savepoint; the last of the queue commits for all of them.
Nobody's unit returns before that commit, so nothing is told that may yet be undone.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from tiebeam.store.prepared import is_open, savepoint

MOST = 16
"""So many units are committed together at most,"""
SECONDS = 0.02
"""and none waits longer than this for others to join; what it takes to commit comes on top."""


@dataclass(slots=True, eq=False)
class _Group:
    """A transaction that is open to the next in the queue."""

    conn: sa.Connection
    begun: float
    members: int = 0
    kept: int = 0
    """How many of its units are to be committed."""
    ended: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


class Together:
    """Takes turns for one writer, and commits what queued up in one go."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._count = threading.Lock()
        self._queued = 0
        self._open: _Group | None = None

    @contextmanager
    def transaction(self) -> Generator[sa.Connection]:
        """A connection whose work is durable once this ends without an error."""
        self._queue()
        group: _Group | None = None
        try:
            group = self._open or self._begin()
            group.members += 1
            yield from self._unit(group)
        except BaseException as problem:
            self._pass_on(group, problem)
            raise
        self._pass_on(group, None)
        while not group.ended.wait(0.05):
            self._end_forsaken(group)
        if group.error is not None:
            raise group.error

    def _queue(self) -> None:
        with self._count:
            self._queued += 1
        try:
            self._turn.acquire()
        finally:
            with self._count:
                self._queued -= 1

    def _begin(self) -> _Group:
        conn = self._engine.connect()
        try:
            conn.begin()
        except BaseException:
            conn.close()
            raise
        group = self._open = _Group(conn, time.monotonic())
        return group

    def _unit(self, group: _Group) -> Generator[sa.Connection]:
        if group.kept == 0:
            # Nobody's work is in it yet: a failure takes nothing of others along.
            yield group.conn
        else:
            with savepoint(group.conn):
                yield group.conn
        group.kept += 1

    def _pass_on(self, group: _Group | None, problem: BaseException | None) -> None:
        """Leave the transaction to the next in the queue, or end it. The turn is held until then.

        A `problem` that made the database undo the whole transaction is that of everybody in it.
        """
        try:
            if group is None:
                return
            with self._count:
                others = self._queued > 0
            failed_alone = group.kept == 0
            if not _stands(group):
                self._open = None
                self._give_up(group, problem or _Undone("the database undid the transaction"))
            elif failed_alone or not others or group.members >= MOST or time.monotonic() - group.begun > SECONDS:
                self._open = None
                self._end(group)
        finally:
            self._turn.release()

    def _end_forsaken(self, group: _Group) -> None:
        """End a group whose next one never came: it was interrupted while it queued."""
        with self._count:
            others = self._queued > 0
        if others or not self._turn.acquire(blocking=False):
            return
        try:
            if self._open is group:
                self._open = None
                self._end(group)
        finally:
            self._turn.release()

    def _end(self, group: _Group) -> None:
        try:
            if group.kept:
                group.conn.commit()
            else:
                group.conn.rollback()
        except BaseException as error:  # noqa: BLE001 - each of its units raises it
            self._give_up(group, error)
            return
        try:
            group.conn.close()
        finally:
            group.ended.set()

    def _give_up(self, group: _Group, error: BaseException) -> None:
        group.error = error
        try:
            # Whatever state the transaction is in now, it must not come back from the pool.
            group.conn.invalidate()
            group.conn.close()
        finally:
            group.ended.set()


class _Undone(sqlite3.OperationalError):
    """SQLite took a transaction back without a word to the unit that was at work."""


def _stands(group: _Group) -> bool:
    return not group.conn.invalidated and is_open(group.conn)
