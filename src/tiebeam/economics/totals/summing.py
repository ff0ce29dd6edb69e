"""Adding up the rollups: whole months from their own sums, all other days from those by day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.tables import CLASSES, MONTHLY, usage_daily, usage_monthly
from tiebeam.economics.totals.asked import Span, UseFilters
from tiebeam.economics.totals.scope import Scope

MOST_TOTALS = 10_000
_BY_MONTH = frozenset(MONTHLY) - {"month", "slot"}
_OUTPUT = ("output", "reasoning", "audio_output")
_PLAIN = ("requests", "attempts", "usd_nano", "estimated_nano", "retried_nano")
_ADDED = (*_PLAIN, "input_tokens", "cached_input_tokens", "output_tokens")
Sums = dict[str, int]
_Part = tuple[sa.Table, list[sa.ColumnElement[bool]]]


def added_up(
    conn: sa.Connection, column: str | None, *, span: Span, filters: UseFilters, scope: Scope
) -> dict[str, Sums]:
    """By the values of a column, at most one more than 10,000 of each part; without one, everything under no name."""
    found: dict[str, Sums] = {}
    for table, days in _parts(conn, column, span, filters):
        key = sa.literal("") if column is None else table.c[column]
        query = sa.select(key.label("key"), *_sums(table)).where(*days, *_asked(table, filters, scope))
        if column is not None:
            query = query.group_by(key).limit(MOST_TOTALS + 1)
        for row in conn.execute(query).mappings():
            _add(found, row["key"], row)
    return found


def added_by_day(
    conn: sa.Connection, column: str, *, span: Span, filters: UseFilters, scope: Scope
) -> dict[tuple[str, str], Sums]:
    """By day and the values of a column, at most one more than 100,000."""
    table = usage_daily.c
    key = table[column]
    query = sa.select(table.day, key.label("key"), *_sums(usage_daily)).where(
        *span.clause(table.day), *_asked(usage_daily, filters, scope)
    )
    found: dict[tuple[str, str], Sums] = {}
    for row in conn.execute(query.group_by(table.day, key).limit(10 * MOST_TOTALS + 1)).mappings():
        _add(found, (row["day"], row["key"]), row)
    return found


def _parts(conn: sa.Connection, column: str | None, span: Span, filters: UseFilters) -> list[_Part]:
    """Where the days of `span` are read; no day is in two of them."""
    day, month = usage_daily.c.day, usage_monthly.c.month
    asked = {*filters.given, *(() if column is None else (column,))}
    if not asked <= _BY_MONTH:
        return [(usage_daily, span.clause(day))]
    first, last = _whole_months(span, newest=conn.execute(sa.select(sa.func.max(day))).scalar_one())
    if (first and last and first > last) or len(first) > len("9999-12"):
        return [(usage_daily, span.clause(day))]
    parts: list[_Part] = [(usage_monthly, [*([month >= first] if first else []), *([month <= last] if last else [])])]
    if first and span.since is not None and span.since.isoformat() < f"{first}-01":
        parts.append((usage_daily, [day >= span.since.isoformat(), day < f"{first}-01"]))
    if last and span.until is not None and span.until.isoformat()[:7] > last:
        # No day is the thirty-second.
        parts.append((usage_daily, [day > f"{last}-32", day <= span.until.isoformat()]))
    return parts


def _whole_months(span: Span, *, newest: str | None) -> tuple[str, str]:
    """The first and the last month that lie in `span` as a whole; empty text is open.

    A month with nothing after the last day asked for is whole: this month up to today.
    """
    first = last = ""
    if span.since is not None:
        first = _month(span.since, 0 if span.since.day == 1 else 1)
    if span.until is not None:
        ends = span.until == date.max or (span.until + timedelta(days=1)).day == 1
        is_whole = ends or newest is None or newest <= span.until.isoformat()
        last = _month(span.until, 0 if is_whole else -1)
    return first, last


def _month(day: date, later: int) -> str:
    year, number = divmod(day.year * 12 + day.month - 1 + later, 12)
    return f"{year:04d}-{number + 1:02d}"


def _asked(table: sa.Table, filters: UseFilters, scope: Scope) -> list[sa.ColumnElement[bool]]:
    named = [table.c[column] == value for column, value in filters.given.items()]
    return [*named, scope.clause(table.c.team, table.c.workflow)]


def _sums(table: sa.Table) -> list[sa.ColumnElement[Any]]:
    def added(*names: str) -> sa.ColumnElement[Any]:
        terms = [table.c[f"{name}_tokens"] for name in names]
        return sa.func.coalesce(sa.func.sum(sum(terms[1:], start=terms[0])), 0)

    return [
        *(sa.func.coalesce(sa.func.sum(table.c[name]), 0).label(name) for name in _PLAIN),
        added(*(name for name in CLASSES if name not in _OUTPUT)).label("input_tokens"),
        added("cached").label("cached_input_tokens"),
        added(*_OUTPUT).label("output_tokens"),
    ]


def _add(found: dict[Any, Sums], key: Any, row: Any) -> None:
    held = found.setdefault(key, dict.fromkeys(_ADDED, 0))
    for name in _ADDED:
        # PostgreSQL adds whole numbers up to decimals.
        held[name] += int(row[name])
