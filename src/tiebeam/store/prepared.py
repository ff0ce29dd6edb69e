"""Statements of the hot path: put together once, then run on the driver's own cursor.

SQLAlchemy spends several times on a statement what the database does. What a run asks in every unit goes this way; the
values keep their column types in both directions, and errors are SQLAlchemy's.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

_MOST_ROWS = 50
"""Rows of one INSERT that answers; more are sent in several."""

_Convert = Callable[[Any], Any]


class NotPreparable(TypeError):
    """The statement needs SQLAlchemy each time: it fills in defaults of its own or has a list of changing length."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement in one dialect's words, for values under fixed names."""

    text: str
    binds: tuple[tuple[str, Any], ...]
    """Name, and the value when none is given."""
    converts: tuple[tuple[int, _Convert], ...]
    """How values become the driver's, by their place in `binds`."""
    by_place: bool
    row: Callable[[Sequence[Any]], Any] | None
    """Makes a row with named fields; None for a statement that answers nothing."""

    def values(self, given: Mapping[str, Any]) -> Any:
        get = given.get
        found = [get(name, default) for name, default in self.binds]
        for place, convert in self.converts:
            found[place] = convert(found[place])
        if self.by_place:
            return found
        return {name: value for (name, _), value in zip(self.binds, found, strict=True)}


class Prepared:
    """`Prepared(sa.insert(table))` and the like; for an INSERT or UPDATE the names of the values are its columns.

    A value that the statement names and the caller does not give is NULL, or what the statement itself says.
    """

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._known: dict[tuple[str, tuple[str, ...], int], _Compiled] = {}

    def all(self, conn: sa.Connection, given: Mapping[str, Any]) -> list[Any]:
        """The rows, with their columns as attributes and `_asdict()`."""
        compiled = self._compiled(conn, given)
        assert compiled.row is not None
        return [compiled.row(values) for values in self._fetch(conn, compiled, given)]

    def first(self, conn: sa.Connection, given: Mapping[str, Any]) -> Any | None:
        found = self.all(conn, given)
        return found[0] if found else None

    def run(self, conn: sa.Connection, given: Mapping[str, Any]) -> int:
        """How many rows it touched."""
        compiled = self._compiled(conn, given)
        cursor = _cursor(conn)
        try:
            values = compiled.values(given)
            _guarded(conn, cursor, compiled.text, values, lambda: cursor.execute(compiled.text, values))
            return int(cursor.rowcount)
        finally:
            cursor.close()

    def run_each(self, conn: sa.Connection, given: Sequence[Mapping[str, Any]]) -> None:
        """Once for each of `given`, which all hold the same names; in one go to the database."""
        if not given:
            return
        if len(given) == 1:
            self.run(conn, given[0])
            return
        compiled = self._compiled(conn, given[0])
        values = [compiled.values(one) for one in given]
        cursor = _cursor(conn)
        try:
            _guarded(conn, cursor, compiled.text, values, lambda: cursor.executemany(compiled.text, values))
        finally:
            cursor.close()

    def answers(self, conn: sa.Connection, given: Sequence[Mapping[str, Any]]) -> list[Any]:
        """An INSERT of several rows that says what it wrote: the rows of its RETURNING, in no order."""
        found: list[Any] = []
        for first in range(0, len(given), _MOST_ROWS):
            part = given[first : first + _MOST_ROWS]
            compiled = self._compiled(conn, part[0], rows=len(part))
            assert compiled.row is not None
            named = {f"{name}__{place}": value for place, one in enumerate(part) for name, value in one.items()}
            found += [compiled.row(values) for values in self._fetch(conn, compiled, named)]
        return found

    def _fetch(self, conn: sa.Connection, compiled: _Compiled, given: Mapping[str, Any]) -> list[Any]:
        cursor = _cursor(conn)
        try:
            values = compiled.values(given)

            def ask() -> list[Any]:
                cursor.execute(compiled.text, values)
                return cursor.fetchall()

            return _guarded(conn, cursor, compiled.text, values, ask)
        finally:
            cursor.close()

    def _compiled(self, conn: sa.Connection, given: Mapping[str, Any], *, rows: int = 0) -> _Compiled:
        key = (conn.dialect.name, tuple(given), rows)
        found = self._known.get(key)
        if found is None:
            statement = self._statement
            if rows:
                columns = statement.table.c
                places = [
                    {name: sa.bindparam(f"{name}__{place}", type_=columns[name].type) for name in given}
                    for place in range(rows)
                ]
                statement = statement.values(places)
            found = self._known[key] = _compile(statement, conn.dialect, names=() if rows else tuple(given))
        return found


