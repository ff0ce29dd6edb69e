"""A price as it holds on a day, and what a call costs by it. All arithmetic is exact."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from tiebeam.economics.prices.problems import UnknownPricePart
from tiebeam.errors import Invalid
from tiebeam.kit import digest_of
from tiebeam.spec import ListedPrice, PricePoint, PromptTier, ServiceTier

MTOK = Decimal(1_000_000)
_EXACT_DIGITS = 60
_MOST_TOKENS = 10**18
_HOUR = Decimal(2) / Decimal("1.25")
"""What an hour in Anthropic's cache costs over five minutes."""


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one call. `cached_input`, `cache_write` and `cache_write_1h` are the parts of `input` that were read
    from the provider's cache, written to it, and written to it for an hour."""

    model: str
    input: int
    output: int
    cached_input: int = 0
    provider: str | None = None
    cache_write: int = 0
    service: ServiceTier = ServiceTier.STANDARD
    region: str | None = None
    audio_input: int = 0
    audio_output: int = 0
    """Sound, beside `input` and `output` and in neither."""
    cache_write_1h: int = 0


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars per million tokens. None = not stated."""

    input_usd_per_mtok: Decimal | None
    output_usd_per_mtok: Decimal | None
    cached_input_usd_per_mtok: Decimal | None
    cache_write_usd_per_mtok: Decimal | None
    cache_write_1h_usd_per_mtok: Decimal | None = None

    @classmethod
    def stated(cls, source: PricePoint | ListedPrice | PromptTier) -> Rates:
        return cls(*(getattr(source, name) for name in cls.__slots__))

    def over(self, shorter: Rates) -> Rates:
        """These rates, and the shorter prompt's where one is not stated."""
        found = Rates(*(_first(getattr(self, name), getattr(shorter, name)) for name in Rates.__slots__))
        if self.cache_write_1h_usd_per_mtok is None and (
            found.input_usd_per_mtok != shorter.input_usd_per_mtok
            or found.cache_write_usd_per_mtok != shorter.cache_write_usd_per_mtok
        ):
            # It goes with them, and what it cost of a shorter prompt would be too little.
            return replace(found, cache_write_1h_usd_per_mtok=None)
        return found


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """US dollars per million tokens, with where and when the figure comes from. None = not offered."""

    provider: str
    model: str
    input_usd_per_mtok: Decimal | None
    output_usd_per_mtok: Decimal | None
    cached_input_usd_per_mtok: Decimal | None
    source: str
    since: date | None = None
    """None where the public list does not date the price."""
    cache_write_usd_per_mtok: Decimal | None = None
    checked: date | None = None
    """When the workspace's own price was compared with its source; None for the public list, whose version is named."""
    service: ServiceTier = ServiceTier.STANDARD
    region: str | None = None
    usd_per_thousand_requests: Decimal | None = None
    """What a call costs besides its tokens; None for nothing."""
    audio_input_usd_per_mtok: Decimal | None = None
    audio_output_usd_per_mtok: Decimal | None = None
    tiers: tuple[tuple[int, Rates], ...] = ()
    """Rates of calls whose prompt is longer than so many tokens, the shortest first."""
    cache_write_1h_usd_per_mtok: Decimal | None = None

    @property
    def has_tiers(self) -> bool:
        """True when long prompts cost more; the figures are then those of short ones."""
        return bool(self.tiers)

    def rates(self, input_tokens: int) -> Rates:
        """The rates of a call by the length of its prompt."""
        found = Rates(*(getattr(self, name) for name in Rates.__slots__))
        for above, rates in self.tiers:
            if input_tokens > above:
                found = rates
        return found

    def tier_of(self, input_tokens: int) -> int | None:
        """The length above which the rates of such a call hold; None for the base."""
        return max((above for above, _ in self.tiers if input_tokens > above), default=None)

    def blended(self, *, input_share: Decimal = Decimal("0.75")) -> Decimal:
        """Dollars per million tokens at a mix of input and output (3:1 unless told).

        Raises UnknownPricePart on a gap, and Invalid when the share is none.
        """
        if not (input_share.is_finite() and 0 <= input_share <= 1):
            raise Invalid(f"{input_share} is no share of input tokens; give a number from 0 to 1")
        total = Decimal(0)
        if input_share:
            total += _known(self.input_usd_per_mtok, self.model, "input") * input_share
        if input_share != 1:
            total += _known(self.output_usd_per_mtok, self.model, "output") * (1 - input_share)
        return total

    def snapshot(self) -> dict[str, Any]:
        """What a ledger line stores, with the digest that proves it."""
        plain: dict[str, Any] = {name: getattr(self, name) for name in ModelPrice.__slots__ if name != "tiers"}
        plain["tiers"] = [
            {"above_input_tokens": above, **{name: getattr(rates, name) for name in Rates.__slots__}}
            for above, rates in self.tiers
        ]
        return {**plain, "digest": digest_of(plain)}


