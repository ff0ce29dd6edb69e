"""The ways tokens can be bought: each curated model by the million, and open models on rented GPUs by the hour."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from tiebeam.economics.hosting import OfferView, TermPrice, Throughput, Wanted, list_offers, usd_per_month
from tiebeam.economics.prices import Prices
from tiebeam.errors import TiebeamError
from tiebeam.graph import Graph
from tiebeam.spec import Capability, ModelOffer, Precision, Term, UnitEconomics

_SECONDS_A_MONTH = Decimal(730 * 3600)
_CONCURRENCY = 32
_BACKEND = "vllm"
_SIZES = (1, 2, 4, 8)
ORDER = (Capability.SATURATED_TASK, Capability.STANDARD, Capability.FRONTIER)
"""Classes from the least to the most able."""


class Hosting(StrEnum):
    NONE = "none"
    """No tokens are spent."""
    METERED = "metered"
    RENTED = "rented"
    """Open weights on GPUs rented by the hour, on demand."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to serve a workflow. `figures` are what it sets of the unit economics, in the portfolio's currency."""

    id: str
    title: str
    model: str
    provider: str
    hosting: Hosting
    capability: Capability | None
    figures: Mapping[str, Decimal]
    detail: str
    """In words what is bought; of rented GPUs with method, band and utilisation."""
    source: str
    checked: date | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A model without a figure, and why."""

    id: str
    code: str
    message: str


NO_MODEL = Way("none", "No model", "", "", Hosting.NONE, None, {}, "no tokens are spent", "no tokens are spent", None)


def is_able(way: Way, needed: Capability | None) -> bool:
    """Whether its class is the needed one or above; without a need every class is."""
    if needed is None or way.capability is None:
        return needed is None
    return ORDER.index(way.capability) >= ORDER.index(needed)


def metered_ways(models: Mapping[str, ModelOffer], prices: Prices, *, at: datetime) -> tuple[list[Way], list[Gap]]:
    """Each curated model at its price of a day; what has none is a gap. Raises MissingRate."""
    found: list[Way] = []
    gaps: list[Gap] = []
    for offer in models.values():
        try:
            price = prices.price(offer.model, provider=offer.provider, at=at)
        except TiebeamError as problem:
            gaps.append(Gap(offer.id, problem.code, problem.message))
            continue
        into, out = price.input_usd_per_mtok, price.output_usd_per_mtok
        if into is None or out is None:
            gaps.append(Gap(offer.id, "unknown_price_part", f"{offer.model!r} has no price of tokens in or out"))
            continue
        cached = into if price.cached_input_usd_per_mtok is None else price.cached_input_usd_per_mtok
        figures = _prices(*(prices.in_currency(usd) for usd in (into, out, cached)))
        found.append(
            Way(
                id=offer.id,
                title=offer.title,
                model=offer.model,
                provider=offer.provider,
                hosting=Hosting.METERED,
                capability=offer.capability,
                figures=figures,
                detail=f"{into:,f} / {out:,f} USD a million tokens in / out",
                source=price.source,
                checked=price.checked or price.since,
            )
        )
    return found, gaps


class Hardware:
    """Open models on rented GPUs. Remembers estimates by rounded sizes of a request, so that a library stays quick."""

    def __init__(self, graph: Graph, prices: Prices, *, busy_share: Decimal) -> None:
        self._throughput = Throughput(graph.architectures, graph.accelerators, graph.measurements)
        self._offers = list(_cheapest_by_gpu(list_offers(graph.gpus, graph.accelerators, term=Term.ON_DEMAND)))
        self._precisions = {name: one.tflops for name, one in graph.accelerators.items()}
        self._classes = dict(_classes(graph))
        self._titles = {name: one.title for name, one in graph.architectures.items()}
        self._prices = prices
        self._busy = busy_share
        self._paces: dict[tuple[str, str, int, int], _Pace | None] = {}
        self.unclassed = sorted(set(graph.architectures) - set(self._classes))
        """Open models of no known class, which no workflow can be matched with."""

    def ways(self, stated: UnitEconomics) -> Iterator[Way]:
        """Of each open model the GPUs that serve this workflow's month for the least."""
        into, out = (stated.amount(name) for name in ("input_tokens_per_unit", "output_tokens_per_unit"))
        attempts, units = stated.amount("attempts_per_unit"), stated.amount("units_per_month")
        if out <= 0 or attempts <= 0:
            return
        for architecture, capability in self._classes.items():
            found = (
                self._way(architecture, capability, offer, price, into=into, out=out * attempts, units=units)
                for offer, price in self._offers
            )
            best = min((one for one in found if one is not None), key=lambda one: one[0], default=None)
            if best is not None:
                yield best[1]

    def _way(
        self,
        architecture: str,
        capability: Capability,
        offer: OfferView,
        price: TermPrice,
        *,
        into: Decimal,
        out: Decimal,
        units: Decimal,
    ) -> tuple[Decimal, Way] | None:
        """(what the month costs, the way), None where the model does not fit or is not estimated."""
        pace = self._pace(architecture, offer.accelerator, _rounded(into), _rounded(out))
        if pace is None:
            return None
        carried = Decimal(str(pace.tokens_per_s)) * pace.gpus * _SECONDS_A_MONTH * self._busy / out
        a_step = carried.to_integral_value(rounding=ROUND_FLOOR)
        if a_step < 1:
            return None
        monthly = self._prices.in_currency(usd_per_month(price.latest_usd_per_gpu_hour) * pace.gpus)
        title = self._titles[architecture]
        way = Way(
            id=f"{architecture}@{offer.id}",
            title=f"{title} on {pace.gpus} × {offer.accelerator}",
            model=architecture,
            provider=offer.provider,
            hosting=Hosting.RENTED,
            capability=capability,
            figures={
                **_prices(Decimal(0), Decimal(0), Decimal(0)),
                "units_per_capacity_step": a_step,
                "cost_per_capacity_step": monthly,
            },
            detail=f"{pace.gpus} GPUs on demand, {pace.tokens_per_s * pace.gpus:,.0f} tokens/s, {pace.said}, "
            f"busy {self._busy:.0%} of the time",
            source="; ".join(price.sources),
            checked=None,
        )
        return (units / a_step).to_integral_value(rounding="ROUND_CEILING") * monthly, way

    def _pace(self, architecture: str, accelerator: str, into: int, out: int) -> _Pace | None:
        key = (architecture, accelerator, into, out)
        if key not in self._paces:
            self._paces[key] = self._estimate(*key)
        return self._paces[key]

    def _estimate(self, architecture: str, accelerator: str, into: int, out: int) -> _Pace | None:
        precision = Precision.FP8 if Precision.FP8 in self._precisions[accelerator] else Precision.BF16
        for gpus in _SIZES:
            wanted = Wanted(
                model=architecture,
                accelerator=accelerator,
                precision=precision.value,
                backend=_BACKEND,
                input_tokens=into,
                output_tokens=out,
                concurrency=_CONCURRENCY,
                gpus=gpus,
                tensor_parallel=gpus,
            )
            try:
                found = self._throughput.estimate(wanted)
            except TiebeamError:
                return None
            if found.in_flight >= 1 and not any("do not fit" in note for note in found.notes):
                return _Pace(gpus, found.out_tok_s_per_gpu, f"{found.method.value} {found.band}")
        return None


