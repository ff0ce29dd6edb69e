"""The database itself is the trouble: away, busy for too long, or without room. What was committed is untouched."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tiebeam.errors import TiebeamError

# The lower byte of SQLite's codes is the kind of the error, such as SQLITE_BUSY_SNAPSHOT's.
_BUSY, _LOCKED, _READONLY, _IOERR, _FULL, _CANTOPEN = 5, 6, 8, 10, 13, 14
_IOERR_FULL = {10 | 3 << 8, 10 | 6 << 8}
"""A short write while SQLite's own files grow, which is how some limits on a file's size show themselves."""
_AWAY = ("08", "57P")
_NO_ROOM = {"53100"}
_CROWDED = ("53", "55P03", "40P01", "40001")


class DatabaseTrouble(TiebeamError, OperationalError):  # pyright: ignore[reportIncompatibleVariableOverride]
    """The database did not do what it was asked. The unit is undone as a whole; trying again later is safe."""

    code = "database_trouble"
    status = 503

    def __init__(self, message: str, problem: BaseException) -> None:
        orig = getattr(problem, "orig", None)
        OperationalError.__init__(self, getattr(problem, "statement", None), None, orig or problem)
        self.message = message
        self.data = {}

    def __str__(self) -> str:
        return self.message


class DatabaseAway(DatabaseTrouble):
    """The database cannot be reached, or ended the connection."""

    code = "database_away"


class DatabaseBusy(DatabaseTrouble):
    """Others write to the database, and went on for longer than one may wait."""

    code = "database_busy"


class DatabaseFull(DatabaseTrouble):
    """The disk, or what the database may use of it, is full."""

    code = "database_full"
    status = 507


@contextmanager
def named_troubles() -> Generator[None]:
    """Give the database's own troubles their names; other errors of the driver pass as they are."""
    try:
        yield
    except DatabaseTrouble:
        raise
    except (DBAPIError, PoolTimeout) as problem:
        named = trouble_of(problem)
        if named is None:
            raise
        raise named from problem


def trouble_of(problem: BaseException) -> DatabaseTrouble | None:
    """The trouble that an error of the driver stands for; None when it is about what was asked."""
    if isinstance(problem, DatabaseTrouble):
        return problem
    if isinstance(problem, PoolTimeout):
        return DatabaseBusy("every connection to the database is in use: try again", problem)
    if not isinstance(problem, StatementError) or problem.orig is None:
        return None
    code = getattr(problem.orig, "sqlite_errorcode", None)
    if code is not None:
        return _of_sqlite(code, problem)
    return _of_postgres(getattr(problem.orig, "sqlstate", None), problem)


def _of_sqlite(code: int, problem: StatementError) -> DatabaseTrouble | None:
    kind = code & 0xFF
    if kind in (_BUSY, _LOCKED):
        return DatabaseBusy("the database file is busy with other writers for too long: try again", problem)
    if kind == _FULL or code in _IOERR_FULL:
        return DatabaseFull("the disk of the database file is full: make room and go on, nothing is lost", problem)
    if kind in (_IOERR, _CANTOPEN, _READONLY):
        text = f"the database file cannot be used ({problem.orig}): check its disk and its rights"
        return DatabaseAway(text, problem)
    return None


def _of_postgres(state: str | None, problem: StatementError) -> DatabaseTrouble | None:
    if state in _NO_ROOM:
        return DatabaseFull("the disk of the database is full: make room and go on, nothing is lost", problem)
    if state is not None and state.startswith(_CROWDED):
        return DatabaseBusy(f"the database is too busy ({state}): try again", problem)
    lost = isinstance(problem, DBAPIError) and problem.connection_invalidated
    if (state is None and isinstance(problem, OperationalError)) or lost or (state or "").startswith(_AWAY):
        return DatabaseAway("the database cannot be reached: it is tried again when it is back", problem)
    return None
