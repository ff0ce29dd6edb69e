"""All workflows with all ways to serve them at once: what each is worth, how sure, and which choices are efficient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from tiebeam.economics.portfolio.ways import (
    NO_MODEL,
    ORDER,
    Gap,
    Hardware,
    Hosting,
    Way,
    is_able,
    metered_ways,
)
from tiebeam.economics.prices import MissingRate, Prices
from tiebeam.economics.units import NO_TOKENS, Spread, UnitCase, exact_variant, simulate_variants
from tiebeam.errors import Invalid, TiebeamError
from tiebeam.graph import Graph
from tiebeam.spec import Capability, UnitEconomics

DRAWS = 2000
MOST_DRAWS = 20_000
BUSY = Decimal("0.5")
_LIMITS = (Decimal("0.01"), Decimal(1))


class WrongPortfolio(Invalid):
    """A question about the portfolio that has no answer."""

    code = "wrong_portfolio"


class Origin(StrEnum):
    """Where a workflow's figures are stated: of one in use here, of one somebody proposes here, or by the library."""

    ADOPTED = "adopted"
    PROPOSED = "proposed"
    LIBRARY = "library"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A workflow to be placed. `stated` is None where it has no unit economics yet."""

    workflow: str
    title: str
    origin: Origin
    stated: UnitEconomics | None


@dataclass(frozen=True, slots=True)
class Place:
    """One workflow served one way."""

    way: Way
    cost: Spread
    """Of an accepted outcome."""
    margin: Spread
    """Of a month."""
    loss: float
    """Share of the draws in which an outcome earns no more than it costs."""
    is_stated: bool = False
    """The model the workflow's unit economics name."""
    is_best: bool = False
    is_cheap_for_its_class: bool = False
    """No other way costs less with a class as high."""
    is_sure_for_its_margin: bool = False
    """No other way earns as much with less risk of a loss."""
    payback_months: Decimal | None = None
    """At the most likely values; of the best and the stated way only, None when it never pays back."""
    net_present_value: Decimal | None = None
    accepted: Decimal | None = None
    """Outcomes a month, likewise."""

    @property
    def is_efficient(self) -> bool:
        return self.is_cheap_for_its_class or self.is_sure_for_its_margin


