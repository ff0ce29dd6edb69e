"""Prices as the gateway asks for them: by provider and model, at once, and never zero for what is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tiebeam.economics.metering.rates import Rates
from tiebeam.economics.prices import ModelPrice, Prices, refuse_pictures, with_an_hour
from tiebeam.errors import TiebeamError
from tiebeam.kit import FixedClock
from tiebeam.spec import Meta, Price, PricePoint, ServiceTier

_QUARTER = 15 * 60_000
"""Prices that hold at certain hours of the day begin and end on a quarter of an hour, wherever that day is."""
_KEPT = 4_000
"""Prices kept at a time; a workspace has dozens."""

_Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Unpriced:
    """There is no price, and why. A call of such a model is refused; it is never free."""

    problem: TiebeamError


class PriceBook:
    """Compiled prices, looked up anew each quarter of an hour, because some hold at certain hours only."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        # One value, so that no thread files the price of one quarter of an hour under another.
        self._now: tuple[int, dict[_Key, Rates | Unpriced]] = (-1, {})
        self._compiled: dict[str, Rates] = {}
        self._conservative: dict[tuple[str, str, PricePoint], Rates] = {}

    def use(self, prices: Prices) -> None:
        """Go on with other prices, such as those of a workspace that was just applied."""
        self._prices = prices
        self._now = (-1, {})
        self._conservative = {}

    def rates(
        self,
        model: str,
        *,
        provider: str,
        at: int,
        service: str = ServiceTier.STANDARD,
        region: str = "",
        conservative: PricePoint | None = None,
    ) -> Rates | Unpriced:
        """The price at a moment in milliseconds since 1970; `conservative` is charged where there is none."""
        quarter, known = self._now
        if quarter != at // _QUARTER or len(known) >= _KEPT:
            known = {}
            self._now = (at // _QUARTER, known)
        key = (provider, model, service, region)
        found = known.get(key)
        if found is None:
            found = known[key] = self._look_up(key, at)
        if conservative is None or isinstance(found, Rates):
            return found
        return self._conservative_rates(provider, model, conservative, at)

    def snapshot(self, digest: str) -> Mapping[str, Any] | None:
        """The price behind a digest this book gave out."""
        found = self._compiled.get(digest)
        return None if found is None else found.snapshot

    def _look_up(self, key: _Key, at: int) -> Rates | Unpriced:
        provider, model, service, region = key
        moment = datetime.fromtimestamp(at / 1000, UTC)
        try:
            price = self._prices.price(
                model,
                provider=provider or None,
                at=moment,
                service=ServiceTier(service),
                region=region or None,
            )
            if price.checked is None:
                # Nobody here looked at it: it is the public list's.
                refuse_pictures(price, moment)
        except TiebeamError as problem:
            return Unpriced(problem)
        return self._kept(Rates(price))

    def _conservative_rates(self, provider: str, model: str, point: PricePoint, at: int) -> Rates | Unpriced:
        key = (provider, model, point)
        found = self._conservative.get(key)
        if found is not None:
            return found
        try:
            price = _declared(provider, model, point, datetime.fromtimestamp(at / 1000, UTC))
        except TiebeamError as problem:
            return Unpriced(problem)
        found = self._conservative[key] = self._kept(Rates(price, is_conservative=True))
        return found

    def _kept(self, rates: Rates) -> Rates:
        """The same price is compiled anew each quarter of an hour; what it compiles to is kept once."""
        if len(self._compiled) >= _KEPT:
            self._compiled = {}
        return self._compiled.setdefault(rates.digest, rates)


def _declared(provider: str, model: str, point: PricePoint, at: datetime) -> ModelPrice:
    # By another name, because a name that is refused as an alias may well have a conservative price.
    meta = Meta(since=point.since, reviewed=point.checked)
    record = Price(id="conservative", meta=meta, provider=provider, model="conservative", price=(point,))
    prices = Prices({record.id: record}, FixedClock(at), currency="USD", fresh_for=timedelta.max)
    price = prices.price("conservative", at=at)
    said = f"conservative, while no price is known: {price.source}"
    return with_an_hour(replace(price, model=model, source=said))
