"""What a model costs on a day: the workspace's own dated prices first, then the public list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from tiebeam.errors import Invalid, NotFound
from tiebeam.kit import Clock, digest_of, nano_usd
from tiebeam.spec import Price, PricePoint

_ALIAS = re.compile(r"(^|[-_:/@.])latest$", re.IGNORECASE)
_MTOK = Decimal(1_000_000)
_FRESH = timedelta(days=366)


class UnknownPrice(NotFound):
    """There is no price for the model on that day. It is an error, never zero."""

    code = "unknown_price"


class StalePrice(Invalid):
    """The workspace's price has not been checked for longer than is allowed."""

    code = "stale_price"


class AliasRefused(Invalid):
    """A name such as `…-latest` means another model tomorrow, so nothing is priced by it."""

    code = "model_alias_refused"


class MissingRate(Invalid):
    """Dollars cannot be stated in the workspace's currency without a rate."""

    code = "missing_rate"


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one call. `cached_input` is the part of `input` that was read from the provider's cache."""

    model: str
    input: int
    output: int
    cached_input: int = 0
    provider: str | None = None


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
    has_tiers: bool = False
    """True when large inputs cost more; the figures are then the base tier."""

    def blended(self, *, input_share: Decimal = Decimal("0.75")) -> Decimal:
        """Dollars per million tokens at a mix of input and output (3:1 unless told). Raises UnknownPrice on a gap."""
        into = _known(self.input_usd_per_mtok, self.model, "input")
        out = _known(self.output_usd_per_mtok, self.model, "output")
        return into * input_share + out * (1 - input_share)

    def snapshot(self) -> dict[str, Any]:
        """What a ledger line stores, with the digest that proves it."""
        plain: dict[str, Any] = {name: getattr(self, name) for name in ModelPrice.__slots__}
        return {**plain, "digest": digest_of(plain)}


@dataclass(frozen=True, slots=True)
class TokenCost:
    usd: Decimal
    usd_nano: int
    price: ModelPrice


class Prices:
    """`overlay` holds the workspace's price records by id. `rates` gives one unit of a currency in `currency`."""

    def __init__(
        self,
        overlay: Mapping[str, Price],
        clock: Clock,
        *,
        currency: str = "EUR",
        rates: Mapping[str, Decimal] | None = None,
        fresh_for: timedelta = _FRESH,
    ) -> None:
        self._overlay = tuple(overlay.values())
        self._clock = clock
        self._rates = dict(rates or {})
        self._fresh_for = fresh_for
        self.currency = currency

    def price(self, model: str, *, provider: str | None = None, at: datetime | None = None) -> ModelPrice:
        """The price in force at `at` (now). Raises AliasRefused, UnknownPrice or StalePrice."""
        moment = at or self._clock.now()
        if _ALIAS.search(model.strip()):
            raise AliasRefused(f"{model!r} is an alias; name the model it stands for, such as the one in the response")
        own = self._own(model, provider)
        if own is not None:
            return self._own_price(own, moment)
        return _public_price(model, provider, moment)

    def cost(self, usage: TokenUsage, *, at: datetime | None = None) -> TokenCost:
        """What one call costs. Raises like `price`, and UnknownPrice when a kind of token used has no price."""
        moment = at or self._clock.now()
        if min(usage.input, usage.output, usage.cached_input) < 0 or usage.cached_input > usage.input:
            raise Invalid(f"the usage of {usage.model!r} is impossible: {usage}")
        price = self.price(usage.model, provider=usage.provider, at=moment)
        usd = _public_cost(usage, price, moment) if price.has_tiers else _flat_cost(usage, price)
        return TokenCost(usd=usd, usd_nano=nano_usd(usd), price=price)

    def in_currency(self, usd: Decimal) -> Decimal:
        """Dollars in the workspace's currency. Raises MissingRate without a rate for USD."""
        if self.currency == "USD":
            return usd
        rate = self._rates.get("USD")
        if rate is None:
            raise MissingRate(f"no rate from USD to {self.currency!r}; add USD to the rates of the workspace's policy")
        return usd * rate

    def _own(self, model: str, provider: str | None) -> Price | None:
        found = [one for one in self._overlay if one.model == model and provider in (None, one.provider)]
        if len(found) > 1:
            raise Invalid(f"{model!r} has prices from several providers; say which: {[one.provider for one in found]}")
        return found[0] if found else None

    def _own_price(self, record: Price, moment: datetime) -> ModelPrice:
        day = moment.astimezone(UTC).date()
        point: PricePoint | None = max(
            (one for one in record.price if one.since <= day), key=lambda one: one.since, default=None
        )
        if point is None:
            raise UnknownPrice(f"the price {record.id!r} starts after {day}; add the price that held on that day")
        is_last = point.since == max(one.since for one in record.price)
        if is_last and day - point.checked > self._fresh_for:
            raise StalePrice(
                f"the price {record.id!r} was last checked on {point.checked}, more than {self._fresh_for.days} days "
                f"before {day}; check it at its source and note the day"
            )
        return ModelPrice(
            provider=record.provider,
            model=record.model,
            input_usd_per_mtok=point.input_usd_per_mtok,
            output_usd_per_mtok=point.output_usd_per_mtok,
            cached_input_usd_per_mtok=point.cached_input_usd_per_mtok,
            source=f"{point.source}, checked {point.checked}",
            since=point.since,
        )


