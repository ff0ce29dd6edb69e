"""What other prices would mean: a drop, another mix."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tiebeam.economics.prices.quote import MTOK
from tiebeam.errors import Invalid

_MOST = Decimal(10) ** 24


@dataclass(frozen=True, slots=True)
class PriceDrop:
    """The token part of a monthly cost at another price; no other part of a cost moves with it."""

    tokens_per_month: Decimal
    usd_per_month_before: Decimal
    usd_per_month_after: Decimal
    saved_usd_per_month: Decimal
    saved_share: Decimal
    ratio: Decimal | None
    """The old price over the new one; None when the new one is 0."""


def price_drop(token_usd_per_month: Decimal, *, from_usd_per_mtok: Decimal, to_usd_per_mtok: Decimal) -> PriceDrop:
    """The same volume at another price. Raises Invalid."""
    _check(token_usd_per_month, "the monthly cost")
    _check(from_usd_per_mtok, "the price before", above_zero=True)
    _check(to_usd_per_mtok, "the price after")
    after = token_usd_per_month * to_usd_per_mtok / from_usd_per_mtok
    return PriceDrop(
        tokens_per_month=token_usd_per_month / from_usd_per_mtok * MTOK,
        usd_per_month_before=token_usd_per_month,
        usd_per_month_after=after,
        saved_usd_per_month=token_usd_per_month - after,
        saved_share=1 - to_usd_per_mtok / from_usd_per_mtok,
        ratio=from_usd_per_mtok / to_usd_per_mtok if to_usd_per_mtok else None,
    )


def blended_usd_per_mtok(
    input_usd_per_mtok: Decimal, output_usd_per_mtok: Decimal, *, input_parts: Decimal, output_parts: Decimal
) -> Decimal:
    """Dollars per million tokens at a ratio of input to output. Raises Invalid, also when both parts are 0."""
    for value, name in (
        (input_usd_per_mtok, "the price of input"),
        (output_usd_per_mtok, "the price of output"),
        (input_parts, "the parts of input"),
        (output_parts, "the parts of output"),
    ):
        _check(value, name)
    parts = input_parts + output_parts
    if parts == 0:
        raise Invalid("the ratio of input to output is 0:0; one of them must be above 0")
    return (input_usd_per_mtok * input_parts + output_usd_per_mtok * output_parts) / parts


def monthly_usd(tokens_per_month: Decimal, *, usd_per_mtok: Decimal) -> Decimal:
    """What a month's tokens cost. Raises Invalid."""
    _check(tokens_per_month, "the volume")
    _check(usd_per_mtok, "the price")
    return tokens_per_month * usd_per_mtok / MTOK


def _check(value: Decimal, name: str, *, above_zero: bool = False) -> None:
    if not value.is_finite() or value < 0 or value > _MOST or (above_zero and value == 0):
        wanted = "above 0" if above_zero else "0 or above"
        raise Invalid(f"{name} is {value}; it must be a finite number {wanted}")
