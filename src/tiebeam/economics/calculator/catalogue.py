"""What is offered on a day: resolved once, then asked by every move of a slider."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import islice

from tiebeam.economics.hosting import Estimate, Method, OfferView, Throughput, Wanted, list_offers
from tiebeam.economics.prices import ModelPrice, Prices, PublicModel, public_models
from tiebeam.errors import TiebeamError
from tiebeam.graph import Graph
from tiebeam.spec import Capability, ModelOffer, ServiceTier

_KEPT = 8
_MOST_REMEMBERED = 5000
_MOST_FOUND = 50
"""Models of the public list that a search adds to the library's."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no figure: the stable code of the error, and what to do."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model as one provider offers it."""

    id: str
    title: str
    provider: str
    model: str
    capability: Capability | None = None
    """None for models beyond the library; so with the notes below."""
    capability_basis: str | None = None
    context_tokens: int | None = None
    quality: str | None = None
    quality_source: str | None = None
    is_curated: bool = True


class Catalogue:
    """Models, GPUs and their prices on one day, from its beginning in UTC. Remembers what it has looked up."""

    def __init__(self, graph: Graph, prices: Prices, *, day: date) -> None:
        self.day = day
        self.moment = datetime.combine(day, time(), UTC)
        self.models = (*map(_curated, graph.models.values()), *_own_only(graph))
        self.capacity = tuple(one for one in graph.prices.values() if one.capacity)
        self.architectures = graph.architectures
        self.throughput = Throughput(graph.architectures, graph.accelerators, graph.measurements)
        self.offers: tuple[OfferView, ...] = tuple(list_offers(graph.gpus, graph.accelerators))
        self.book = prices
        self._known: dict[tuple[str, str, ServiceTier, str | None], ModelPrice | Problem] = {}
        self._found: dict[str, tuple[Model, ...]] = {}
        self._estimates: dict[tuple[Wanted, Method | None], Estimate | Problem] = {}

    def price(self, model: Model, service: ServiceTier, region: str | None) -> ModelPrice | Problem:
        """The price on the day, or why there is none."""
        key = (model.provider, model.model, service, region)
        if key not in self._known:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = self._price(*key)
        return self._known[key]

    def found(self, text: str) -> tuple[Model, ...]:
        """Models of the public list beyond the others that hold every word, at most 50."""
        if text not in self._found:
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            listed = {(one.provider, one.model) for one in self.models}
            more = (one for one in public_models(text) if (one.provider, one.model) not in listed)
            self._found[text] = tuple(_listed(one) for one in islice(more, _MOST_FOUND))
        return self._found[text]

    def rate(self, currency: str) -> Decimal:
        """One US dollar in a currency. Raises MissingRate."""
        return self.book.rate(currency)

    def estimate(self, wanted: Wanted, method: Method | None) -> Estimate | Problem:
        """Throughput, or why there is none."""
        key = (wanted, method)
        if key not in self._estimates:
            if len(self._estimates) >= _MOST_REMEMBERED:
                self._estimates.clear()
            try:
                self._estimates[key] = self.throughput.estimate(wanted, method=method)
            except TiebeamError as problem:
                self._estimates[key] = Problem(problem.code, problem.message)
        return self._estimates[key]

    def _price(self, provider: str, model: str, service: ServiceTier, region: str | None) -> ModelPrice | Problem:
        try:
            return self.book.price(model, provider=provider, at=self.moment, service=service, region=region)
        except TiebeamError as problem:
            return Problem(problem.code, problem.message)


class Catalogues:
    """The catalogues last asked for, by what is declared and the day. Hold one where requests are answered."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int, date], Catalogue] = OrderedDict()

    def of(self, graph: Graph, prices: Prices, *, day: date) -> Catalogue:
        key = (graph.digest, id(prices), day)
        found = self._kept.get(key)
        if found is None:
            found = Catalogue(graph, prices, day=day)
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found


def _curated(offer: ModelOffer) -> Model:
    return Model(
        id=offer.id,
        title=offer.title,
        provider=offer.provider,
        model=offer.model,
        capability=offer.capability,
        capability_basis=offer.capability_basis,
        context_tokens=offer.context_tokens,
        quality=offer.quality,
        quality_source=offer.quality_source,
    )


def _listed(one: PublicModel) -> Model:
    return Model(
        id=f"{one.provider}/{one.model}",
        title=f"{one.title} at {one.provider}",
        provider=one.provider,
        model=one.model,
        context_tokens=one.context_tokens,
        is_curated=False,
    )


def _own_only(graph: Graph) -> list[Model]:
    """Models that only the workspace's own price records know."""
    listed = {(one.provider, one.model) for one in graph.models.values()}
    own = {(one.provider, one.model): one for one in graph.prices.values() if one.price}
    return [
        Model(f"{provider}/{model}", f"{model} at {provider}", provider, model, is_curated=False)
        for provider, model in own
        if (provider, model) not in listed
    ]
