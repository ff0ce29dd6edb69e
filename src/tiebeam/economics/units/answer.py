"""The answer a finance lead signs: cost and worth of an accepted outcome, how sure, what moves it, the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Any

from tiebeam.economics.prices import ModelPrice, Prices
from tiebeam.economics.units.case import NO_TOKENS, TokenPrices, UnitCase
from tiebeam.economics.units.model import LINES, PARTS, VALUE_PER_ACCEPTED
from tiebeam.economics.units.simulate import DRAWS, Bar, Simulation, Spread, simulate, tornado
from tiebeam.errors import Invalid
from tiebeam.kit import plain
from tiebeam.spec import Assumption, Shape, UnitEconomics

_MTOK = Decimal(1_000_000)
_SURE = 0.9
_FIXED = ("platform", "integration", "training", "consulting", "quality_gates", "migration")
"""Parts that a month costs whatever its volume."""


class IncompleteEconomics(Invalid):
    """A figure is missing that the answer cannot do without."""

    code = "incomplete_economics"


class Verdict(StrEnum):
    """`viable`: worth it in 90 % of the draws; `uncertain`: at the median only; `loses`: not at the median."""

    VIABLE = "viable"
    UNCERTAIN = "uncertain"
    LOSES = "loses"


@dataclass(frozen=True, slots=True)
class Stated:
    """An assumption as the answer shows it, with where it comes from."""

    name: str
    value: Decimal
    low: Decimal | None
    high: Decimal | None
    shape: Shape
    source: str
    owner: str | None
    checked: date


@dataclass(frozen=True, slots=True)
class UnitAnswer:
    """Money in `currency`. `month` holds every line of the model at the most likely values."""

    workflow: str
    currency: str
    month: Mapping[str, Decimal]
    simulation: Simulation
    tornado: tuple[Bar, ...]
    value_lines: tuple[tuple[str, str, Decimal], ...]
    """(value vector, title, worth of one accepted outcome)."""
    break_even_per_mtok: Decimal | None
    """The price of a million tokens at which an outcome earns nothing (EC-06); None without tokens."""
    break_even_units: int | None
    """Accepted outcomes a month that pay for what a month costs anyway; None when no volume does."""
    payback_months: Decimal | None
    """Until one-off cost has come back; None when it never does."""
    verdict: Verdict
    price_source: str
    assumptions: tuple[Stated, ...]

    @property
    def cost_per_accepted(self) -> Decimal:
        return self.month["cost_per_accepted"]

    @property
    def value_per_accepted(self) -> Decimal:
        return self.month[VALUE_PER_ACCEPTED]

    @property
    def parts(self) -> dict[str, Decimal]:
        """Cost of an accepted outcome by part, at the most likely values."""
        return {line.name: self.month[line.name] / self.month["accepted"] for line in PARTS}

    def form(self) -> dict[str, Any]:
        """What the API, `--json` and the exports give: decimals as text, quantiles rounded to nano-units of money."""
        simulation = self.simulation
        return {
            "workflow": self.workflow,
            "currency": self.currency,
            "verdict": self.verdict.value,
            "cost_per_accepted": _quantiles(simulation.spreads["cost_per_accepted"]),
            "margin_per_accepted": _quantiles(simulation.spreads["margin_per_accepted"]),
            "cost_per_month": _quantiles(simulation.spreads["cost_per_month"]),
            "margin_per_month": _quantiles(simulation.spreads["margin_per_month"]),
            "net_present_value": _quantiles(simulation.spreads["net_present_value"]),
            "parts": {
                line.name: {
                    "about": line.about,
                    "exact": plain(self.parts[line.name]),
                    **_quantiles(simulation.parts[line.name]),
                }
                for line in PARTS
            },
            "value_per_accepted": plain(self.value_per_accepted),
            "value": [
                {"vector": vector, "title": title, "per_accepted": plain(worth)}
                for vector, title, worth in self.value_lines
            ],
            "exact": {line.name: plain(self.month[line.name]) for line in LINES},
            "share_positive": simulation.share_positive,
            "break_even_per_mtok": plain(self.break_even_per_mtok),
            "break_even_units": self.break_even_units,
            "payback_months": plain(self.payback_months),
            "price_source": self.price_source,
            "draws": simulation.draws,
            "seed": simulation.seed,
            "tornado": [{**plain(bar), "swing": plain(bar.swing)} for bar in self.tornado],
            "assumptions": plain(self.assumptions),
        }


def _quantiles(spread: Spread) -> dict[str, float]:
    return {name: round(getattr(spread, name), 9) for name in ("p10", "p50", "p90")}


def case_of(
    workflow: str,
    stated: UnitEconomics,
    prices: Prices,
    *,
    at: datetime | None = None,
    model: str | None = None,
    provider: str | None = None,
) -> UnitCase:
    """The case at the prices of a day. Raises what `Prices.price` raises, or IncompleteEconomics on a missing part.

    `model` and `provider` take the place of the stated ones.
    """
    if model is None and (not stated.spends_tokens or stated.model is None):
        return UnitCase(workflow, prices.currency, stated, NO_TOKENS)
    wanted, seller = (stated.model, provider or stated.provider) if model is None else (model, provider)
    assert wanted is not None
    price = prices.price(wanted, provider=seller, at=at)
    into, out = price.input_usd_per_mtok, price.output_usd_per_mtok
    if into is None or out is None:
        raise IncompleteEconomics(f"{wanted!r} has no price for tokens read or written; add one below prices/")
    cached = into if price.cached_input_usd_per_mtok is None else price.cached_input_usd_per_mtok
    found = (prices.in_currency(usd) for usd in (into, out, cached))
    return UnitCase(workflow, prices.currency, stated, TokenPrices(*found, source=_dated(price)))


def _dated(price: ModelPrice) -> str:
    """The source with the day it is of, where the source does not say so itself."""
    since = "" if price.since is None else f", in force since {price.since}"
    return f"{price.provider} {price.model}, {price.source}{since}"


def assess(case: UnitCase, *, seed: int = 1, draws: int = DRAWS) -> UnitAnswer:
    """Everything about one case. The same seed gives the same answer."""
    month = case.exactly()
    simulation = simulate(case, seed=seed, draws=draws)
    return UnitAnswer(
        workflow=case.workflow,
        currency=case.currency,
        month=month,
        simulation=simulation,
        tornado=tuple(tornado(case)),
        value_lines=tuple(case.value_lines()),
        break_even_per_mtok=_break_even_price(month),
        break_even_units=_break_even_units(month),
        payback_months=month["one_off"] / month["cash_per_month"] if month["cash_per_month"] > 0 else None,
        verdict=_verdict(simulation),
        price_source=case.prices.source,
        assumptions=tuple(_stated(case.stated, name, one) for name, one in case.figures().items()),
    )


def fixed_cost_per_unit(stated: UnitEconomics) -> Decimal:
    """What a month costs whatever its volume, over the month's units, to a millionth."""
    month = UnitCase("", "", stated, NO_TOKENS).exactly()
    share = sum((month[name] for name in _FIXED), Decimal(0)) / month["units"]
    return share.quantize(Decimal("0.000001"))