def with_an_hour(price: ModelPrice) -> ModelPrice:
    """The price with what it costs to keep input in the cache for an hour, where that is a model of Anthropic's.

    What is not stated is reckoned by the ratio Anthropic documents, 2 to 1.25, and is never less than twice the input;
    the source says so.
    """
    if price.provider != "anthropic" and "claude" not in price.model.lower():
        return price
    base = price.rates(0)
    hour = _hour_of(base)
    tiers = tuple((above, replace(rates, cache_write_1h_usd_per_mtok=_hour_of(rates))) for above, rates in price.tiers)
    if hour == base.cache_write_1h_usd_per_mtok and tiers == price.tiers:
        return price
    said = f"{price.source}; an hour in the cache by Anthropic's ratio of 2 to 1.25"
    return replace(price, cache_write_1h_usd_per_mtok=hour, tiers=tiers, source=said)


def _hour_of(rates: Rates) -> Decimal | None:
    if rates.cache_write_1h_usd_per_mtok is not None:
        return rates.cache_write_1h_usd_per_mtok
    with localcontext(prec=_EXACT_DIGITS):
        known = (
            None if rates.cache_write_usd_per_mtok is None else rates.cache_write_usd_per_mtok * _HOUR,
            None if rates.input_usd_per_mtok is None else rates.input_usd_per_mtok * 2,
        )
        return max((one for one in known if one is not None), default=None)


@dataclass(frozen=True, slots=True)
class PricePart:
    """One kind of token of a call: how many, at which rate, what they cost. The fee of a call itself has no rate."""

    part: str
    tokens: int
    usd_per_mtok: Decimal | None
    usd: Decimal


@dataclass(frozen=True, slots=True)
class TokenCost:
    usd: Decimal
    usd_nano: int
    price: ModelPrice
    parts: tuple[PricePart, ...] = ()
    """They add up to `usd`."""


def parts_of(usage: TokenUsage, price: ModelPrice) -> tuple[PricePart, ...]:
    """What each kind of token costs. Raises UnknownPricePart, and Invalid for impossible usage."""
    sound = (usage.audio_input, usage.audio_output)
    of_input = (usage.cached_input, usage.cache_write, usage.cache_write_1h)
    counts = (usage.input, usage.output, *of_input, *sound)
    if min(counts) < 0 or sum(of_input) > usage.input or max(counts) > _MOST_TOKENS:
        raise Invalid(f"the usage of {usage.model!r} is impossible: {usage}")
    # A provider counts what was heard as part of the prompt.
    rates = price.rates(usage.input + usage.audio_input)
    fresh = usage.input - sum(of_input)
    # Without a price of its own, a cached or written token costs what any input token costs.
    wanted = (
        ("input", fresh, rates.input_usd_per_mtok),
        ("cached_input", usage.cached_input, _first(rates.cached_input_usd_per_mtok, rates.input_usd_per_mtok)),
        ("cache_write", usage.cache_write, _first(rates.cache_write_usd_per_mtok, rates.input_usd_per_mtok)),
        ("cache_write_1h", usage.cache_write_1h, rates.cache_write_1h_usd_per_mtok),
        ("output", usage.output, rates.output_usd_per_mtok),
        # Sound costs many times what text does: without a price of its own it has none.
        ("audio_input", usage.audio_input, price.audio_input_usd_per_mtok),
        ("audio_output", usage.audio_output, price.audio_output_usd_per_mtok),
    )
    found: list[PricePart] = []
    with localcontext(prec=_EXACT_DIGITS):
        for name, tokens, rate in wanted:
            if tokens:
                known = _known(rate, price.model, name.replace("_", " "))
                found.append(PricePart(part=name, tokens=tokens, usd_per_mtok=known, usd=tokens * known / MTOK))
        if price.usd_per_thousand_requests:
            fee = price.usd_per_thousand_requests / 1000
            found.append(PricePart(part="request", tokens=0, usd_per_mtok=None, usd=fee))
    return tuple(found)


def total_of(parts: tuple[PricePart, ...]) -> Decimal:
    """The sum of parts, exactly."""
    with localcontext(prec=_EXACT_DIGITS):
        return sum((part.usd for part in parts), Decimal(0))


def _first(value: Decimal | None, otherwise: Decimal | None) -> Decimal | None:
    return value if value is not None else otherwise


def _known(value: Decimal | None, model: str, kind: str) -> Decimal:
    if value is None:
        raise UnknownPricePart(f"{model!r} has no price for {kind} tokens; add one below prices/ with its source")
    return value
