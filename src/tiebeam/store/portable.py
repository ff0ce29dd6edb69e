"""A database's rows as text that the other kind of database takes too: what backups are made of."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tiebeam.errors import Conflict, TiebeamError
from tiebeam.store.migration import VERSION_TABLE, DatabaseTooNew, run, versions

_AT_ONCE = 1000
Row = Sequence[Any]


class NotEmpty(Conflict):
    """There is something where a backup was to be restored."""

    code = "restore_refused"


class RowsRefused(TiebeamError):
    """The database did not take the rows of a backup."""

    code = "restore_failed"
    status = 500


def tables_of(version: str) -> list[sa.Table]:
    """Every table as this version of the schema has it, those that others refer to first. Raises DatabaseTooNew."""
    known = versions()
    if version not in known:
        raise DatabaseTooNew(f"the schema {version!r} is of a later release: update tiebeam, then restore")
    engine = sa.create_engine("sqlite://")
    try:
        with engine.begin() as conn:
            run(conn, known[: known.index(version) + 1])
            found = sa.MetaData()
            found.reflect(conn)
    finally:
        engine.dispose()
    return [table for table in found.sorted_tables if table.name != VERSION_TABLE]


def read_rows(conn: sa.Connection, table: sa.Table) -> Iterator[list[Any]]:
    """Rows in no order, each value as JSON holds it; bytes as an object. Holds a thousand at a time."""
    statement = sa.select(*table.c).execution_options(stream_results=True, yield_per=_AT_ONCE)
    for row in conn.execute(statement):
        yield [_out(value) for value in row]


def write_schema(conn: sa.Connection, version: str) -> None:
    """Make the tables of a version in an empty database. Raises NotEmpty and DatabaseTooNew."""
    names = sa.inspect(conn).get_table_names()
    if names:
        raise NotEmpty(
            f"the database holds {len(names)} tables already ({', '.join(sorted(names)[:3])} …): a backup is restored "
            "into an empty one alone; name another in TIEBEAM_DATABASE_URL"
        )
    known = versions()
    run(conn, known[: known.index(version) + 1])
    for name in sa.inspect(conn).get_table_names():
        if name != VERSION_TABLE:
            # Some versions put rows into the tables they make; the backup has its own.
            conn.exec_driver_sql(f'DELETE FROM "{name}"')
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("PRAGMA defer_foreign_keys=ON")


def write_rows(conn: sa.Connection, table: sa.Table, rows: Iterable[Row]) -> int:
    """Put rows into an empty table; returns how many. Raises RowsRefused, which names the table."""
    try:
        count = _copied(conn, table, rows) if conn.dialect.name == "postgresql" else _inserted(conn, table, rows)
    except (DBAPIError, *_driver_errors(conn)) as problem:
        said = " ".join(str(getattr(problem, "orig", problem)).split())
        raise RowsRefused(
            f"the database did not take the rows of {table.name!r}: {said}", table=table.name
        ) from problem
    if conn.dialect.name == "postgresql":
        _continue_numbers(conn, table)
    return count


def _driver_errors(conn: sa.Connection) -> tuple[type[Exception], ...]:
    if conn.dialect.name != "postgresql":
        return ()
    import psycopg

    # COPY is spoken to the driver itself.
    return (psycopg.Error,)


def _inserted(conn: sa.Connection, table: sa.Table, rows: Iterable[Row]) -> int:
    names = [column.name for column in table.c]
    waiting, count = iter(rows), 0
    while batch := list(islice(waiting, _AT_ONCE)):
        conn.execute(sa.insert(table), [dict(zip(names, map(_in, row), strict=True)) for row in batch])
        count += len(batch)
    return count


def _copied(conn: sa.Connection, table: sa.Table, rows: Iterable[Row]) -> int:
    names = ", ".join(f'"{column.name}"' for column in table.c)
    count = 0
    driver: Any = conn.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copying:
        for row in rows:
            copying.write_row([_in(value) for value in row])
            count += 1
    return count


def _continue_numbers(conn: sa.Connection, table: sa.Table) -> None:
    """Let a column that counts by itself go on behind the rows that were put in."""
    for column in table.primary_key:
        sequence = conn.execute(
            sa.select(sa.func.pg_get_serial_sequence(f'"{table.name}"', column.name))
        ).scalar_one_or_none()
        if sequence is not None:
            last = conn.execute(sa.select(sa.func.max(column))).scalar_one_or_none()
            conn.execute(sa.select(sa.func.setval(sequence, last or 1, last is not None)))


def _out(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _in(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value
