"""The verb: one FOCUS data set of the ledger, as one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.closing import Span, charges
from tiebeam.economics.focus.columns import FocusVersion, columns_of
from tiebeam.economics.focus.commitments import commitment_rows, promises
from tiebeam.economics.focus.labour import labour_row
from tiebeam.economics.focus.reading import outcomes_of, review_lines, with_around
from tiebeam.economics.focus.rows import Account, Row, charge_rows
from tiebeam.economics.focus.writing import FocusFormat, write_rows
from tiebeam.economics.tables import usage_daily
from tiebeam.kit import usd_of_nano
from tiebeam.spec import Approval

_PAGE = 1000


class FocusData(StrEnum):
    """Data sets of one shape and the same keys, apart because adding them up would count money twice."""

    CHARGES = "charges"
    LABOUR = "labour"
    COMMITMENTS = "commitments"


@dataclass(slots=True)
class _Sums:
    ledger_nano: int = 0
    charges: int = 0
    billed: dict[str, Decimal] = field(default_factory=dict[str, Decimal])


@dataclass(frozen=True, slots=True)
class FocusExport:
    """What a file holds. `billed` is the sum of its BilledCost by currency; `ledger_usd` that of the charges read."""

    file: Path
    data: FocusData
    version: FocusVersion
    rows: int
    charges: int
    billed: Mapping[str, Decimal]
    ledger_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class FocusQuestion:
    span: Span
    version: FocusVersion = FocusVersion.V1_2
    form: FocusFormat = FocusFormat.CSV
    data: FocusData = FocusData.CHARGES


def export_focus(
    conn: sa.Connection,
    file: Path,
    question: FocusQuestion,
    *,
    account: Account,
    archive: Path,
    approvals: Mapping[str, Approval],
) -> FocusExport:
    """Write one data set; the file appears whole or not at all. Raises AnalyticsMissing for Parquet without its extra.

    Of the charges, Sum(BilledCost) is Sum(ledger) to the nano-dollar.
    """
    sums = _Sums()
    match question.data:
        case FocusData.CHARGES:
            rows = _charge_rows(conn, question.span, account, archive, sums)
        case FocusData.LABOUR:
            rows = _labour_rows(conn, question.span, account)
        case FocusData.COMMITMENTS:
            span = question.span
            found = promises(approvals, since=span.since, until=span.until)
            rows = commitment_rows(found, _spent(conn, span), account)
    written = write_rows(file, _summed(rows, sums), columns_of(question.version), question.form)
    is_charges = question.data is FocusData.CHARGES
    return FocusExport(
        file=file,
        data=question.data,
        version=question.version,
        rows=written,
        charges=sums.charges,
        billed=sums.billed,
        ledger_usd=usd_of_nano(sums.ledger_nano) if is_charges else None,
    )


def _charge_rows(conn: sa.Connection, span: Span, account: Account, archive: Path, sums: _Sums) -> Iterator[Row]:
    for charge, around in with_around(conn, charges(conn, span, archive=archive)):
        sums.charges += 1
        sums.ledger_nano += charge["usd_nano"]
        yield from charge_rows(charge, around, account)


def _labour_rows(conn: sa.Connection, span: Span, account: Account) -> Iterator[Row]:
    page: list[Mapping[str, Any]] = []

    def written() -> Iterator[Row]:
        outcomes = outcomes_of(conn, {line["run_id"] for line in page})
        yield from (labour_row(line, outcomes, account) for line in page)

    for line in review_lines(conn, since=span.since, until=span.until):
        page.append(line)
        if len(page) >= _PAGE:
            yield from written()
            page = []
    yield from written()


def _summed(rows: Iterator[Row], sums: _Sums) -> Iterator[Row]:
    billed: dict[str, Decimal] = sums.billed
    for row in rows:
        currency = row["BillingCurrency"] or ""
        billed[currency] = billed.get(currency, Decimal(0)) + Decimal(row["BilledCost"] or 0)
        yield row


def _spent(conn: sa.Connection, span: Span) -> Mapping[tuple[str, str], int]:
    """What the ledger charged, by provider and month."""
    month = sa.func.substr(usage_daily.c.day, 1, 7)
    statement = (
        sa.select(usage_daily.c.provider, month, sa.func.sum(usage_daily.c.usd_nano))
        .where(usage_daily.c.day.between(span.since.isoformat(), span.until.isoformat()))
        .group_by(usage_daily.c.provider, month)
        .limit(10_000)
    )
    return {(provider, at): int(nano) for provider, at, nano in conn.execute(statement)}