@dataclass(frozen=True, slots=True)
class Line:
    """One workflow. `places` are ranked by margin; empty where `problem` says why."""

    of: Candidate
    needed: Capability | None
    """The class of the stated model: what is able serves it as well. None: no tokens, or a model of unknown class."""
    worth: Decimal
    places: tuple[Place, ...]
    problem: TiebeamError | None = None

    @property
    def best(self) -> Place | None:
        return next((one for one in self.places if one.is_best), None)

    @property
    def stated(self) -> Place | None:
        return next((one for one in self.places if one.is_stated), None)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Money in `currency`. Lines by the margin of their best place, the highest first; those with a problem last."""

    lines: tuple[Line, ...]
    currency: str
    at: datetime
    draws: int
    seed: int
    busy_share: Decimal
    rate: Decimal | None
    """One dollar in the currency; None where the workspace states no rate, and what spends tokens has no place."""
    gaps: tuple[Gap, ...]
    unclassed: tuple[str, ...]

    @property
    def margin_per_month(self) -> float:
        """Of the best places together: a sum of medians."""
        return sum(one.best.margin.p50 for one in self.lines if one.best is not None)

    @property
    def stated_margin_per_month(self) -> float:
        return sum(one.stated.margin.p50 for one in self.lines if one.stated is not None)

    @property
    def places(self) -> int:
        return sum(len(one.places) for one in self.lines)


def work_out_portfolio(
    graph: Graph,
    prices: Prices,
    candidates: Iterable[Candidate],
    *,
    at: datetime,
    seed: int = 1,
    draws: int = DRAWS,
    busy_share: Decimal = BUSY,
    any_class: bool = False,
) -> Portfolio:
    """Each candidate with every way whose class is able, or with `any_class` every way there is.

    Without a rate for dollars what spends tokens has a MissingRate instead of places. Raises WrongPortfolio.
    """
    if not 100 <= draws <= MOST_DRAWS:
        raise WrongPortfolio(f"ask for 100 to {MOST_DRAWS} draws, not {draws}")
    if not (busy_share.is_finite() and _LIMITS[0] <= busy_share <= _LIMITS[1]):
        raise WrongPortfolio(f"busy_share lies between {_LIMITS[0]} and {_LIMITS[1]}, not at {str(busy_share)[:40]}")
    missing, rate = _rate(prices)
    metered, gaps = ([], []) if missing else metered_ways(graph.models, prices, at=at)
    hardware = Hardware(graph, prices, busy_share=busy_share)
    classes = {(one.provider, one.model): one.capability for one in graph.models.values()}
    lines = [
        _line(one, prices.currency, metered, hardware, classes, seed=seed, draws=draws, any_class=any_class)
        if missing is None or one.stated is None or not one.stated.spends_tokens
        else Line(one, _needed(one.stated, classes), Decimal(0), (), missing)
        for one in candidates
    ]
    return Portfolio(
        lines=tuple(sorted(lines, key=_by_margin)),
        currency=prices.currency,
        at=at.astimezone(UTC),
        draws=draws,
        seed=seed,
        busy_share=busy_share,
        rate=rate,
        gaps=tuple(gaps),
        unclassed=tuple(hardware.unclassed),
    )


def _rate(prices: Prices) -> tuple[MissingRate | None, Decimal | None]:
    try:
        return None, prices.in_currency(Decimal(1))
    except MissingRate as missing:
        return missing, None


def _by_margin(line: Line) -> tuple[bool, float, str]:
    best = line.best
    return best is None, 0.0 if best is None else -best.margin.p50, line.of.workflow


def _line(
    of: Candidate,
    currency: str,
    metered: Sequence[Way],
    hardware: Hardware,
    classes: Mapping[tuple[str, str], Capability],
    *,
    seed: int,
    draws: int,
    any_class: bool,
) -> Line:
    stated = of.stated
    if stated is None:
        problem = WrongPortfolio(f"{of.workflow!r} states no unit economics; add [unit_economics] to its recipe")
        return Line(of, None, Decimal(0), (), problem)
    needed = _needed(stated, classes)
    case = UnitCase(of.workflow, currency, stated, NO_TOKENS)
    try:
        month = case.exactly()
        if not stated.spends_tokens:
            ways = [[NO_MODEL]]
        else:
            able = None if any_class else needed
            rented = [one for one in hardware.ways(stated) if is_able(one, able)]
            ways = [[one for one in metered if is_able(one, able) or _is_stated(one, stated)], rented]
        found = [place for group in ways for place in _places(case, group, seed=seed, draws=draws)]
    except TiebeamError as problem:
        return Line(of, needed, Decimal(0), (), problem)
    ranked = sorted(found, key=lambda one: (-one.margin.p50, one.loss, one.way.id))
    return Line(of, needed, month["value_per_accepted"], _marked(ranked, stated, month))


def _needed(stated: UnitEconomics, classes: Mapping[tuple[str, str], Capability]) -> Capability | None:
    found = [
        capability
        for (provider, model), capability in classes.items()
        if model == stated.model and stated.provider in (None, provider)
    ]
    return max(found, key=ORDER.index, default=None) if stated.spends_tokens else None


def _is_stated(way: Way, stated: UnitEconomics) -> bool:
    if way.hosting is Hosting.NONE:
        return True
    return way.hosting is Hosting.METERED and way.model == stated.model and stated.provider in (None, way.provider)


def _places(case: UnitCase, ways: Sequence[Way], *, seed: int, draws: int) -> list[Place]:
    answers = simulate_variants(case, [one.figures for one in ways], seed=seed, draws=draws)
    return [
        Place(way, answer.cost_per_accepted, answer.margin_per_month, 1 - answer.share_positive)
        for way, answer in zip(ways, answers, strict=True)
    ]


def _marked(ranked: Sequence[Place], stated: UnitEconomics, month: Mapping[str, Decimal]) -> tuple[Place, ...]:
    """The ranked places with their marks; the closed form only where somebody will look at it."""
    is_found = False
    cheap, sure = cheapest_by_class(ranked), surest_by_margin(ranked)
    marked: list[Place] = []
    for rank, one in enumerate(ranked):
        is_stated = not is_found and _is_stated(one.way, stated)
        is_found = is_found or is_stated
        place = replace(
            one,
            is_best=rank == 0,
            is_stated=is_stated,
            is_cheap_for_its_class=rank in cheap,
            is_sure_for_its_margin=rank in sure,
        )
        if place.is_best or place.is_stated:
            exact = exact_variant(month, one.way.figures)
            payback = exact["one_off"] / exact["cash_per_month"] if exact["cash_per_month"] > 0 else None
            value = exact["net_present_value"]
            place = replace(place, payback_months=payback, net_present_value=value, accepted=exact["accepted"])
        marked.append(place)
    return tuple(marked)


def cheapest_by_class(places: Sequence[Place]) -> frozenset[int]:
    """Which places no other beats in cost without a lower class."""

    def quality(one: Place) -> int:
        return -1 if one.way.capability is None else ORDER.index(one.way.capability)

    return _undominated([(one.cost.p50, float(-quality(one))) for one in places])


def surest_by_margin(places: Sequence[Place]) -> frozenset[int]:
    """Which places no other beats in margin without a higher risk of a loss."""
    return _undominated([(-one.margin.p50, one.loss) for one in places])


def _undominated(points: Sequence[tuple[float, float]]) -> frozenset[int]:
    """Places of the points, less being better in both, that no other point is at least as good as and once better."""
    kept: set[int] = set()
    lowest, held = float("inf"), (float("inf"), float("inf"))
    for index in sorted(range(len(points)), key=lambda place: points[place]):
        point = points[index]
        if point[1] < lowest or point == held:
            kept.add(index)
            lowest, held = point[1], point
    return frozenset(kept)
