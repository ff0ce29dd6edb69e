"""Amounts: Decimal in rules, integer nano-dollars for charges in tables."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation

NANO = 1_000_000_000
_AMOUNT = re.compile(r"[+-]?\d+(\.\d+)?")
_MAX_DIGITS = 40


def nano_usd(usd: Decimal, *, hold: bool = False) -> int:
    """Dollars as whole nano-dollars: a charge rounds half-even, a hold rounds up."""
    return int((usd * NANO).to_integral_value(rounding=ROUND_CEILING if hold else ROUND_HALF_EVEN))


def usd_of_nano(nano: int) -> Decimal:
    return Decimal(nano) / NANO


def cents(amount: Decimal, *, places: int = 2) -> Decimal:
    """Half-up to `places` decimals, as invoices round."""
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def decimal_text(value: Decimal) -> str:
    """Plain notation, never an exponent; keeps trailing zeros as given."""
    return format(value, "f")


def parse_amount(text: str) -> Decimal:
    """A plain decimal with a point. Raises ValueError on anything else, including more than 40 digits."""
    cleaned = text.strip()
    if len(cleaned) > _MAX_DIGITS or not _AMOUNT.fullmatch(cleaned):
        raise ValueError(f"not a plain decimal number: {text[:60]!r}")
    try:
        return Decimal(cleaned)
    except InvalidOperation as problem:
        raise ValueError(f"not a number: {text[:60]!r}") from problem
