"""A study as a case that can be worked out: its figures, and what its records say of prices, rents and throughput."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tiebeam.economics.hosting import Method, Throughput, Wanted, find_offer
from tiebeam.economics.ownership.model import HORIZON, months
from tiebeam.economics.prices import Prices, UnknownPrice
from tiebeam.economics.units import WrongFigure, read_changes
from tiebeam.errors import Invalid, NotFound
from tiebeam.graph import Graph
from tiebeam.kit.formulas import Arithmetic, Exact
from tiebeam.spec import (
    STUDY_DRIVERS,
    Assumption,
    Basis,
    ProvisionedCapacity,
    RentedUse,
    ServingUse,
    Shape,
    Side,
    Study,
    StudyFigure,
)


class UnknownStudy(NotFound):
    """No study has that name."""

    code = "unknown_study"


class WrongStudy(Invalid):
    """A study that cannot be worked out as it is asked for."""

    code = "wrong_study"


@dataclass(frozen=True, slots=True)
class StudyCase:
    """`figures` holds every figure of the sides, whatever it came from. `priced_at` is the day of prices and rents."""

    study: Study
    figures: Mapping[str, StudyFigure]
    priced_at: date
    notes: tuple[str, ...] = ()
    """What the methods say of themselves: where the throughput comes from, what does not fit."""
    changed: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def sides(self) -> tuple[Side, ...]:
        return self.study.sides

    @property
    def horizon(self) -> int:
        return int(self.figures[HORIZON].value)

    @property
    def refresh(self) -> int:
        return int(self.figures["refresh_months"].value) if Side.OWN in self.sides else self.horizon

    def central(self) -> dict[str, Decimal]:
        """Every figure at its most likely value."""
        return {name: one.value for name, one in self.figures.items()}

    def uncertain(self) -> dict[str, StudyFigure]:
        """The figures that are drawn, in an order that does not depend on how a file lists them."""
        return {
            name: self.figures[name] for name in sorted(self.figures) if self.figures[name].shape is not Shape.FIXED
        }

    def months(self, figures: Mapping[str, Any], *, arithmetic: Arithmetic) -> Iterator[dict[str, Any]]:
        return months(figures, arithmetic=arithmetic, sides=self.sides, horizon=self.horizon, refresh=self.refresh)

    def present(self, figures: Mapping[str, Any], *, arithmetic: Arithmetic) -> dict[Side, Any]:
        """What each side costs over the whole horizon, in today's money."""
        last = deque(self.months(figures, arithmetic=arithmetic), maxlen=1)[0]
        return {side: last[f"{side.value}_value"] for side in self.sides}

    def exactly(self, **changes: Decimal) -> list[dict[str, Decimal]]:
        """The closed form: every month at the most likely values, some of them set otherwise."""
        return list(self.months({**self.central(), **changes}, arithmetic=Exact()))

    def having(self, changes: Mapping[str, Decimal]) -> StudyCase:
        """The same with figures set anew; a set figure is fixed. Raises WrongFigure."""
        said: dict[str, StudyFigure] = {}
        for name, value in changes.items():
            _check(name, value, known=self.figures)
            said[name] = StudyFigure(value=value, source="Set for this question.", basis=Basis.ASSUMED)
        return replace(self, figures={**self.figures, **said}, changed=self.changed | said.keys())


def find_study(graph: Graph, name: str) -> Study:
    """Raises UnknownStudy with the names that exist."""
    found = graph.studies.get(name)
    if found is None:
        known = ", ".join(graph.studies) or "none"
        raise UnknownStudy(f"no study is called {name[:80]!r}; there are {known}. Write one below studies/")
    return found


def study_case(
    graph: Graph, prices: Prices, study: Study, *, changes: Mapping[str, Decimal] | None = None, at: datetime
) -> StudyCase:
    """The case at the prices of a day. `prices` need no currency: studies are in dollars.

    Raises what prices, offers and throughput raise, WrongFigure on changes that cannot be, WrongStudy.
    """
    notes: list[str] = []
    found = {
        **_metered(study, prices, at),
        **_rented(graph, study, notes),
        **_own(graph, study, notes),
    }
    figures: dict[str, StudyFigure] = {}
    for name in study.asked():
        stated = study.assumptions.get(name)
        figures[name] = stated or found.get(name) or _default(name)
    return StudyCase(study, figures, at.date(), tuple(notes)).having(changes or {})


def read_study_changes(texts: Mapping[str, str], *, users: str | None = None) -> dict[str, Decimal]:
    """Figures as people write them. Raises WrongFigure."""
    return read_changes({**texts, **({} if users is None else {"users": users})})


def _default(name: str) -> StudyFigure:
    default = STUDY_DRIVERS[name].default
    if default is None:
        raise WrongStudy(f"the study says nothing of {name}: {STUDY_DRIVERS[name].about} Add it to its assumptions")
    return StudyFigure(value=default, source="The model's default.", basis=Basis.ASSUMED)


def _check(name: str, value: Decimal, *, known: Mapping[str, object]) -> None:
    if name not in known:
        raise WrongFigure(f"the study has no figure {name!r}; there are {', '.join(sorted(known))}", name=name)
    driver = STUDY_DRIVERS[name]
    if not value.is_finite() or not driver.least <= value <= driver.most:
        raise WrongFigure(
            f"{name} lies between {driver.least} and {driver.most} {driver.unit}, not at {str(value)[:40]}", name=name
        )
    if driver.is_structural and value != value.to_integral_value():
        raise WrongFigure(f"{name} is a whole number of months, not {str(value)[:40]}", name=name)


