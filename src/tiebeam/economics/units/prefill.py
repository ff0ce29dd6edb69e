"""Assumptions from the ledger, where there is history: measured, with their number of cases, period and range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tiebeam.economics.history import History, weeks_of
from tiebeam.economics.units.case import UnitCase, driver_of
from tiebeam.errors import Invalid
from tiebeam.kit import wilson_lower_bound
from tiebeam.spec import Assumption, Shape, UnitEconomics

Z_80 = Decimal("1.2815515655")
"""The normal quantile of 90 %: low and high hold eight of ten."""
FEWEST_CASES = 20
FEWEST_DAYS = 7
_FEWEST_WEEKS = 4
_MONTH = Decimal("30.4375")
_ROUNDED = Decimal("0.000001")
_TOKENS = ("input_tokens_per_unit", "output_tokens_per_unit")


class NoHistory(Invalid):
    """The ledger holds too little of a workflow to say anything."""

    code = "no_history"


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure as the ledger shows it; `low` and `high` hold eight of ten (normal), None where nothing varies."""

    name: str
    value: Decimal
    low: Decimal | None
    high: Decimal | None
    n: int
    source: str


@dataclass(frozen=True, slots=True)
class Prefilled:
    """What could be measured, and why the rest could not."""

    intent: str
    since: date
    until: date
    figures: tuple[Measured, ...]
    left_out: tuple[tuple[str, str], ...]


def prefill(history: History | None, stated: UnitEconomics, *, intent: str) -> Prefilled:
    """Measure what the ledger can tell. Raises NoHistory below 20 cases or 7 days."""
    if history is None or history.tally.units < FEWEST_CASES or history.days < FEWEST_DAYS:
        seen = "nothing" if history is None else f"{history.tally.units} cases over {history.days} days"
        raise NoHistory(
            f"the ledger holds {seen} of {intent!r} in that time; it takes {FEWEST_CASES} cases over "
            f"{FEWEST_DAYS} days to measure anything",
            workflow=intent,
        )
    figures = [*_volume(history), *_shares(history), *_review(history), *_tokens(history, stated)]
    return Prefilled(intent, history.since, history.until, tuple(figures), tuple(_missing(history, stated)))


def from_ledger(case: UnitCase, measured: Prefilled) -> UnitCase:
    """The case with its assumptions replaced by what was measured; every other figure stays as stated."""
    assumptions = {**case.stated.assumptions}
    for one in measured.figures:
        low, high = (one.low, one.high) if one.low != one.high else (None, None)
        assumptions[one.name] = Assumption(
            value=one.value,
            low=low,
            high=high,
            shape=Shape.FIXED if low is None else Shape.NORMAL,
            source=one.source,
            checked=measured.until,
        )
    if "exception_rate" in {one.name for one in measured.figures}:
        # The ledger's touched cases are all of them exceptions here; counting a look as a rule too would count twice.
        assumptions["review_share"] = Assumption(value=Decimal(0), source="Every look is in exception_rate.")
    stated = UnitEconomics.model_validate({**dict(case.stated), "assumptions": assumptions})
    return replace(case, stated=stated)


def _figure(
    history: History, name: str, value: Decimal, spread: Decimal, n: int, *, unit: str, note: str = ""
) -> Measured:
    low, high = (_within(name, value + sign * Z_80 * spread) for sign in (-1, 1))
    return _measured(history, name, value, low, high, n, unit=unit, note=note)


def _measured(
    history: History,
    name: str,
    value: Decimal,
    low: Decimal | None,
    high: Decimal | None,
    n: int,
    *,
    unit: str,
    note: str = "",
) -> Measured:
    source = f"ledger {history.since}..{history.until}, n={n} {unit}{note}"
    rounded = value.quantize(_ROUNDED)
    ends = (None, None) if low is None or high is None else (min(low, rounded), max(high, rounded))
    return Measured(name, rounded, ends[0], ends[1], n, source)


