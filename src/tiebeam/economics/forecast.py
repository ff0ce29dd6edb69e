"""Unit economics before anything runs: what one accepted outcome is expected to cost, and whether that pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from tiebeam.economics.prices import Prices
from tiebeam.errors import Invalid
from tiebeam.spec import UnitEconomics

_HOUR = Decimal(60)
_MTOK = Decimal(1_000_000)

NOT_MODELLED = ("model migration", "quality-gate upkeep", "repeated consulting")
"""Parts of the full unit cost that this first form leaves out; they are named rather than shown as zero."""


class IncompleteEconomics(Invalid):
    """A figure is missing that the forecast cannot do without."""

    code = "incomplete_economics"


@dataclass(frozen=True, slots=True)
class UnitForecast:
    """Per accepted outcome, in the workspace's currency. `parts` adds up to `cost_per_accepted`."""

    currency: str
    cost_per_accepted: Decimal
    value: Decimal
    margin: Decimal
    break_even_units: int | None
    """Accepted outcomes a month that pay for themselves; None when no volume does."""
    viable: bool
    parts: Mapping[str, Decimal]
    """tokens, review, integration, training."""
    not_modelled: tuple[str, ...]
    break_even_per_mtok: Decimal | None
    """The highest price of a million tokens at which an outcome still pays; None without tokens."""
    price_source: str | None
    """Where the token price comes from; None without tokens."""


def fixed_cost_per_unit(given: UnitEconomics) -> Decimal:
    """Integration and training spread over the amortisation period and its units, to a millionth."""
    share = (given.integration_cost + given.training_cost) / given.amortisation_months / given.units_per_month
    return share.quantize(Decimal("0.000001"))


def forecast(unit_economics: UnitEconomics, prices: Prices, *, at: datetime | None = None) -> UnitForecast:
    """The forecast from declared assumptions. Raises IncompleteEconomics, or what `Prices.price` raises.

    Tokens are priced at three parts input to one part output. Fixed cost is spread over the amortisation period and the
    month's units: cost = tokens + exception rate x minutes of review + (integration + training) / months / units.
    """
    given = unit_economics
    tokens, source = _token_cost(given, prices, at)
    review = given.exception_rate * given.review_minutes_per_exception / _HOUR * given.review_cost_per_hour
    months, units = Decimal(given.amortisation_months), Decimal(given.units_per_month)
    parts = {
        "tokens": tokens,
        "review": review,
        "integration": given.integration_cost / months / units,
        "training": given.training_cost / months / units,
    }
    cost = sum(parts.values(), Decimal(0))
    value = given.value_per_accepted_unit
    fixed_a_month = (given.integration_cost + given.training_cost) / months
    per_token = Decimal(given.tokens_per_unit)
    return UnitForecast(
        currency=prices.currency,
        cost_per_accepted=cost,
        value=value,
        margin=value - cost,
        break_even_units=_break_even(fixed_a_month, contribution=value - tokens - review),
        viable=value > cost,
        parts=parts,
        not_modelled=NOT_MODELLED,
        break_even_per_mtok=(value - (cost - tokens)) / per_token * _MTOK if per_token else None,
        price_source=source,
    )


def _token_cost(given: UnitEconomics, prices: Prices, at: datetime | None) -> tuple[Decimal, str | None]:
    if given.tokens_per_unit == 0:
        return Decimal(0), None
    if given.model is None:
        raise IncompleteEconomics(
            f"the unit economics spend {given.tokens_per_unit} tokens a unit without saying of which model; set `model`"
        )
    price = prices.price(given.model, at=at)
    usd = Decimal(given.tokens_per_unit) * price.blended() / _MTOK
    return prices.in_currency(usd), price.source


def _break_even(fixed_a_month: Decimal, *, contribution: Decimal) -> int | None:
    if contribution <= 0:
        return None
    return max(1, int((fixed_a_month / contribution).to_integral_value(rounding=ROUND_CEILING)))