def _metered(study: Study, prices: Prices, at: datetime) -> dict[str, StudyFigure]:
    if study.api is None:
        return {}
    price = prices.price(study.api.model, provider=study.api.provider, at=at)
    into, out = price.input_usd_per_mtok, price.output_usd_per_mtok
    if into is None or out is None:
        raise UnknownPrice(f"{study.api.model!r} has no price for tokens read or written; add one below prices/")
    cached = into if price.cached_input_usd_per_mtok is None else price.cached_input_usd_per_mtok
    return {
        f"api_{name}_price_per_mtok": StudyFigure(
            value=value,
            source=f"{price.model} at {price.provider}: {price.source}",
            basis=Basis.STATED,
            checked=price.checked,
        )
        for name, value in (("input", into), ("output", out), ("cached", cached))
    }


def _rented(graph: Graph, study: Study, notes: list[str]) -> dict[str, StudyFigure]:
    use = study.rented
    if use is None:
        return {}
    if use.capacity is not None:
        return _provisioned(graph, use.capacity)
    found: dict[str, StudyFigure] = {}
    if use.offer is not None:
        found |= _offered(graph, use, use.offer)
    if use.serving is not None:
        found["rented_tokens_per_s_per_gpu"] = _throughput(graph, study, use.serving, notes)
    return found


def _offered(graph: Graph, use: RentedUse, offer: str) -> dict[str, StudyFigure]:
    view = find_offer(graph.gpus, graph.accelerators, offer)
    if use.serving is not None and use.serving.accelerator != view.accelerator:
        raise WrongStudy(f"{offer!r} rents {view.accelerator!r}, and the serving is of {use.serving.accelerator!r}")
    price = view.under(use.term)
    source = f"{view.title}, {use.term.value}: {'; '.join(price.sources)}"
    low, high = price.low_usd_per_gpu_hour, price.high_usd_per_gpu_hour
    bounds: dict[str, Any] = {} if low == high else {"low": low, "high": high}
    return {
        "rent_per_gpu_hour": StudyFigure(
            value=price.latest_usd_per_gpu_hour, source=source, basis=Basis.STATED, **bounds
        ),
        "rented_gpus_per_node": StudyFigure(
            value=Decimal(view.gpus_per_instance), source=f"{view.title} is rented so", basis=Basis.STATED
        ),
    }


def _provisioned(graph: Graph, name: str) -> dict[str, StudyFigure]:
    """A unit of provisioned capacity is a node of one GPU that counts tokens both ways."""
    record = graph.prices.get(name)
    if record is None or not record.capacity:
        raise UnknownPrice(f"the price {name!r} has no [[capacity]]; add it with its source and date")
    latest: ProvisionedCapacity = max(record.capacity, key=lambda one: one.since)
    source = f"{latest.source}, checked {latest.checked}"

    def stated(value: Decimal) -> StudyFigure:
        return StudyFigure(value=value, source=source, basis=Basis.STATED, checked=latest.checked)

    return {
        "rent_per_gpu_hour": stated(latest.usd_per_hour),
        "rented_gpus_per_node": stated(Decimal(1)),
        "rented_tokens_per_s_per_gpu": stated(Decimal(latest.tokens_per_minute) / 60),
        "rented_counts_input": stated(Decimal(1)),
    }


def _own(graph: Graph, study: Study, notes: list[str]) -> dict[str, StudyFigure]:
    if study.own is None or study.own.serving is None:
        return {}
    return {"own_tokens_per_s_per_gpu": _throughput(graph, study, study.own.serving, notes)}


def _throughput(graph: Graph, study: Study, use: ServingUse, notes: list[str]) -> StudyFigure:
    """Output tokens a second and GPU at the study's request, with the method's band as its range."""
    reading = Throughput(graph.architectures, graph.accelerators, graph.measurements)
    found = reading.estimate(
        Wanted(
            model=use.architecture,
            accelerator=use.accelerator,
            precision=use.precision.value,
            backend=use.backend,
            input_tokens=_tokens(study, "input_tokens_per_request"),
            output_tokens=_tokens(study, "output_tokens_per_request"),
            concurrency=use.concurrency,
            gpus=use.gpus,
            tensor_parallel=use.tensor_parallel,
        )
    )
    notes += [one for one in found.notes if one not in notes]
    return StudyFigure(
        value=_rounded(found.out_tok_s_per_gpu),
        low=_rounded(found.low),
        high=_rounded(found.high),
        shape=Shape.LOGNORMAL,
        basis=Basis.ASSUMED if found.method in {Method.KERNEL_MODEL, Method.ROOFLINE} else Basis.MEASURED,
        source=f"{use.architecture} on {use.gpus} × {use.accelerator}, {use.precision.value}, {use.backend}, "
        f"{use.concurrency} requests in flight; by {found.method.value}, band {found.band}: {found.basis}",
    )


def _tokens(study: Study, name: str) -> int:
    figure: Assumption = study.assumptions[name]
    return max(1, int(figure.value))


def _rounded(value: float) -> Decimal:
    return Decimal(str(round(value, 3)))