def _compile(statement: Any, dialect: sa.Dialect, *, names: tuple[str, ...]) -> _Compiled:
    columns = [name for name in names if name in getattr(getattr(statement, "table", None), "c", ())]
    # For many rows, so that PostgreSQL is not asked for the numbers it gives them.
    compiled = statement.compile(dialect=dialect, column_keys=columns or None, for_executemany=True)
    if compiled.insert_prefetch or compiled.update_prefetch or compiled.post_compile_params:
        raise NotPreparable(f"this statement cannot be prepared: {compiled}")
    order: Sequence[str] = compiled.positiontup if compiled.positional else tuple(compiled.binds)
    bound = [_bound(compiled.binds[name], dialect) for name in order]
    binds = tuple((name, value) for name, (value, _) in zip(order, bound, strict=True))
    converts = tuple((place, convert) for place, (_, convert) in enumerate(bound) if convert is not None)
    shown = getattr(statement, "exported_columns", None)
    row = None if not shown else _row_of(list(shown), dialect)
    return _Compiled(compiled.string, binds, converts, by_place=bool(compiled.positional), row=row)


def _bound(bind: Any, dialect: sa.Dialect) -> tuple[Any, _Convert | None]:
    value = None if bind.required else bind.effective_value
    return value, bind.type.dialect_impl(dialect).bind_processor(dialect)


def _row_of(columns: Sequence[Any], dialect: sa.Dialect) -> Callable[[Sequence[Any]], Any]:
    kind = _row_type([column.key for column in columns])
    read = [
        (place, convert)
        for place, column in enumerate(columns)
        if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
    ]

    def make(values: Sequence[Any]) -> Any:
        if not read:
            return kind._make(values)
        mine = list(values)
        for place, convert in read:
            mine[place] = convert(mine[place])
        return kind._make(mine)

    return make


def _row_type(names: Sequence[str]) -> Any:
    make: Any = namedtuple  # The fields are known here alone, which type checkers do not like.
    return make("PreparedRow", names)


def _cursor(conn: sa.Connection) -> Any:
    if not conn.in_transaction():
        # As with any first statement: a reader sees one moment from here on.
        conn.begin()
    return conn.connection.cursor()


def _guarded(conn: sa.Connection, cursor: Any, text: str, values: Any, work: Callable[[], Any]) -> Any:
    """What the driver raises becomes what SQLAlchemy raises, and a dead connection is thrown away."""
    try:
        return work()
    except Exception as problem:
        conn._handle_dbapi_exception(problem, text, values, cursor, None)  # pyright: ignore[reportPrivateUsage]
        raise


@contextmanager
def savepoint(conn: sa.Connection) -> Generator[None]:
    """A part of the transaction that may fail alone. Within one another the name means the innermost."""
    say(conn, "SAVEPOINT part")
    try:
        yield
    except BaseException:
        # A connection that died has nothing left to go back to, nor has a transaction that the database undid itself.
        if not conn.invalidated and is_open(conn):
            say(conn, "ROLLBACK TO SAVEPOINT part")
            say(conn, "RELEASE SAVEPOINT part")
        raise
    say(conn, "RELEASE SAVEPOINT part")


def is_open(conn: sa.Connection) -> bool:
    """Whether the transaction still stands. On a full disk SQLite undoes all of it, and a commit then does nothing."""
    return conn.dialect.name != "sqlite" or bool(getattr(conn.connection.driver_connection, "in_transaction", False))


def say(conn: sa.Connection, text: str) -> None:
    """A word to the database about transactions, past SQLAlchemy."""
    cursor = conn.connection.cursor()
    try:
        _guarded(conn, cursor, text, (), lambda: cursor.execute(text))
    finally:
        cursor.close()
