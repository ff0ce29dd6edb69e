"""Sums of model use, read from the rollups; single charges are never scanned for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.totals.asked import ALL_DAYS, NO_FILTERS, By, Span, UseFilters
from tiebeam.economics.totals.scope import EVERYTHING, Scope
from tiebeam.economics.totals.summing import MOST_TOTALS, added_by_day, added_up
from tiebeam.errors import Invalid
from tiebeam.kit import usd_of_nano


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
    found = added_up(conn, by.column, span=span, filters=filters, scope=scope)
    if len(found) > MOST_TOTALS:
        raise Invalid(f"there are more than {MOST_TOTALS:,} by {by.value}; filter, or choose a shorter span")
    every = [Total(key=key, **sums) for key, sums in found.items()]
    return sorted(every, key=lambda one: (0 if by is By.DAY else -one.usd_nano, one.key))


def grand_total(
    conn: sa.Connection, *, span: Span = ALL_DAYS, filters: UseFilters = NO_FILTERS, scope: Scope = EVERYTHING
) -> Total:
    """Everything together under the empty key; all zeros where nothing was used."""
    return Total(key="", **added_up(conn, None, span=span, filters=filters, scope=scope)[""])


def totals_by_day(
    conn: sa.Connection,
    *,
    by: By,
    span: Span,
    filters: UseFilters = NO_FILTERS,
    scope: Scope = EVERYTHING,
) -> list[DayTotal]:
    """Sums by day and one dimension, in order; days without use are left out. Raises Invalid on too much."""
    found = added_by_day(conn, by.column, span=span, filters=filters, scope=scope)
    if len(found) > 10 * MOST_TOTALS:
        raise Invalid(f"more than {10 * MOST_TOTALS:,} days and names; filter, or choose a shorter span")
    return [DayTotal(date.fromisoformat(day), Total(key=key, **sums)) for (day, key), sums in sorted(found.items())]