def _within(name: str, value: Decimal) -> Decimal:
    driver = driver_of(name)
    return min(max(value, driver.least), driver.most).quantize(_ROUNDED)


def _volume(history: History) -> Iterator[Measured]:
    """Cases of a month of 30.44 days; its spread is that of the weeks, else that of counting (Poisson)."""
    units, months = history.tally.units, history.days / _MONTH
    weeks = [Decimal(one) for one in weeks_of(history)]
    if len(weeks) >= _FEWEST_WEEKS:
        spread, note = _deviation(weeks) * (_MONTH / 7).sqrt(), f", spread of {len(weeks)} weeks"
    else:
        spread, note = Decimal(units).sqrt() / months, ", spread of counting"
    yield _figure(history, "units_per_month", units / months, spread, units, unit="cases", note=note)


def _shares(history: History) -> Iterator[Measured]:
    """With the Wilson interval of eight in ten."""
    tally = history.tally
    for name, count in (("acceptance_rate", tally.accepted), ("exception_rate", tally.exceptions)):
        low = Decimal(repr(wilson_lower_bound(count, tally.units, z=float(Z_80))))
        high = 1 - Decimal(repr(wilson_lower_bound(tally.units - count, tally.units, z=float(Z_80))))
        if name == "acceptance_rate" and not count:
            continue
        ends = (_within(name, low), _within(name, high))
        yield _measured(history, name, Decimal(count) / tally.units, *ends, tally.units, unit="cases")


def _review(history: History) -> Iterator[Measured]:
    tally, minutes = history.tally, history.minutes_by_case
    if not tally.exceptions or len(minutes) < 2:
        return
    error = _deviation(minutes) / Decimal(len(minutes)).sqrt()
    value = tally.review_minutes / tally.exceptions
    yield _figure(history, "review_minutes_per_exception", value, error, len(minutes), unit="reviewed cases")
    if tally.review_minutes:
        hourly = tally.review_cost / tally.review_minutes * 60
        yield _measured(history, "review_cost_per_hour", hourly, None, None, len(minutes), unit="reviewed cases")


def _tokens(history: History, stated: UnitEconomics) -> Iterator[Measured]:
    """The ledger counts tokens as one; they are split into read and written as the assumptions split them."""
    planned = {name: stated.amount(name) for name in _TOKENS}
    whole = sum(planned.values(), Decimal(0))
    if not history.tokens_by_case or not whole or stated.model is None:
        return
    attempts = stated.amount("attempts_per_unit") or Decimal(1)
    of_case = history.tally.tokens / history.tally.units / attempts
    count = len(history.tokens_by_case)
    error = _deviation(history.tokens_by_case) / Decimal(count).sqrt() / attempts if count > 1 else Decimal(0)
    for name, amount in planned.items():
        if amount:
            part = amount / whole
            note = ", read and written split as stated"
            yield _figure(history, name, of_case * part, error * part, count, unit="cases with tokens", note=note)


def _missing(history: History, stated: UnitEconomics) -> Iterator[tuple[str, str]]:
    tally = history.tally
    if not tally.accepted:
        yield "acceptance_rate", "no case was accepted"
    if not tally.exceptions or len(history.minutes_by_case) < 2:
        yield "review_minutes_per_exception", "fewer than two cases were looked at by a person"
    if not history.tokens_by_case:
        yield "input_tokens_per_unit", "no tokens were spent"
    elif not stated.spends_tokens or stated.model is None:
        yield "input_tokens_per_unit", "tokens were spent, but the assumptions name no model and no split of them"
    yield "rework_rate", "the ledger does not know of work done again"
    yield "integration_cost", "one-off and fixed cost is stated, not measured"


def _deviation(values: Sequence[Decimal]) -> Decimal:
    """Of a sample."""
    mean = sum(values, Decimal(0)) / len(values)
    return (sum(((one - mean) ** 2 for one in values), Decimal(0)) / (len(values) - 1)).sqrt()
