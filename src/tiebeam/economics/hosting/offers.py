"""What GPUs cost to rent: offers of providers, as ranges over what different sources said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tiebeam.economics.hosting.estimating import usd_per_month
from tiebeam.errors import NotFound
from tiebeam.spec import Accelerator, GpuOffer, OfferPrice, Term


class UnknownOffer(NotFound):
    """No GPU offer has that id, or it has no price under that term."""

    code = "unknown_gpu_offer"


@dataclass(frozen=True, slots=True)
class TermPrice:
    """One GPU under one term; low and high differ where sources do. A month has 730 hours."""

    term: Term
    low_usd_per_gpu_hour: Decimal
    high_usd_per_gpu_hour: Decimal
    latest_usd_per_gpu_hour: Decimal
    """What the most recently stated source says."""
    low_usd_per_gpu_month: Decimal
    high_usd_per_gpu_month: Decimal
    latest_usd_per_gpu_month: Decimal
    sources: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfferView:
    id: str
    title: str
    provider: str
    accelerator: str
    memory_gb: Decimal
    gpus_per_instance: int
    prices: tuple[TermPrice, ...]

    def under(self, term: Term) -> TermPrice:
        """Raises UnknownOffer when nobody says what the offer costs under that term."""
        found = next((price for price in self.prices if price.term is term), None)
        if found is None:
            known = ", ".join(price.term.value for price in self.prices)
            raise UnknownOffer(f"{self.id!r} has no {term.value} price; there are {known}")
        return found


def list_offers(
    offers: Mapping[str, GpuOffer],
    accelerators: Mapping[str, Accelerator],
    *,
    provider: str | None = None,
    accelerator: str | None = None,
    term: Term | None = None,
) -> list[OfferView]:
    """Offers by id, filtered; `term` keeps only prices under it."""
    found: list[OfferView] = []
    for offer in offers.values():
        if provider is not None and provider.lower() not in offer.provider.lower():
            continue
        if accelerator is not None and accelerator.lower() not in offer.accelerator:
            continue
        prices = tuple(price for price in _by_term(offer.price) if term in (None, price.term))
        if prices:
            found.append(_view(offer, accelerators[offer.accelerator], prices))
    return found


def find_offer(offers: Mapping[str, GpuOffer], accelerators: Mapping[str, Accelerator], offer_id: str) -> OfferView:
    """Raises UnknownOffer."""
    offer = offers.get(offer_id)
    if offer is None:
        raise UnknownOffer(f"no GPU offer is called {offer_id!r}; `tiebeam hosting offers` lists them")
    return _view(offer, accelerators[offer.accelerator], tuple(_by_term(offer.price)))


def _view(offer: GpuOffer, accelerator: Accelerator, prices: tuple[TermPrice, ...]) -> OfferView:
    return OfferView(
        id=offer.id,
        title=offer.title,
        provider=offer.provider,
        accelerator=offer.accelerator,
        memory_gb=accelerator.memory_gb,
        gpus_per_instance=offer.gpus_per_instance,
        prices=prices,
    )


def _by_term(prices: Iterable[OfferPrice]) -> Iterable[TermPrice]:
    given = list(prices)
    for term in Term:
        these = [price for price in given if price.term is term]
        if not these:
            continue
        hourly = [price.usd_per_gpu_hour for price in these]
        latest = max(these, key=lambda price: price.stated).usd_per_gpu_hour
        yield TermPrice(
            term=term,
            low_usd_per_gpu_hour=min(hourly),
            high_usd_per_gpu_hour=max(hourly),
            latest_usd_per_gpu_hour=latest,
            low_usd_per_gpu_month=usd_per_month(min(hourly)),
            high_usd_per_gpu_month=usd_per_month(max(hourly)),
            latest_usd_per_gpu_month=usd_per_month(latest),
            sources=tuple(f"{price.source}, {price.stated}" for price in these),
            notes=tuple(price.note for price in these if price.note is not None),
        )
