"""What a model costs on a day: the workspace's own dated prices first, then the public list, then the library."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from tiebeam.economics.prices.problems import AliasRefused, MissingRate, StalePrice, UnknownPrice, UnknownPricePart
from tiebeam.economics.prices.public import public_history, public_price
from tiebeam.economics.prices.quote import ModelPrice, Rates, TokenCost, TokenUsage, parts_of, total_of, with_an_hour
from tiebeam.errors import Invalid
from tiebeam.kit import Clock, nano_usd
from tiebeam.spec import ListedPrice, ModelOffer, Price, PricePoint, ServiceTier

_ALIAS = re.compile(r"(^|[-_:/@.])latest$", re.IGNORECASE)
_FRESH = timedelta(days=366)


class Prices:
    """`overlay` holds the workspace's price records by id, `listed` the library's models. `rates` gives one unit of a
    currency in `currency`. A price of the workspace that was not checked for `fresh_for` is stale.
    """

    def __init__(
        self,
        overlay: Mapping[str, Price],
        clock: Clock,
        *,
        currency: str = "EUR",
        rates: Mapping[str, Decimal] | None = None,
        fresh_for: timedelta = _FRESH,
        listed: Mapping[str, ModelOffer] | None = None,
    ) -> None:
        self._overlay = tuple(one for one in overlay.values() if one.price)
        self._listed = tuple((listed or {}).values())
        self._clock = clock
        self._rates = dict(rates or {})
        self._fresh_for = fresh_for
        self.currency = currency

    def price(
        self,
        model: str,
        *,
        provider: str | None = None,
        at: datetime | None = None,
        service: ServiceTier = ServiceTier.STANDARD,
        region: str | None = None,
    ) -> ModelPrice:
        """The price in force at `at` (now). Raises AliasRefused, UnknownPrice, UnknownPricePart or StalePrice."""
        moment = at or self._clock.now()
        refuse_alias(model)
        own = self._own(model, provider, service, region)
        if own is not None:
            return self._own_price(own, moment)
        if region is not None:
            raise UnknownPricePart(
                f"{model!r} has no price in region {region!r}: public prices know no regions; add one below prices/"
            )
        try:
            return public_price(model, provider, moment, service=service)
        except UnknownPricePart:
            raise
        except UnknownPrice:
            return self._library_price(model, provider, moment, service)

    def cost(self, usage: TokenUsage, *, at: datetime | None = None) -> TokenCost:
        """What one call costs. Raises like `price`, and UnknownPricePart when a kind of token used has no price."""
        price = self.price(usage.model, provider=usage.provider, at=at, service=usage.service, region=usage.region)
        parts = parts_of(usage, price)
        usd = total_of(parts)
        return TokenCost(usd=usd, usd_nano=nano_usd(usd), price=price, parts=parts)

    def history(self, model: str, *, provider: str | None = None) -> list[ModelPrice]:
        """Every price known, as a dated series: the public list's, then the workspace's own. Raises like `price`."""
        refuse_alias(model)
        own = self._own(model, provider, ServiceTier.STANDARD, None)
        try:
            found = public_history(model, provider)
        except UnknownPrice:
            offer = self._offer(model, provider)
            if own is None and offer is None:
                raise
            found = [] if offer is None else listed_prices(offer)
        if own is not None:
            found += [_point_price(own, point) for point in sorted(own.price, key=lambda one: one.since)]
        return found

    def in_currency(self, usd: Decimal) -> Decimal:
        """Dollars in the workspace's currency. Raises MissingRate without a rate for USD."""
        if self.currency == "USD":
            return usd
        rate = self._rates.get("USD")
        if rate is None:
            raise MissingRate(f"no rate from USD to {self.currency!r}; add USD to the rates of the workspace's policy")
        return usd * rate

    def rate(self, currency: str) -> Decimal:
        """One US dollar in a currency. Raises MissingRate where the workspace's policy has no rate for it."""
        here = self.in_currency(Decimal(1)) if currency != "USD" else Decimal(1)
        if currency in ("USD", self.currency):
            return here
        if not self._rates.get(currency):
            raise MissingRate(
                f"no rate from {self.currency!r} to {currency!r}; "
                f"add {currency} to the rates of the workspace's policy, or ask in USD or {self.currency}"
            )
        return here / self._rates[currency]

    def _own(self, model: str, provider: str | None, service: ServiceTier, region: str | None) -> Price | None:
        found = [
            one
            for one in self._overlay
            if one.model == model and provider in (None, one.provider) and one.service is service
        ]
        here = [one for one in found if one.region == region]
        found = here or [one for one in found if one.region is None]
        if len({one.provider for one in found}) > 1:
            raise Invalid(f"{model!r} has prices from several providers; say which: {[one.provider for one in found]}")
        if len(found) > 1:
            raise Invalid(f"{model!r} has several prices for one service and region: {[one.id for one in found]}")
        return found[0] if found else None

    def _own_price(self, record: Price, moment: datetime) -> ModelPrice:
        day = moment.astimezone(UTC).date()
        point = max((one for one in record.price if one.since <= day), key=lambda one: one.since, default=None)
        if point is None:
            raise UnknownPrice(f"the price {record.id!r} starts after {day}; add the price that held on that day")
        is_last = point.since == max(one.since for one in record.price)
        if is_last and day - point.checked > self._fresh_for:
            raise StalePrice(
                f"the price {record.id!r} was last checked on {point.checked}, more than {self._fresh_for.days} days "
                f"before {day}; check it at its source and note the day"
            )
        return _point_price(record, point)

    def _offer(self, model: str, provider: str | None) -> ModelOffer | None:
        found = [one for one in self._listed if one.model == model and provider in (None, one.provider)]
        return found[0] if len(found) == 1 else None

    def _library_price(self, model: str, provider: str | None, moment: datetime, service: ServiceTier) -> ModelPrice:
        """The price the library noted, for a model that the installed list does not have (any more)."""
        offer = self._offer(model, provider)
        day = moment.astimezone(UTC).date()
        points = [] if offer is None else [one for one in offer.price if one.since is None or one.since <= day]
        if offer is None or not points or service is not ServiceTier.STANDARD:
            where = f" from {provider!r}" if provider else ""
            raise UnknownPrice(
                f"the model {model!r}{where} has no known {service.value} price on {day}; "
                "add one below prices/ with its source and date, or look for its name with `tiebeam prices search`"
            )
        return _listed_price(offer, max(points, key=lambda one: one.since or date.min))


