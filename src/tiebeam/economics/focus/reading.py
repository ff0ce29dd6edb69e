"""What rows of a data set say besides the charges: prices, outcomes of runs, and closed months."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.closing import closed_months
from tiebeam.economics.entries import EntryKind
from tiebeam.economics.focus.rows import Around
from tiebeam.economics.tables import ledger_entry, usage_price

_AT_ONCE = 400
_PAGE = 2000
_REVIEW: tuple[str, ...] = (
    "seq",
    "key",
    "at",
    "intent",
    "recipe",
    "team",
    "run_id",
    "step_id",
    "quantity",
    "amount",
    "currency",
)


def with_around(
    conn: sa.Connection, charges: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], Around]]:
    """Each charge with what its rows say besides, looked up for a page of them at once."""
    prices: dict[str, Mapping[str, Any]] = {}
    closed = closed_months(conn)
    for page in _pages(charges):
        unknown = {one["price"] for one in page if one["price"]} - prices.keys()
        prices.update(_prices(conn, unknown))
        outcomes = _outcomes(conn, {one["execution"] for one in page if one["execution"]})
        around = Around(prices=prices, outcomes=outcomes, closed=closed)
        for charge in page:
            yield charge, around


def review_lines(conn: sa.Connection, *, since: date, until: date) -> Iterator[Mapping[str, Any]]:
    """Minutes of review as they were recorded, in the order of the ledger; both days included."""
    after = 0
    while True:
        statement = (
            sa.select(*(ledger_entry.c[name] for name in _REVIEW))
            .where(
                ledger_entry.c.kind == EntryKind.REVIEW_MINUTES.value,
                ledger_entry.c.day.between(since.isoformat(), until.isoformat()),
                ledger_entry.c.seq > after,
            )
            .order_by(ledger_entry.c.seq)
            .limit(_PAGE)
        )
        rows = [dict(zip(_REVIEW, row, strict=True)) for row in conn.execute(statement)]
        if not rows:
            return
        yield from rows
        after = rows[-1]["seq"]


def outcomes_of(conn: sa.Connection, runs: Collection[str]) -> Mapping[str, tuple[str, str]]:
    """By run: the key of its outcome in the ledger, and "accepted" or "other"."""
    return _outcomes(conn, runs)


def _pages(charges: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    page: list[Mapping[str, Any]] = []
    for charge in charges:
        page.append(charge)
        if len(page) >= _PAGE:
            yield page
            page = []
    if page:
        yield page


def _chunks(names: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(names)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def _prices(conn: sa.Connection, digests: Collection[str]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for some in _chunks(digests):
        statement = sa.select(usage_price.c.digest, usage_price.c.snapshot).where(usage_price.c.digest.in_(some))
        found.update((digest, snapshot) for digest, snapshot in conn.execute(statement))
    return found


def _outcomes(conn: sa.Connection, runs: Collection[str]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for some in _chunks(runs):
        statement = (
            sa.select(ledger_entry.c.run_id, ledger_entry.c.key, ledger_entry.c.quantity)
            .where(ledger_entry.c.run_id.in_(some), ledger_entry.c.kind == EntryKind.OUTCOME.value)
            .order_by(ledger_entry.c.seq)
        )
        for run, key, quantity in conn.execute(statement):
            found[run] = (key, "accepted" if quantity else "other")
    return found
