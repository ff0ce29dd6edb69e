"""The charges of a span of days, wherever they are kept: in the database, or in the file of a closed month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.billing.tables import usage_close
from tiebeam.economics.columnar import arrow
from tiebeam.economics.metering import usage_charge
from tiebeam.errors import Invalid

CHARGES_FILE = "charges.parquet"
COLUMNS = tuple(column.name for column in usage_charge.c if column.name != "nodes")
"""What a file of a month holds of every charge: all but the budgets it counted against."""

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
        """Ten years at most; the whole ledger of the last ten where nothing is said. Raises Invalid."""
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
    for month in conn.execute(emptied).scalars().all():
        # A month's file may hold late rows of earlier months, never rows of later ones.
        if month >= f"{span.since:%Y-%m}":
            yield from _archived(archive / month / CHARGES_FILE, span)
    statement = (
        sa.select(*(usage_charge.c[name] for name in COLUMNS))
        .where(usage_charge.c.day.between(span.since.isoformat(), span.until.isoformat()))
        .order_by(usage_charge.c.day, usage_charge.c.team, usage_charge.c.seq)
        .execution_options(stream_results=True, yield_per=_FETCH)
    )
    for part in conn.execute(statement).partitions():
        for row in part:
            yield dict(zip(COLUMNS, row, strict=True))


def closed_months(conn: sa.Connection) -> dict[str, int]:
    """By closed month, such as "2026-10", the last row that went into its file."""
    statement = sa.select(usage_close.c.month, usage_close.c.last_seq).order_by(usage_close.c.month).limit(_MONTHS)
    return {row.month: row.last_seq for row in conn.execute(statement)}


def charge_schema() -> Any:
    """The Arrow types of the columns: whole numbers, truth values, moments, text."""
    pa, _ = arrow()
    kinds = {sa.BigInteger: pa.int64(), sa.Integer: pa.int64(), sa.Boolean: pa.bool_()}
    fields: list[Any] = []
    for name in COLUMNS:
        kind = next(
            (made for given, made in kinds.items() if isinstance(usage_charge.c[name].type, given)), pa.string()
        )
        fields.append((name, pa.timestamp("us", tz="UTC") if name == "at" else kind))
    return pa.schema(fields)


def _archived(file: Path, span: Span) -> Iterator[Mapping[str, Any]]:
    _, pq = arrow()
    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(batch_size=_FETCH):
            for row in batch.to_pylist():
                if span.holds(row["day"]):
                    yield row
