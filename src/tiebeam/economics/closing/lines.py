"""The charges of a span of days, wherever they are kept: in the database, or in the file of a closed month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.closing.files import CHARGES_FILE, COLUMNS, days_of, read_charges
from tiebeam.economics.closing.tables import usage_close
from tiebeam.economics.tables import usage_charge
from tiebeam.errors import Invalid

_FETCH = 5000
_MONTHS = 1200
"""A century of them."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days (UTC), both included."""

    since: date
    until: date

    @classmethod
    def of(cls, since: date | None, until: date | None, *, today: date) -> Span:
        """The whole ledger of the last ten years where nothing is said. Raises Invalid."""
        last = until or today
        first = since or date(last.year - 10, 1, 1)
        if first > last:
            raise Invalid(f"from {first} to {last} is no span of days; give the earlier day first")
        return cls(first, last)

    def holds(self, day: str) -> bool:
        return self.since.isoformat() <= day <= self.until.isoformat()


def charges(conn: sa.Connection, span: Span, *, archive: Path) -> Iterator[Mapping[str, Any]]:
    """Every charge of the days, in no order that matters, in bounded memory.

    Charges that left the database are read from the files of their months below `archive`; raises AnalyticsMissing
    where that needs a library that is not there.
    """
    emptied = sa.select(usage_close.c.month).where(usage_close.c.emptied_at.is_not(None)).order_by(usage_close.c.month)
    for month in conn.execute(emptied.limit(_MONTHS)).scalars().all():
        # A month's file may hold late rows of earlier months, never rows of later ones.
        if month >= f"{span.since:%Y-%m}":
            yield from (one for one in read_charges(archive / month / CHARGES_FILE) if span.holds(one["day"]))
    where = usage_charge.c.day.between(span.since.isoformat(), span.until.isoformat())
    gone = emptied_until(conn)
    yield from stored_charges(conn, where if gone is None else sa.and_(where, sa.not_(gone.where())))


def stored_charges(conn: sa.Connection, where: sa.ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    """Those in the database, by day and team, fetched a page at a time."""
    for page in stored_pages(conn, where):
        for row in page:
            yield dict(zip(COLUMNS, row, strict=True))


def stored_pages(conn: sa.Connection, where: sa.ColumnElement[bool]) -> Iterator[Sequence[tuple[Any, ...]]]:
    """The same as pages of tuples in the order of COLUMNS."""
    statement = (
        sa.select(*(usage_charge.c[name] for name in COLUMNS))
        .where(where)
        .order_by(usage_charge.c.day, usage_charge.c.team, usage_charge.c.seq)
        .execution_options(stream_results=True, yield_per=_FETCH)
    )
    yield from conn.execute(statement).partitions()


@dataclass(frozen=True, slots=True)
class Emptied:
    """What lies in files alone: charges of days before `before`, up to the row `last_seq`."""

    before: date
    last_seq: int

    def where(self) -> sa.ColumnElement[bool]:
        table = usage_charge.c
        return sa.and_(table.day < self.before.isoformat(), table.seq <= self.last_seq)


def emptied_until(conn: sa.Connection) -> Emptied | None:
    """None where nothing has left the database."""
    latest = sa.select(usage_close.c.month, usage_close.c.last_seq).where(usage_close.c.emptied_at.is_not(None))
    row = conn.execute(latest.order_by(usage_close.c.month.desc()).limit(1)).first()
    return None if row is None else Emptied(days_of(row.month)[1], row.last_seq)


def closed_months(conn: sa.Connection) -> dict[str, int]:
    """By closed month, such as "2026-10", the last row that went into its file."""
    statement = sa.select(usage_close.c.month, usage_close.c.last_seq).order_by(usage_close.c.month).limit(_MONTHS)
    return {row.month: row.last_seq for row in conn.execute(statement)}
