"""A price turned into whole numbers once, so that charging a call is a handful of multiplications."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tiebeam.economics.metering.charges import Usage
from tiebeam.economics.prices import ModelPrice, UnknownPricePart
from tiebeam.economics.prices import Rates as StatedRates

_MOST_TOKENS = 10**12
"""More tokens than any call has: a provider that states them states nonsense."""


@dataclass(frozen=True, slots=True)
class Band:
    """What one token costs, in parts of a nano-dollar, where the prompt is longer than `above`. None = not offered."""

    above: int
    input: int | None
    cached: int | None
    cache_write: int | None
    output: int | None
    cache_write_1h: int | None


@dataclass(frozen=True, slots=True)
class Charged:
    """Nano-dollars of one attempt; estimated where the provider or the price left something open."""

    nano: int
    estimated: bool


class Rates:
    """One price, compiled. `cost_nano` is `Prices.cost` to the nano-dollar, and `worst_nano` never less than it."""

    __slots__ = (
        "_bands",
        "_base",
        "_fee",
        "_heard",
        "_scale",
        "_spoken",
        "digest",
        "is_conservative",
        "price",
        "snapshot",
    )

    def __init__(self, price: ModelPrice, *, is_conservative: bool = False) -> None:
        self.price = price
        self.is_conservative = is_conservative
        """Whether this is what the workspace charges while no real price is known."""
        self.snapshot: dict[str, Any] = price.snapshot()
        self.digest: str = self.snapshot["digest"]
        stated = [(0, price.rates(0)), *price.tiers]
        sound = (price.audio_input_usd_per_mtok, price.audio_output_usd_per_mtok)
        known = [value for _, rates in stated for value in (*_values(rates), *sound) if value is not None]
        self._scale = 10 ** max((_finer_than_nano(value * 1000) for value in known), default=0)
        fee = price.usd_per_thousand_requests or Decimal(0)
        self._scale = max(self._scale, 10 ** _finer_than_nano(fee * 1_000_000))
        self._fee = _whole(fee, 1_000_000 * self._scale)
        self._heard, self._spoken = (self._rate(value) for value in sound)
        self._base, *self._bands = [self._band(above, rates) for above, rates in stated]

    def cost_nano(self, usage: Usage) -> int:
        """What the tokens cost, rounded half-even. Raises UnknownPricePart where a kind that was used has no price."""
        prompt = usage.all_input
        band = self._base
        for one in self._bands:
            if prompt > one.above:
                band = one
        total = self._fee
        if usage.input:
            total += usage.input * self._known(band.input, "input")
        if usage.cached:
            total += usage.cached * self._known(band.cached, "cached input")
        if usage.cache_write:
            total += usage.cache_write * self._known(band.cache_write, "cache write")
        if usage.cache_write_1h:
            total += usage.cache_write_1h * self._known(band.cache_write_1h, "cache write of an hour")
        answered = usage.output + usage.reasoning
        if answered:
            total += answered * self._known(band.output, "output")
        if usage.audio_input:
            total += usage.audio_input * self._known(self._heard, "audio input")
        if usage.audio_output:
            total += usage.audio_output * self._known(self._spoken, "audio output")
        return _half_even(total, self._scale)

    def charge(self, usage: Usage | None, *, worst: int) -> Charged:
        """What to charge for an attempt that was held at `worst`. Never raises, and never makes the unknown free.

        Usage that was not stated, is impossible, or has no price is charged at worst and marked as an estimate.
        """
        if usage is None or not _is_possible(usage):
            return Charged(worst, estimated=True)
        try:
            return Charged(self.cost_nano(usage), estimated=self.is_conservative)
        except UnknownPricePart:
            return Charged(worst, estimated=True)

    def worst_nano(
        self, input_bound: int, output_bound: int, *, audio: bool = False, keeps_an_hour: bool = False
    ) -> int:
        """The most a call with so many tokens can cost, rounded up. Raises UnknownPricePart where that is not known.

        Every input token may be read from the provider's cache, written to it or neither, and the prompt may be as
        short as it likes: whichever of those costs most is assumed. With `audio`, any token may be of sound; with
        `keeps_an_hour`, any may be written to the cache for an hour, at twice the input where that has no price.
        """
        if audio and self._heard is None and self._spoken is None:
            raise self._unknown("audio")
        heard, spoken = (self._heard or 0, self._spoken or 0) if audio else (0, 0)
        reached = [self._base, *(one for one in self._bands if one.above < input_bound)]
        worst = max(self._most(band, input_bound, output_bound, heard, spoken, keeps_an_hour) for band in reached)
        return -(-(self._fee + worst) // self._scale)

    def _most(
        self, band: Band, input_bound: int, output_bound: int, heard: int, spoken: int, keeps_an_hour: bool
    ) -> int:
        total = 0
        if input_bound:
            fresh = self._known(band.input, "input")
            kept = (2 * fresh if band.cache_write_1h is None else band.cache_write_1h) if keeps_an_hour else 0
            total += input_bound * max(fresh, band.cached or 0, band.cache_write or 0, kept, heard)
        if output_bound:
            total += output_bound * max(self._known(band.output, "output"), spoken)
        return total

    def _band(self, above: int, rates: StatedRates) -> Band:
        fresh, output, cached, written, kept = (self._rate(value) for value in _values(rates))
        # Without a price of its own, a cached or written token costs what any input token costs.
        return Band(
            above=above,
            input=fresh,
            cached=fresh if cached is None else cached,
            cache_write=fresh if written is None else written,
            output=output,
            cache_write_1h=kept,
        )

    def _rate(self, usd_per_mtok: Decimal | None) -> int | None:
        return None if usd_per_mtok is None else _whole(usd_per_mtok, 1000 * self._scale)

    def _known(self, rate: int | None, kind: str) -> int:
        if rate is None:
            raise self._unknown(kind)
        return rate

    def _unknown(self, kind: str) -> UnknownPricePart:
        return UnknownPricePart(
            f"{self.price.model!r} has no price for {kind} tokens; add one below prices/ with its source"
        )


def _values(rates: StatedRates) -> Iterable[Decimal | None]:
    return (
        rates.input_usd_per_mtok,
        rates.output_usd_per_mtok,
        rates.cached_input_usd_per_mtok,
        rates.cache_write_usd_per_mtok,
        rates.cache_write_1h_usd_per_mtok,
    )


def _finer_than_nano(nano: Decimal) -> int:
    """How many decimals of a nano-dollar an amount has."""
    exponent = nano.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _whole(value: Decimal, factor: int) -> int:
    return int(Fraction(value) * factor)


def _half_even(total: int, scale: int) -> int:
    if scale == 1:
        return total
    whole, rest = divmod(total, scale)
    twice = rest * 2
    return whole + 1 if twice > scale or (twice == scale and whole & 1) else whole


def _is_possible(usage: Usage) -> bool:
    counts = (
        usage.input,
        usage.cached,
        usage.cache_write,
        usage.output,
        usage.reasoning,
        usage.audio_input,
        usage.audio_output,
        usage.cache_write_1h,
    )
    return min(counts) >= 0 and max(counts) <= _MOST_TOKENS