def _break_even_price(month: Mapping[str, Decimal]) -> Decimal | None:
    tokens = month["tokens_per_accepted"]
    if not tokens:
        return None
    without_tokens = month["cost_per_accepted"] - month["tokens"] / month["accepted"]
    return (month[VALUE_PER_ACCEPTED] - without_tokens) / tokens * _MTOK


def _break_even_units(month: Mapping[str, Decimal]) -> int | None:
    fixed = sum((month[name] for name in _FIXED), Decimal(0))
    contribution = month[VALUE_PER_ACCEPTED] - (month["cost_per_month"] - fixed) / month["accepted"]
    if contribution <= 0:
        return None
    return max(1, int((fixed / contribution).to_integral_value(rounding=ROUND_CEILING)))


def _verdict(simulation: Simulation) -> Verdict:
    if simulation.spreads["margin_per_accepted"].p50 <= 0:
        return Verdict.LOSES
    return Verdict.VIABLE if simulation.share_positive >= _SURE else Verdict.UNCERTAIN


def _stated(stated: UnitEconomics, name: str, one: Assumption) -> Stated:
    return Stated(
        name=name,
        value=one.value,
        low=one.low,
        high=one.high,
        shape=one.shape,
        source=one.source or stated.source,
        owner=one.owner or stated.owner,
        checked=one.checked or stated.checked,
    )