def refuse_alias(model: str) -> None:
    """Raises AliasRefused for a name that means another model tomorrow."""
    if _ALIAS.search(model.strip()):
        raise AliasRefused(f"{model!r} is an alias; name the model it stands for, such as the one in the response")


def _point_price(record: Price, point: PricePoint) -> ModelPrice:
    base = Rates.stated(point)
    found = ModelPrice(
        provider=record.provider,
        model=record.model,
        input_usd_per_mtok=point.input_usd_per_mtok,
        output_usd_per_mtok=point.output_usd_per_mtok,
        cached_input_usd_per_mtok=point.cached_input_usd_per_mtok,
        cache_write_usd_per_mtok=point.cache_write_usd_per_mtok,
        cache_write_1h_usd_per_mtok=point.cache_write_1h_usd_per_mtok,
        usd_per_thousand_requests=point.usd_per_thousand_requests,
        audio_input_usd_per_mtok=point.audio_input_usd_per_mtok,
        audio_output_usd_per_mtok=point.audio_output_usd_per_mtok,
        source=f"{point.source}, checked {point.checked}",
        since=point.since,
        checked=point.checked,
        service=record.service,
        region=record.region,
        tiers=_tiers(point, base),
    )
    return with_an_hour(found)


def listed_prices(offer: ModelOffer) -> list[ModelPrice]:
    """The prices a model of the library notes, in the file's order."""
    return [_listed_price(offer, point) for point in offer.price]


def _listed_price(offer: ModelOffer, point: ListedPrice) -> ModelPrice:
    base = Rates.stated(point)
    found = ModelPrice(
        provider=offer.provider,
        model=offer.model,
        input_usd_per_mtok=point.input_usd_per_mtok,
        output_usd_per_mtok=point.output_usd_per_mtok,
        cached_input_usd_per_mtok=point.cached_input_usd_per_mtok,
        cache_write_usd_per_mtok=point.cache_write_usd_per_mtok,
        cache_write_1h_usd_per_mtok=point.cache_write_1h_usd_per_mtok,
        usd_per_thousand_requests=point.usd_per_thousand_requests,
        source=f"{point.source}, as the library noted it on {point.checked}",
        since=point.since,
        checked=point.checked,
        tiers=_tiers(point, base),
    )
    return with_an_hour(found)


def _tiers(point: PricePoint | ListedPrice, base: Rates) -> tuple[tuple[int, Rates], ...]:
    """Each tier's rates, what it leaves out taken from the shorter one."""
    found: list[tuple[int, Rates]] = []
    for tier in sorted(point.tier, key=lambda one: one.above_input_tokens):
        base = Rates.stated(tier).over(base)
        found.append((tier.above_input_tokens, base))
    return tuple(found)
