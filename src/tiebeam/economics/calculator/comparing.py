"""Tokens by the million against hardware by the hour, for the same volume."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tiebeam.economics.calculator.api_side import ApiRow, ApiView, api_view
from tiebeam.economics.calculator.catalogue import Catalogue, Problem
from tiebeam.economics.calculator.crossing import Crossing, CurvePoint, crossing, curve
from tiebeam.economics.calculator.hosting_side import HostingCost, HostingRow, HostingView, hosting_view
from tiebeam.economics.calculator.question import BadQuestion, Question
from tiebeam.economics.capacity import CapacityQuestion, Metered, capacity_of, plan_capacity
from tiebeam.economics.hosting import Estimate
from tiebeam.errors import TiebeamError
from tiebeam.spec import Price

_ZERO = Decimal(0)


class OptionKind(StrEnum):
    API = "api"
    HOSTING = "hosting"
    CAPACITY = "capacity"
    """Throughput of one model that a provider sells by the hour."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to serve the volume. Figures are in the comparison's currency."""

    kind: OptionKind
    id: str
    title: str
    per_month: Decimal
    per_mtok: Decimal
    """The month's cost over its tokens, idle hours included."""
    low_per_month: Decimal
    high_per_month: Decimal
    detail: str
    """In words what is bought, such as GPUs or units."""
    source: str
    used_share: Decimal | None = None
    """Of what is paid by the hour; None for tokens."""


@dataclass(frozen=True, slots=True)
class BreakEven:
    """One API row against one hosting row, both with figures."""

    api: ApiRow
    hosting: HostingRow
    metered_per_mtok: Decimal
    tokens_per_step: Decimal
    """What the fewest GPUs one can rent serve in a month."""
    month_per_step: Decimal
    gpus_per_step: int
    crossing: Crossing
    curve: tuple[CurvePoint, ...]

    @property
    def metered(self) -> str:
        return self.api.model.id

    @property
    def hosted(self) -> str:
        return self.hosting.id


@dataclass(frozen=True, slots=True)
class Comparison:
    """Options, the cheapest first. They may be different models: the cheapest need not be good enough."""

    question: Question
    options: tuple[Option, ...]
    cheapest: Option | None
    break_even: BreakEven | None
    """None where there is not one option of each kind; `missing` says why."""
    missing: str | None
    without_figures: int
    """API and hosting rows that have a problem instead of a figure."""
    day: date
    currency: str
    rate: Decimal
    notes: tuple[str, ...]


def compare(catalogue: Catalogue, question: Question) -> Comparison:
    """Every API row, hosting row and capacity that passes the filters.

    Raises MissingRate, and BadQuestion for a model to host or an option that there is none of.
    """
    metered, hosted = api_view(catalogue, question), hosting_view(catalogue, question)
    options = [_metered(row) for row in _priced(metered)]
    options += [_hosted(row, question.volume) for row in _costed(hosted)]
    capacities, unavailable = _capacities(catalogue, metered)
    options += capacities
    options.sort(key=lambda one: (one.per_month, one.id))
    problems = sum(row.problem is not None for row in (*metered.rows, *hosted.rows))
    break_even, missing = _break_even(metered, hosted)
    return Comparison(
        question=question,
        options=tuple(options),
        cheapest=options[0] if options else None,
        break_even=break_even,
        missing=missing,
        without_figures=problems,
        day=catalogue.day,
        currency=question.currency,
        rate=metered.rate,
        notes=(*hosted.notes, *unavailable),
    )


def _priced(view: ApiView) -> list[ApiRow]:
    return [row for row in view.rows if row.per_month is not None]


def _costed(view: HostingView) -> list[HostingRow]:
    return [row for row in view.rows if row.cost is not None]


def _metered(row: ApiRow) -> Option:
    assert row.per_month is not None
    assert row.per_mtok is not None
    assert row.source is not None
    return Option(
        kind=OptionKind.API,
        id=row.model.id,
        title=row.model.title,
        per_month=row.per_month,
        per_mtok=row.per_mtok,
        low_per_month=row.per_month,
        high_per_month=row.per_month,
        detail="tokens as they are used" if row.model.capability is None else f"{row.model.capability.value} model",
        source=row.source,
    )


def _hosted(row: HostingRow, volume: Decimal) -> Option:
    assert row.cost is not None
    assert row.estimate is not None
    return Option(
        kind=OptionKind.HOSTING,
        id=row.id,
        title=f"{row.title} on {row.offer.title}",
        per_month=row.cost.per_month.value,
        per_mtok=row.cost.per_month.value / volume * 1_000_000,
        low_per_month=row.cost.per_month.low,
        high_per_month=row.cost.per_month.high,
        detail=_rented(row, row.cost, row.estimate),
        source="; ".join(row.sources),
        used_share=row.cost.used_share,
    )


