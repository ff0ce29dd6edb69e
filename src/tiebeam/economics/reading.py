"""Questions to the ledger. Dashboards read the daily rollup and never scan the rows of truth."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.entries import COSTS, EXACT_DIGITS, EntryKind
from tiebeam.economics.tables import ledger_daily, ledger_entry
from tiebeam.errors import Invalid
from tiebeam.kit import usd_of_nano

_MTOK = Decimal(1_000_000)
_LONGEST_RANGE = timedelta(days=3700)
_MOST_LINES = 1000


class MixedCurrencies(Invalid):
    """Amounts of several currencies stand in the ledger; they are never added up."""

    code = "mixed_currencies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a set of ledger lines adds up to. Money in `currency`."""

    currency: str
    units: int = 0
    """Runs that ended."""
    accepted: int = 0
    touchless: int = 0
    """Accepted without a person."""
    exceptions: int = 0
    """Ended, and a person had to handle them."""
    review_minutes: Decimal = Decimal(0)
    tokens: Decimal = Decimal(0)
    token_usd_nano: int = 0
    token_cost: Decimal = Decimal(0)
    review_cost: Decimal = Decimal(0)
    other_cost: Decimal = Decimal(0)
    baseline_cost: Decimal = Decimal(0)
    """What the accepted units would have cost the old way."""
    baseline_minutes: Decimal = Decimal(0)

    # Derived figures are fields, so that whatever shows a tally shows all of it.
    total_cost: Decimal = field(init=False)
    cost_per_accepted: Decimal | None = field(init=False)
    """All cost, rejected and failed units included, over accepted units; None while nothing was accepted."""
    value: Decimal = field(init=False)
    """What the baseline would have cost, less what was spent. Negative when the old way was cheaper."""
    touchless_share: Decimal | None = field(init=False)
    exception_share: Decimal | None = field(init=False)
    usd_per_mtok: Decimal | None = field(init=False)
    """What a million tokens really cost, cache and tiers included; None while none were used."""

    def __post_init__(self) -> None:
        with localcontext(prec=EXACT_DIGITS):
            total = self.token_cost + self.review_cost + self.other_cost
            value = self.baseline_cost - total
        derived = {
            "total_cost": total,
            "cost_per_accepted": total / self.accepted if self.accepted else None,
            "value": value,
            "touchless_share": Decimal(self.touchless) / self.units if self.units else None,
            "exception_share": Decimal(self.exceptions) / self.units if self.units else None,
            "usd_per_mtok": usd_of_nano(self.token_usd_nano) / self.tokens * _MTOK if self.tokens else None,
        }
        for name, figure in derived.items():
            object.__setattr__(self, name, figure)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCost(Tally):
    """One run's cost, and the same by step; the empty step is the run as a whole."""

    run_id: str
    by_step: Mapping[str, Tally]


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyLine(Tally):
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowSummary(Tally):
    """A workflow's figures over days, `until` included."""

    intent: str
    since: date
    until: date
    baseline_source: str | None = None
    """Where the baseline comes from, as the recipe's instrumentation says; None when it was not given."""
    baseline_cost_per_unit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LedgerFilters:
    """Every given part must match. Days are inclusive."""

    intent: str | None = None
    run_id: str | None = None
    team: str | None = None
    kind: EntryKind | None = None
    model: str | None = None
    since: date | None = None
    until: date | None = None
    intents: Collection[str] | None = None
    """Of these intents only; None = of all."""


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Newest first. `before` continues with the next page; None at the end."""

    lines: tuple[Mapping[str, Any], ...]
    before: int | None


def tally_of(rows: Iterable[Mapping[Any, Any]], *, currency: str) -> Tally:
    """Add up rows of the ledger or of its rollup. Raises MixedCurrencies."""
    numbers: dict[str, Any] = {}
    seen = ""

    def add(name: str, value: Any) -> None:
        with localcontext(prec=EXACT_DIGITS):
            numbers[name] = numbers.get(name, 0) + value

    for row in rows:
        if row["currency"] and seen and row["currency"] != seen:
            raise MixedCurrencies(f"the ledger holds {seen!r} and {row['currency']!r}; look at one of them at a time")
        seen = row["currency"] or seen
        kind = EntryKind(row["kind"])
        amount = row["amount"] if row["amount"] is not None else Decimal(0)
        if kind is EntryKind.OUTCOME:
            add("units", row["entries"])
            add("accepted", int(row["quantity"]))
            add("touchless", row["touchless"])
            add("exceptions", row["touched"])
        elif kind is EntryKind.VALUE:
            add("baseline_cost", amount)
            add("baseline_minutes", row["quantity"])
        elif kind is EntryKind.TOKENS:
            add("tokens", row["quantity"])
            add("token_usd_nano", row["usd_nano"] or 0)
            add("token_cost", amount)
        elif kind is EntryKind.REVIEW_MINUTES:
            add("review_minutes", row["quantity"])
            add("review_cost", amount)
        elif kind in COSTS:
            add("other_cost", amount)
    return Tally(currency=seen or currency, **numbers)


def rollup_rows(
    conn: sa.Connection, *, intent: str | None, since: date, until: date, intents: Collection[str] | None = None
) -> list[Mapping[Any, Any]]:
    """The rollup's rows of a bounded range of days, in order; `intents` None = of all."""
    if until - since > _LONGEST_RANGE:
        raise Invalid(f"{since} to {until} is longer than {_LONGEST_RANGE.days} days; choose a shorter range")
    query = sa.select(ledger_daily).where(
        ledger_daily.c.day >= since.isoformat(), ledger_daily.c.day <= until.isoformat()
    )
    if intent is not None:
        query = query.where(ledger_daily.c.intent == intent)
    if intents is not None:
        query = query.where(ledger_daily.c.intent.in_(intents))
    return list(conn.execute(query.order_by(ledger_daily.c.day, ledger_daily.c.intent)).mappings())


