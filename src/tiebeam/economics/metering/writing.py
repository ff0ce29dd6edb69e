"""The statements that write charges, their sums and a journal's position, in the caller's unit of work.

They go to the driver as they are: tens of thousands of rows a minute pass here beside an event loop, and what
SQLAlchemy does for each value costs more than the database does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from tiebeam.economics.metering.reader import Position
from tiebeam.economics.metering.rows import COLUMNS, SPENT, SUMMED, Metered, Sums, cleaned, monthly_of, row_of, sums_of
from tiebeam.economics.tables import (
    DAILY,
    MONTHLY,
    usage_charge,
    usage_daily,
    usage_emptied,
    usage_journal,
    usage_monthly,
    usage_price,
    usage_spend,
)
from tiebeam.kit import iso, stored_json
from tiebeam.store import Unit

_PIECE = 500
SLOTS = 4
POISON = (IntegrityError, DataError, ValueError, OverflowError)
"""What a database says about a row that it will never take, whenever it is tried."""


class Overtaken(Exception):
    """The journal's position is not where it was left."""


def add_charges(conn: sa.Connection, charges: Sequence[Metered], *, slot: int) -> Sums:
    """Write rows and sums; returns what was added.

    Raises IntegrityError where a charge is there already; then nothing of the unit may be kept.
    """
    sums = sums_of(charges)
    _rows(conn, [row_of(one) for one in charges])
    # One order everywhere, so that no two processes wait for each other in a circle.
    days = [(*key, slot, *sums.daily[key]) for key in sorted(sums.daily)]
    _many(conn, _adding(usage_daily.name, DAILY, SUMMED), days)
    by_month = monthly_of(sums)
    months = [(*key, slot, *by_month[key]) for key in sorted(by_month)]
    _many(conn, _adding(usage_monthly.name, MONTHLY, SUMMED), months)
    spent = [(*key, slot, *sums.spend[key]) for key in sorted(sums.spend)]
    _many(conn, _adding(usage_spend.name, ("node", "window_start", "slot"), SPENT), spent)
    return sums


def add_new_charges(unit: Unit, charges: Sequence[Metered], *, slot: int) -> tuple[list[Metered], list[Metered]]:
    """Like `add_charges`, but one by one: those that are there already are left alone.

    Returns the new ones, cleaned of what no database takes, and those that this one refuses all the same.
    """
    known = known_ids(unit.conn, [one.attempt.id for one in charges])
    added: list[Metered] = []
    refused: list[Metered] = []
    for one in charges:
        if one.attempt.id in known:
            continue
        plain = cleaned(one)
        try:
            with unit.part():
                add_charges(unit.conn, [plain], slot=slot)
        except IntegrityError:
            continue
        except POISON:
            refused.append(one)
            continue
        known.add(plain.attempt.id)
        added.append(plain)
    return added, refused


def known_ids(conn: sa.Connection, ids: Sequence[str]) -> set[str]:
    """Those of the ids that are charges here."""
    found: set[str] = set()
    for start in range(0, len(ids), _PIECE):
        piece = ids[start : start + _PIECE]
        found.update(conn.execute(sa.select(usage_charge.c.id).where(usage_charge.c.id.in_(piece))).scalars())
    return found


def add_prices(conn: sa.Connection, prices: Mapping[str, str]) -> None:
    """Snapshots by digest; those that are there already are left alone."""
    if prices:
        statement = _insert(usage_price.name, ("digest", "snapshot")) + " ON CONFLICT (digest) DO NOTHING"
        _many(conn, statement, sorted(prices.items()))


def position_of(conn: sa.Connection, journal: str) -> Position | None:
    """How far a journal was written here; None where it never was."""
    wanted = sa.select(usage_journal.c.segment, usage_journal.c.offset).where(usage_journal.c.journal == journal)
    row = conn.execute(wanted).first()
    return None if row is None else Position(row.segment, row.offset)


def move_position(
    unit: Unit, journal: str, start: Position, end: Position, *, slot: int, held: Mapping[str, int]
) -> None:
    """Claim the lines from `start` to `end`. Raises Overtaken where they were claimed already."""
    columns = ("journal", "segment", "offset", "slot", "seen_at")
    first = _insert(usage_journal.name, columns) + " ON CONFLICT (journal) DO NOTHING"
    seen = iso(unit.now)
    _many(unit.conn, first, [(journal, start.segment, start.offset, slot, seen)])
    here = sa.and_(
        usage_journal.c.journal == journal,
        usage_journal.c.segment == start.segment,
        usage_journal.c.offset == start.offset,
    )
    moved = sa.update(usage_journal).where(here)
    done = unit.conn.execute(
        moved.values(segment=end.segment, offset=end.offset, seen_at=unit.now, held=dict(held) or None)
    )
    if done.rowcount != 1:
        raise Overtaken(f"the charge journal {journal!r} was written from {start} by somebody else")


def forget_position(conn: sa.Connection, journal: str) -> None:
    """Drop the position of a journal whose files are gone."""
    conn.execute(sa.delete(usage_journal).where(usage_journal.c.journal == journal))


def read_prices(conn: sa.Connection, digests: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Snapshots by digest, as far as they are known."""
    wanted = sa.select(usage_price.c.digest, usage_price.c.snapshot).where(usage_price.c.digest.in_(sorted(digests)))
    return {row.digest: row.snapshot for row in conn.execute(wanted)}


def add_emptied(conn: sa.Connection, sums: Mapping[tuple[str, str, int], Sequence[int]]) -> None:
    """Add what charges came to that leave the database, by scope, name and window."""
    key = ("scope", "name", "window_start")
    added = ("charges", "requests", "tokens", "usd_nano", "estimated_nano")
    _many(conn, _adding(usage_emptied.name, key, added), [(*place, *sums[place]) for place in sorted(sums)])


def price_text(snapshot: Mapping[str, Any]) -> str:
    """A snapshot as it is stored."""
    return stored_json(snapshot)


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({_names(columns)}) VALUES ({', '.join(['?'] * len(columns))})"


def _adding(table: str, key: Sequence[str], added: Sequence[str]) -> str:
    """Insert a row of sums, or add to the one that is there, in the database's own arithmetic."""
    grown = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in added)
    return f"{_insert(table, (*key, *added))} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {grown}"


def _rows(conn: sa.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    if conn.dialect.name != "postgresql" or not rows:
        _many(conn, _insert(usage_charge.name, COLUMNS), rows)
        return
    statement = f"COPY {usage_charge.name} ({_names(COLUMNS)}) FROM STDIN"
    errors = conn.dialect.loaded_dbapi.Error
    cursor: Any = conn.connection.cursor()
    try:
        # A third of what as many statements cost, here and there.
        with cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except errors as problem:
        raise DBAPIError.instance(statement, None, problem, errors, dialect=conn.dialect) from problem


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _many(conn: sa.Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    if conn.dialect.name == "postgresql":
        statement = statement.replace("?", "%s")
    conn.exec_driver_sql(statement, list(rows))