def _known(value: Decimal | None, model: str, kind: str) -> Decimal:
    if value is None:
        raise UnknownPrice(f"{model!r} has no price for {kind} tokens; add one below prices/ with its source")
    return value


def _flat_cost(usage: TokenUsage, price: ModelPrice) -> Decimal:
    fresh = usage.input - usage.cached_input
    usd = Decimal(0)
    if fresh:
        usd += fresh * _known(price.input_usd_per_mtok, price.model, "input")
    if usage.cached_input:
        cached = price.cached_input_usd_per_mtok
        # Without a price of its own, a cached token costs what any input token costs.
        usd += usage.cached_input * (
            cached if cached is not None else _known(price.input_usd_per_mtok, price.model, "input")
        )
    if usage.output:
        usd += usage.output * _known(price.output_usd_per_mtok, price.model, "output")
    return usd / _MTOK


def _public_price(model: str, provider: str | None, moment: datetime) -> ModelPrice:
    from genai_prices.data_snapshot import get_snapshot

    try:
        found_provider, found = get_snapshot().find_provider_model(model, None, provider, None)
    except LookupError as problem:
        where = f" from {provider!r}" if provider else ""
        raise UnknownPrice(
            f"the model {model!r}{where} has no known price; add one below prices/ with its source and date"
        ) from problem
    listed = found.get_prices(moment.astimezone(UTC))
    into, out, cached = listed.input_mtok, listed.output_mtok, listed.cache_read_mtok
    if into is None and out is None:
        raise UnknownPrice(f"the public list knows {model!r} but not its price; add one below prices/ with its source")
    return ModelPrice(
        provider=found_provider.id,
        model=found.id,
        input_usd_per_mtok=_base(into),
        output_usd_per_mtok=_base(out),
        cached_input_usd_per_mtok=_base(cached),
        source=f"genai-prices {version('genai-prices')}",
        has_tiers=any(one is not None and not isinstance(one, Decimal) for one in (into, out, cached)),
    )


def _base(value: Any) -> Decimal | None:
    return value if value is None or isinstance(value, Decimal) else Decimal(value.base)


def _public_cost(usage: TokenUsage, price: ModelPrice, moment: datetime) -> Decimal:
    """Tiered prices depend on the length of the call; the list's own arithmetic applies them."""
    from genai_prices import Usage, calc_price

    _flat_cost(usage, price)
    counted = Usage(input_tokens=usage.input, output_tokens=usage.output, cache_read_tokens=usage.cached_input or None)
    result = calc_price(
        counted, price.model, provider_id=price.provider, genai_request_timestamp=moment.astimezone(UTC)
    )
    return result.total_price