def run_rows(conn: sa.Connection, run_id: str) -> list[Mapping[str, Any]]:
    """A run's lines in the form `tally_of` adds up."""
    query = sa.select(ledger_entry).where(ledger_entry.c.run_id == run_id).order_by(ledger_entry.c.seq)
    return [as_rollup(row) for row in conn.execute(query).mappings()]


def as_rollup(row: Mapping[Any, Any]) -> dict[str, Any]:
    """One ledger row as if it were a rollup of itself."""
    is_outcome = row["kind"] == EntryKind.OUTCOME
    touched = bool(row["touched"])
    return {
        **{str(name): value for name, value in row.items()},
        "entries": 1,
        "touched": int(is_outcome and touched),
        "touchless": int(is_outcome and not touched and row["quantity"] == 1),
    }


def select_lines(conn: sa.Connection, filters: LedgerFilters, *, limit: int, before: int | None) -> LedgerPage:
    """At most 1000 lines, newest first."""
    size = max(1, min(limit, _MOST_LINES))
    table = ledger_entry.c
    wanted = {"intent": filters.intent, "run_id": filters.run_id, "team": filters.team, "model": filters.model}
    query = sa.select(ledger_entry).where(
        *(table[name] == value for name, value in wanted.items() if value is not None)
    )
    if filters.kind is not None:
        query = query.where(table.kind == filters.kind.value)
    if filters.since is not None:
        query = query.where(table.day >= filters.since.isoformat())
    if filters.until is not None:
        query = query.where(table.day <= filters.until.isoformat())
    if filters.intents is not None:
        query = query.where(table.intent.in_(filters.intents))
    if before is not None:
        query = query.where(table.seq < before)
    rows = [dict(row) for row in conn.execute(query.order_by(table.seq.desc()).limit(size + 1)).mappings()]
    more = len(rows) > size
    return LedgerPage(lines=tuple(rows[:size]), before=rows[size - 1]["seq"] if more else None)


def as_day(moment: date | datetime) -> date:
    """The UTC day of a moment; a day as it is."""
    return moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment


def figures(tally: Tally) -> dict[str, Any]:
    """The tally's given fields, to build a result that carries them; what is derived follows from them."""
    return {one.name: getattr(tally, one.name) for one in fields(Tally) if one.init}
