"""A charge by classes of tokens, each with its price, adding up to the charge to the nano-dollar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import Any

_EXACT_DIGITS = 60
_RATES: Mapping[str, tuple[str, ...]] = {
    "input": ("input_usd_per_mtok",),
    "cached": ("cached_input_usd_per_mtok", "input_usd_per_mtok"),
    "cache_write": ("cache_write_usd_per_mtok", "input_usd_per_mtok"),
    "cache_write_1h": ("cache_write_1h_usd_per_mtok",),
    "output": ("output_usd_per_mtok",),
    "reasoning": ("output_usd_per_mtok",),
}
"""Where a class finds its rate in a price, by the length of the prompt: the first that is stated."""
_OF_SOUND = {"audio_input": "audio_input_usd_per_mtok", "audio_output": "audio_output_usd_per_mtok"}
"""Rates that are the same for prompts of any length."""
_GIVEN = frozenset({"output", "reasoning", "audio_output"})


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a charge. `quantity` counts `unit`; `usd_per_unit` is None where no price explains the amount."""

    what: str
    unit: str
    quantity: int
    usd_per_unit: Decimal | None
    nano: int


def split(tokens: Mapping[str, int], nano: int, price: Mapping[str, Any] | None) -> tuple[Part, ...]:
    """Parts whose `nano` add up to `nano`: one for every class used, and the fee of the call where there is one.

    Where the price is unknown or does not explain the amount (a provider's own figure, an estimate), one part holds
    all of it. Nothing used at no cost has no parts.
    """
    used = {name: count for name, count in tokens.items() if count}
    priced = None if price is None else _priced(used, price)
    if priced is not None:
        with localcontext(prec=_EXACT_DIGITS):
            exact = [quantity * rate * 1_000_000_000 for _, _, quantity, rate in priced]
            if abs(sum(exact) - nano) <= 1:
                shares = apportion(nano, exact)
                return tuple(Part(*line, share) for line, share in zip(priced, shares, strict=True))
    if not used:
        return (Part("amount", "", 0, None, nano),) if nano else ()
    (name, *others) = used
    return (Part("all" if others else name, "Tokens", sum(used.values()), None, nano),)


def apportion(nano: int, exact: Sequence[Decimal]) -> list[int]:
    """Whole shares of `nano`, each as near its exact figure as rounding lets the sum be right (largest remainder)."""
    floors = [int(one.to_integral_value(rounding=ROUND_FLOOR)) for one in exact]
    order = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    missing = nano - sum(floors)
    for place in range(abs(missing)):
        floors[order[place % len(order)]] += 1 if missing > 0 else -1
    return floors


def _priced(used: Mapping[str, int], price: Mapping[str, Any]) -> list[tuple[str, str, int, Decimal]] | None:
    rates = _rates(price, sum(count for name, count in used.items() if name not in _GIVEN))
    found: list[tuple[str, str, int, Decimal]] = []
    for name, count in used.items():
        stated = [price.get(_OF_SOUND[name])] if name in _OF_SOUND else [rates.get(key) for key in _RATES.get(name, ())]
        rate = next((one for one in stated if one is not None), None)
        if rate is None:
            return None
        found.append((name, "Tokens", count, Decimal(str(rate)) / 1_000_000))
    fee = price.get("usd_per_thousand_requests")
    if fee is not None and Decimal(str(fee)):
        found.append(("request", "Requests", 1, Decimal(str(fee)) / 1000))
    return found or None


def _rates(price: Mapping[str, Any], input_tokens: int) -> Mapping[str, Any]:
    """The rates of a call by the length of its prompt."""
    found: Mapping[str, Any] = price
    for tier in price.get("tiers") or ():
        if input_tokens > tier["above_input_tokens"]:
            found = tier
    return found
