"""What the ledger knows of how a workflow really went: days, and minutes and tokens by case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.entries import EntryKind
from tiebeam.economics.reading import Tally, rollup_rows, tally_of
from tiebeam.economics.tables import ledger_entry

MOST_LINES = 200_000
"""Lines read for the spread of minutes and tokens; the newest where there are more."""


@dataclass(frozen=True, slots=True)
class History:
    """A workflow's ledger over UTC days, both ends included; `since` is not before its first line."""

    intent: str
    since: date
    until: date
    tally: Tally
    units_by_day: Mapping[date, int]
    minutes_by_case: tuple[Decimal, ...]
    """Of cases a person looked at."""
    tokens_by_case: tuple[Decimal, ...]
    """Of cases that spent any."""

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1


def read_history(conn: sa.Connection, intent: str, *, since: date, until: date, currency: str) -> History | None:
    """None when the ledger holds nothing of those days. Raises MixedCurrencies, and Invalid on too long a range."""
    rows = rollup_rows(conn, intent=intent, since=since, until=until)
    if not rows:
        return None
    units: dict[date, int] = defaultdict(int)
    for row in rows:
        if row["kind"] == EntryKind.OUTCOME:
            units[date.fromisoformat(row["day"])] += row["entries"]
    return History(
        intent=intent,
        since=min(date.fromisoformat(row["day"]) for row in rows),
        until=until,
        tally=tally_of(rows, currency=currency),
        units_by_day=dict(units),
        minutes_by_case=_by_case(conn, intent, EntryKind.REVIEW_MINUTES, since, until),
        tokens_by_case=_by_case(conn, intent, EntryKind.TOKENS, since, until),
    )


def weeks_of(history: History) -> list[int]:
    """Cases of each whole week, the last one ending on the last day."""
    ends = [history.until - timedelta(days=7 * number) for number in range(history.days // 7)]
    return [sum(history.units_by_day.get(end - timedelta(days=day), 0) for day in range(7)) for end in ends]


def _by_case(conn: sa.Connection, intent: str, kind: EntryKind, since: date, until: date) -> tuple[Decimal, ...]:
    table = ledger_entry.c
    query = (
        sa.select(table.run_id, table.quantity)
        .where(table.intent == intent, table.kind == kind.value)
        .where(table.day >= since.isoformat(), table.day <= until.isoformat())
        .order_by(table.seq.desc())
        .limit(MOST_LINES)
    )
    found: dict[str, Decimal] = defaultdict(Decimal)
    rows: Any = conn.execute(query)
    for run_id, amount in rows:
        found[run_id] += amount
    return tuple(found.values())
