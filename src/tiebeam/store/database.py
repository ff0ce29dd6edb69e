"""Opening a database: SQLite as one shared file in WAL mode, or PostgreSQL."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError

from tiebeam.errors import Invalid
from tiebeam.store.prepared import say

BUSY_SECONDS = 15
"""How long a writer waits for the file's one write lock before it gives up."""

_IDLE_SECONDS = 1.0
"""After which a connection to PostgreSQL is asked whether it still lives before it is used again."""
_POOL = {"pool_size": 8, "max_overflow": 40, "pool_timeout": 30}


class UnknownDatabase(Invalid):
    """The database URL names a database other than SQLite or PostgreSQL, or a SQLite one without an absolute file."""

    code = "unknown_database"


def normalised(url: str) -> sa.URL:
    """The URL with the driver used here. Raises UnknownDatabase."""
    parsed = sa.make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            if not parsed.database or not Path(parsed.database).is_absolute():
                raise UnknownDatabase(
                    f"SQLite needs an absolute file: got {url!r}, write 'sqlite:////folder/file.sqlite'"
                )
            return parsed.set(drivername="sqlite")
        case "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise UnknownDatabase(f"database {other!r} is not supported: use sqlite:////… or postgresql://…")


def _turn_on_wal(connection: sqlite3.Connection) -> None:
    # The switch needs the file alone and does not wait by itself; later openers find it done.
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _open_sqlite(url: sa.URL, *, begin: str | None, read_only: bool) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS}, **_POOL)

    def prepare(connection: Any, record: Any) -> None:
        # Either we send every BEGIN ourselves, or the driver sends one before each write.
        connection.isolation_level = None if begin else "IMMEDIATE"
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        _turn_on_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        if read_only:
            connection.execute("PRAGMA query_only=ON")

    event.listen(engine, "connect", prepare)
    if begin:

        def start(connection: sa.Connection) -> None:
            say(connection, begin)

        event.listen(engine, "begin", start)
    return engine


def is_busy(problem: BaseException) -> bool:
    """Whether a database that is there could not be written because others were writing to it for too long."""
    cause = getattr(problem, "orig", problem)
    code = getattr(cause, "sqlite_errorcode", 0)
    # The lower byte is the kind of the error, such as SQLITE_BUSY_SNAPSHOT's.
    return isinstance(cause, sqlite3.OperationalError) and code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def open_writer(url: sa.URL) -> sa.Engine:
    """Connections whose transactions hold the write lock from their start (SQLite), so that no unit fails half-way."""
    if url.get_backend_name() == "sqlite":
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
        return _open_sqlite(url, begin="BEGIN IMMEDIATE", read_only=False)
    engine = sa.create_engine(url, connect_args={"application_name": "tiebeam"}, **_POOL)
    _ping_idle(engine)
    return engine


def _ping_idle(engine: sa.Engine) -> None:
    """Ask a connection that lay idle whether it still lives. One that was just used does: asking each time would cost
    every unit of work a round trip.
    """

    def left(connection: Any, record: Any) -> None:
        record.info["left"] = time.monotonic()

    def taken(connection: Any, record: Any, proxy: Any) -> None:
        if time.monotonic() - record.info.get("left", time.monotonic()) < _IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as problem:
            # The pool throws away every connection that is older than this moment, and opens a new one.
            raise InvalidatePoolError from problem

    event.listen(engine, "checkin", left)
    event.listen(engine, "checkout", taken)


def open_reader(url: sa.URL, writer: sa.Engine) -> sa.Engine:
    """Connections that see one moment of the database and cannot write."""
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url, begin="BEGIN", read_only=True)
    return writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def open_probe(url: sa.URL) -> sa.Engine:
    """Connections that look again and again, and take no lock and no transaction for it."""
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url, begin=None, read_only=True)
    return sa.create_engine(url, connect_args={"application_name": "tiebeam-probe"}, pool_size=1, max_overflow=1)


def dispose(engine: sa.Engine) -> None:
    """Close every connection, and one that a thread still uses, or opens later, once that thread gives it back.

    SQLAlchemy forgets those: they would stay open until the garbage collector finds them.
    """

    def close(connection: Any, record: Any) -> None:
        if connection is not None:
            record.invalidate()

    event.listen(engine.pool, "checkin", close)
    engine.dispose()