@dataclass(frozen=True, slots=True)
class _Pace:
    gpus: int
    tokens_per_s: float
    """Written by each GPU."""
    said: str


def _prices(into: Decimal, out: Decimal, cached: Decimal) -> dict[str, Decimal]:
    return {"input_price_per_mtok": into, "output_price_per_mtok": out, "cached_price_per_mtok": cached}


def _rounded(tokens: Decimal) -> int:
    """The nearest power of two, at least 16: throughput hardly differs between requests of almost the same size."""
    return 2 ** max(4, min(20, round(math.log2(max(float(tokens), 1.0)))))


def _cheapest_by_gpu(offers: list[OfferView]) -> Iterator[tuple[OfferView, TermPrice]]:
    best: dict[str, tuple[OfferView, TermPrice]] = {}
    for offer in offers:
        price = offer.under(Term.ON_DEMAND)
        kept = best.get(offer.accelerator)
        if kept is None or price.latest_usd_per_gpu_hour < kept[1].latest_usd_per_gpu_hour:
            best[offer.accelerator] = (offer, price)
    yield from best.values()


def _classes(graph: Graph) -> Iterator[tuple[str, Capability]]:
    """The class of each open model that the library also lists with a provider, by its name."""
    listed = {_plain(offer.model): offer.capability for offer in graph.models.values()}
    for architecture in graph.architectures.values():
        names = (architecture.id, *architecture.written)
        found = next((listed[_plain(name)] for name in names if _plain(name) in listed), None)
        if found is not None:
            yield architecture.id, found


def _plain(name: str) -> str:
    return name.rsplit("/", 1)[-1].casefold()
