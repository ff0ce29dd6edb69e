"""Sums of model use, read from the daily rollup; single charges are never scanned for them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.metering import CLASSES
from tiebeam.economics.tables import usage_daily
from tiebeam.economics.totals.scope import EVERYTHING, Scope
from tiebeam.errors import Invalid
from tiebeam.kit import usd_of_nano

MOST_TOTALS = 10_000
LONGEST_SPAN = timedelta(days=3_700)
_INPUT = ("input", "cached", "cache_write", "audio_input")


class By(StrEnum):
    """What model use is added up by."""

    TEAM = "team"
    WORKFLOW = "workflow"
    MODEL = "model"
    KEY = "key"
    AGENT = "agent"
    ENVIRONMENT = "environment"
    PROVIDER = "provider"
    UPSTREAM = "upstream"
    SOURCE = "source"
    DAY = "day"

    @property
    def column(self) -> str:
        return "key_id" if self is By.KEY else self.value


@dataclass(frozen=True, slots=True)
class Span:
    """UTC days, both ends included; None is open on that side."""

    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since > self.until:
            raise Invalid(f"from {self.since} to {self.until} is no span of days; give the earlier day first")

    def clause(self, day: sa.ColumnElement[str]) -> list[sa.ColumnElement[bool]]:
        ends: list[sa.ColumnElement[bool]] = []
        if self.since is not None:
            ends.append(day >= self.since.isoformat())
        if self.until is not None:
            ends.append(day <= self.until.isoformat())
        return ends


ALL_DAYS = Span()


@dataclass(frozen=True, slots=True, kw_only=True)
class UseFilters:
    """Every given part must match; each is a column of the daily rollup. Empty text finds what carries no name."""

    team: str | None = None
    workflow: str | None = None
    model: str | None = None
    key: str | None = None
    agent: str | None = None
    environment: str | None = None
    provider: str | None = None
    upstream: str | None = None
    source: str | None = None

    @property
    def given(self) -> dict[str, str]:
        """By column of the rollup and of the charges."""
        found = {By(one.name).column: getattr(self, one.name) for one in fields(UseFilters)}
        return {column: value for column, value in found.items() if value is not None}


NO_FILTERS = UseFilters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What was used and what it cost. `requests` are calls, `attempts` each try at a provider."""

    key: str
    requests: int
    attempts: int
    input_tokens: int
    """Fresh, cached, written to the cache and audio."""
    cached_input_tokens: int
    """Of these read from the provider's cache."""
    output_tokens: int
    """Visible, reasoning and audio."""
    usd_nano: int
    estimated_nano: int
    """Of it charged by an estimate, until it is reconciled."""
    retried_nano: int
    """Of it for attempts that did not end their call."""
    cost_usd: Decimal = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cost_usd", usd_of_nano(self.usd_nano))

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    @property
    def usd_per_million_tokens(self) -> Decimal | None:
        """None while no token was used."""
        return self.cost_usd * 1_000_000 / self.tokens if self.tokens else None

    def form(self) -> dict[str, Any]:
        """As `--json` and the API give it; money as exact text."""
        return {
            "key": self.key,
            "requests": self.requests,
            "attempts": self.attempts,
            "input_tokens": self.input_tokens,
            "cached_input_tokens": self.cached_input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": usd_text(self.usd_nano),
            "estimated_usd": usd_text(self.estimated_nano),
            "retried_usd": usd_text(self.retried_nano),
        }


@dataclass(frozen=True, slots=True)
class DayTotal:
    """One key's total on one day, for courses over time."""

    day: date
    total: Total


def usd_text(nano: int) -> str:
    """Nano-dollars as exact dollars in plain notation, without zeros that say nothing."""
    sign, whole = ("-" if nano < 0 else ""), abs(nano)
    tail = f"{whole % 10**9:09d}".rstrip("0")
    return f"{sign}{whole // 10**9}" + (f".{tail}" if tail else "")


def totals(
    conn: sa.Connection,
    *,
    by: By,
    span: Span = ALL_DAYS,
    filters: UseFilters = NO_FILTERS,
    scope: Scope = EVERYTHING,
) -> list[Total]:
    """Sums by one dimension, the dearest first (days in order); at most 10,000.

    Raises Invalid where there are more: then a filter or a shorter span is needed.
    """
    key = usage_daily.c[by.column]
    sums = _sums()
    query = sa.select(key.label("key"), *sums).where(*_where(span, filters, scope)).group_by(key)
    ordered = query.order_by(key) if by is By.DAY else query.order_by(sa.desc("usd_nano"), key)
    rows = conn.execute(ordered.limit(MOST_TOTALS + 1)).mappings().all()
    if len(rows) > MOST_TOTALS:
        raise Invalid(f"there are more than {MOST_TOTALS:,} by {by.value}; filter, or choose a shorter span")
    return [_total(row) for row in rows]


def grand_total(
    conn: sa.Connection, *, span: Span = ALL_DAYS, filters: UseFilters = NO_FILTERS, scope: Scope = EVERYTHING
) -> Total:
    """Everything together under the empty key; all zeros where nothing was used."""
    row = conn.execute(sa.select(sa.literal("").label("key"), *_sums()).where(*_where(span, filters, scope)))
    return _total(row.mappings().one())


def totals_by_day(
    conn: sa.Connection,
    *,
    by: By,
    span: Span,
    filters: UseFilters = NO_FILTERS,
    scope: Scope = EVERYTHING,
) -> list[DayTotal]:
    """Sums by day and one dimension, in order; days without use are left out. Raises Invalid on too much."""
    key, day = usage_daily.c[by.column], usage_daily.c.day
    query = sa.select(day, key.label("key"), *_sums()).where(*_where(span, filters, scope)).group_by(day, key)
    rows = conn.execute(query.order_by(day, key).limit(10 * MOST_TOTALS + 1)).mappings().all()
    if len(rows) > 10 * MOST_TOTALS:
        raise Invalid(f"more than {10 * MOST_TOTALS:,} days and names; filter, or choose a shorter span")
    return [DayTotal(date.fromisoformat(row["day"]), _total(row)) for row in rows]


def _where(span: Span, filters: UseFilters, scope: Scope) -> list[sa.ColumnElement[bool]]:
    table = usage_daily.c
    return [
        *span.clause(table.day),
        *(table[column] == value for column, value in filters.given.items()),
        scope.clause(table.team, table.workflow),
    ]


def _sums() -> list[sa.ColumnElement[Any]]:
    table = usage_daily.c

    def added(*names: str) -> sa.ColumnElement[Any]:
        terms = [table[f"{name}_tokens"] for name in names]
        return sa.func.coalesce(sa.func.sum(sum(terms[1:], start=terms[0])), 0)

    plain = ("requests", "attempts", "usd_nano", "estimated_nano", "retried_nano")
    return [
        *(sa.func.coalesce(sa.func.sum(table[name]), 0).label(name) for name in plain),
        added(*_INPUT).label("input_tokens"),
        added("cached").label("cached_input_tokens"),
        added(*(name for name in CLASSES if name not in _INPUT)).label("output_tokens"),
    ]


def _total(row: Any) -> Total:
    names = [one.name for one in fields(Total) if one.init and one.name != "key"]
    # PostgreSQL adds whole numbers up to decimals.
    return Total(key=row["key"], **{name: int(row[name]) for name in names})
