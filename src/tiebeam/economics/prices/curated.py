"""The library's curated models against the public list: what moved since they were noted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from tiebeam.economics.prices.problems import UnknownPrice
from tiebeam.economics.prices.public import public_history
from tiebeam.economics.prices.quote import ModelPrice, Rates
from tiebeam.economics.prices.room import listed_prices
from tiebeam.spec import ModelOffer


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference of a curated model from the installed list."""

    id: str
    since: date | None
    reason: str


def drift(models: Mapping[str, ModelOffer]) -> list[Drift]:
    """Every difference, by model. Empty when the library says what the installed list says."""
    return [found for offer in models.values() for found in _of(offer)]


def _of(offer: ModelOffer) -> Iterator[Drift]:
    try:
        listed = {price.since: price for price in public_history(offer.model, offer.provider)}
    except UnknownPrice as problem:
        yield Drift(offer.id, None, problem.message)
        return
    noted = {price.since: price for price in listed_prices(offer)}
    renamed = next((price.model for price in listed.values() if price.model != offer.model), None)
    if renamed is not None:
        yield Drift(offer.id, None, f"the list answers {offer.model!r} with {renamed!r}")
    for since in sorted(set(listed) | set(noted), key=lambda one: one or date.min):
        day = "without a date" if since is None else f"of {since}"
        if since not in noted:
            yield Drift(offer.id, since, f"the list has a price {day} that the library has not")
        elif since not in listed:
            yield Drift(offer.id, since, f"the library has a price {day} that the list has no more")
        else:
            for name, said, now in _changes(noted[since], listed[since]):
                yield Drift(offer.id, since, f"{name} {day}: the library says {said}, the list {now}")


def _changes(noted: ModelPrice, listed: ModelPrice) -> Iterator[tuple[str, object, object]]:
    for name in (*Rates.__slots__, "usd_per_thousand_requests", "tiers"):
        said, now = getattr(noted, name), getattr(listed, name)
        if said != now:
            yield name, said, now