def _rented(row: HostingRow, cost: HostingCost, estimate: Estimate) -> str:
    gpus = "1 GPU" if cost.gpus == 1 else f"{cost.gpus} GPUs"
    return f"{gpus} {row.term.value}, {estimate.method.value} {estimate.band}"


def _capacities(catalogue: Catalogue, view: ApiView) -> tuple[list[Option], list[str]]:
    """EC-26: capacity the workspace knows the price of, for the models of the view that have a price by the token.

    Second, why other capacity is not among the options.
    """
    shown = {(row.model.provider, row.model.model): row for row in view.rows}
    found: list[Option] = []
    notes: list[str] = []
    for record in catalogue.capacity:
        row = shown.get((record.provider, record.model))
        if row is None or not row.per_mtok:
            continue
        try:
            found.append(_capacity(catalogue, record, row.per_mtok, view))
        except TiebeamError as problem:
            notes.append(problem.message)
    return found, notes


def _capacity(catalogue: Catalogue, record: Price, metered: Decimal, view: ApiView) -> Option:
    """The cheapest whole number of units, and the tokens beyond them metered, in one month of many."""
    question = view.question
    offered = capacity_of(record, at=catalogue.moment)
    plan = plan_capacity(
        CapacityQuestion(
            # A commitment is paid by the month; whether it is kept up is for the plan over years to say.
            capacity=offered.model_copy(update={"commitment_months": 0}),
            metered=Metered(metered / view.rate, "the API row of the same model"),
            tokens_per_month=question.volume,
            months=1,
            busy_share=question.busy,
        )
    )
    month = plan.lines["dedicated_usd"] * view.rate
    promised = f", committed for {offered.commitment_months} months" if offered.commitment_months else ""
    return Option(
        kind=OptionKind.CAPACITY,
        id=f"{record.id}/capacity",
        title=f"{record.model} at {record.provider}, capacity by the hour",
        per_month=month,
        per_mtok=month / question.volume * 1_000_000,
        low_per_month=month,
        high_per_month=month,
        detail=f"{plan.units} units of {offered.tokens_per_minute:,} tokens a minute{promised}",
        source=f"{offered.source}, checked {offered.checked}",
        used_share=plan.lines["utilisation"],
    )


def _break_even(metered: ApiView, hosted: HostingView) -> tuple[BreakEven | None, str | None]:
    question = metered.question
    tokens = _chosen_api(metered, question.metered)
    hardware = _chosen_hosting(hosted, question.rented)
    if tokens is None or tokens.per_mtok is None:
        return None, _why("API", None if tokens is None else tokens.problem)
    if hardware is None or hardware.cost is None:
        return None, _why("hosting", None if hardware is None else hardware.problem)
    cost = hardware.cost
    figures = {
        "per_mtok": tokens.per_mtok,
        "tokens_per_step": cost.tokens_per_step,
        "month_per_step": cost.month_per_step,
    }
    found = crossing(**figures)
    break_even = BreakEven(
        api=tokens,
        hosting=hardware,
        metered_per_mtok=tokens.per_mtok,
        tokens_per_step=cost.tokens_per_step,
        month_per_step=cost.month_per_step,
        gpus_per_step=hardware.gpus_at_once or 1,
        crossing=found,
        curve=curve(**figures, volume=question.volume, meets=found.for_good or found.first),
    )
    return break_even, None


def _why(side: str, problem: Problem | None) -> str:
    if problem is not None:
        return f"the {side} option has no figure: {problem.message}"
    return f"no {side} option with a figure passes the filters"


def _chosen_api(view: ApiView, wanted: str | None) -> ApiRow | None:
    if wanted is None:
        return next(iter(sorted(_priced(view), key=lambda row: (row.per_month or _ZERO, row.model.id))), None)
    found = next((row for row in view.rows if row.model.id == wanted), None)
    if found is None:
        raise BadQuestion(f"metered is {wanted!r}; no API row has that id and passes the filters", field="metered")
    return found


def _chosen_hosting(view: HostingView, wanted: str | None) -> HostingRow | None:
    if wanted is None:
        priced = ((row.cost.per_month.value, row.id, row) for row in view.rows if row.cost is not None)
        return min(priced, key=lambda one: one[:2], default=(None, None, None))[2]
    found = next((row for row in view.rows if row.id == wanted), None)
    if found is None:
        raise BadQuestion(
            f"rented is {wanted!r}; no hosting row under {view.question.term.value} has that id and passes the filters",
            field="rented",
        )
    return found
