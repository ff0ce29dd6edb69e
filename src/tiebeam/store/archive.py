"""Rows that leave the database for a file and come back from it: each room says which of its tables belong to runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tiebeam.kit import parse_iso, plain
from tiebeam.store.columns import Amount, Moment
from tiebeam.store.unit import Unit

_AT_ONCE = 400

Rows = dict[str, list[dict[str, Any]]]
"""By table, each row as an object of JSON values."""


@dataclass(frozen=True, slots=True)
class ArchivedTable:
    """A table whose rows belong to runs: `column` holds the run's id, or the id of a row of `of`."""

    table: sa.Table
    column: str
    of: sa.Table | None = None


def rows_of_runs(conn: sa.Connection, tables: Sequence[ArchivedTable], runs: Collection[str]) -> dict[str, Rows]:
    """For each run everything that belongs to it. `tables` come after those they refer to."""
    found: dict[str, Rows] = {run: {} for run in runs}
    owners: dict[str, dict[str, str]] = {}
    for one in tables:
        by_key = {run: run for run in runs} if one.of is None else owners[one.of.name]
        ids = owners[one.table.name] = {}
        for row in _rows(conn, one, list(by_key)):
            run = by_key[row[one.column]]
            found[run].setdefault(one.table.name, []).append(row)
            if "id" in row:
                ids[row["id"]] = run
    return found


def _rows(conn: sa.Connection, one: ArchivedTable, keys: list[str]) -> list[dict[str, Any]]:
    statement = sa.select(one.table).order_by(*one.table.primary_key)
    rows: list[dict[str, Any]] = []
    for at in range(0, len(keys), _AT_ONCE):
        wanted = one.table.c[one.column].in_(keys[at : at + _AT_ONCE])
        rows += [plain(dict(row)) for row in conn.execute(statement.where(wanted)).mappings()]
    return rows


def remove_rows(unit: Unit, tables: Sequence[ArchivedTable], taken: Mapping[str, Rows]) -> int:
    """Delete what `rows_of_runs` gave, those that refer to others first; returns how many rows went."""
    count = 0
    for one in reversed(tables):
        keys = sorted({row[one.column] for rows in taken.values() for row in rows.get(one.table.name, ())})
        for at in range(0, len(keys), _AT_ONCE):
            wanted = one.table.c[one.column].in_(keys[at : at + _AT_ONCE])
            count += unit.conn.execute(sa.delete(one.table).where(wanted)).rowcount
    return count


def put_rows(unit: Unit, tables: Sequence[ArchivedTable], rows: Rows) -> int:
    """Bring rows back as they were; columns that came later have their defaults. Returns how many."""
    count = 0
    for one in tables:
        for row in rows.get(one.table.name, ()):
            values = {name: _value(one.table.c[name], value) for name, value in row.items() if name in one.table.c}
            unit.conn.execute(sa.insert(one.table).values(**values))
            count += 1
    return count


def _value(column: sa.Column[Any], value: Any) -> Any:
    match column.type:
        case Moment() if value is not None:
            return parse_iso(value)
        case Amount() if value is not None:
            return Decimal(value)
        case _:
            return value
