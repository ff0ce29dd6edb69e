"""Models on GPUs by the hour: what they do, how many it takes, and what a million tokens and a month cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import lcm
from typing import Any

from tiebeam.economics.calculator.catalogue import Catalogue, Problem
from tiebeam.economics.calculator.formulas import HOSTED, worked_out
from tiebeam.economics.calculator.question import ALL, BadQuestion, Question, Sort
from tiebeam.economics.hosting import Estimate, OfferView, TermPrice, UnknownArchitecture, Wanted
from tiebeam.spec import Architecture, Term

_REPLICAS = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class Range:
    """`value` by the latest price and the estimate; `low` and `high` by the range of sources and the band."""

    value: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class HostingCost:
    """Output tokens are what throughput counts; all tokens are input and output at the ratio."""

    output_per_mtok: Range
    """At the utilisation that was asked for."""
    per_mtok: Range
    gpus: int
    """Whole copies of the model on whole machines."""
    per_month: Range
    used_share: Decimal
    """Of what is rented, at the volume and the utilisation that were asked for."""
    tokens_per_step: Decimal
    """Tokens a month that the fewest GPUs one can rent serve."""
    month_per_step: Decimal


@dataclass(frozen=True, slots=True)
class HostingRow:
    """One offer under one term with one model. Without `cost` there is a `problem` that says why."""

    offer: OfferView
    term: Term
    terms: tuple[Term, ...]
    """Under which the offer has a price."""
    architecture: str
    title: str
    """Of the model."""
    replica: int | None
    """GPUs of one copy of the model."""
    gpus_at_once: int | None
    """The fewest that can be added: whole copies on whole machines."""
    hour_per_gpu: Range
    month_per_gpu: Range
    estimate: Estimate | None
    cost: HostingCost | None
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    problem: Problem | None = None

    @property
    def id(self) -> str:
        return f"{self.offer.id}/{self.architecture}"


@dataclass(frozen=True, slots=True)
class HostingView:
    """Rows as asked for. Every figure of money is in `currency`, at `rate` of it for a US dollar."""

    question: Question
    rows: tuple[HostingRow, ...]
    day: date
    currency: str
    rate: Decimal
    other_terms: int
    """Offers that pass the filters but have no price under the term."""
    notes: tuple[str, ...]
    """What holds for every row."""


def hosting_view(catalogue: Catalogue, question: Question) -> HostingView:
    """Every offer that passes the filters with every model asked for.

    Raises MissingRate where the currency has no rate, and BadQuestion for a model that no record knows.
    """
    rate = catalogue.rate(question.currency)
    models = _architectures(catalogue, question)
    offers = [one for one in catalogue.offers if _passes(one, question)]
    rows: list[HostingRow] = []
    for offer in offers:
        price = next((one for one in offer.prices if one.term is question.term), None)
        if price is not None:
            rows += [_row(catalogue, offer, price, model, question, rate) for model in models]
    priced = len({row.offer.id for row in rows})
    return HostingView(
        question=question,
        rows=tuple(_in_order(rows, question)),
        day=catalogue.day,
        currency=question.currency,
        rate=rate,
        other_terms=len(offers) - priced,
        notes=tuple(_general_notes(question)),
    )


def _architectures(catalogue: Catalogue, question: Question) -> list[Architecture]:
    if ALL in question.architectures:
        return list(catalogue.architectures.values())
    try:
        found = [catalogue.throughput.architecture(name) for name in question.architectures]
    except UnknownArchitecture as problem:
        raise BadQuestion(f"arch: {problem.message}", field="arch") from problem
    return list({one.id: one for one in found}.values())


def _passes(offer: OfferView, question: Question) -> bool:
    hosts = {host.lower() for host in question.hosts}
    return (not question.gpus or offer.accelerator in question.gpus) and (not hosts or offer.provider.lower() in hosts)


def _row(
    catalogue: Catalogue, offer: OfferView, price: TermPrice, model: Architecture, question: Question, rate: Decimal
) -> HostingRow:
    replica, estimate = _estimate(catalogue, offer, model, question)
    at_once = None if replica is None else lcm(replica, offer.gpus_per_instance)
    cost = None
    if isinstance(estimate, Estimate) and at_once is not None:
        cost = _cost(price, estimate, at_once, question, rate)
    return HostingRow(
        offer=offer,
        term=price.term,
        terms=tuple(one.term for one in offer.prices),
        architecture=model.id,
        title=model.title,
        replica=replica,
        gpus_at_once=at_once,
        hour_per_gpu=_range(price, "hour", rate),
        month_per_gpu=_range(price, "month", rate),
        estimate=estimate if isinstance(estimate, Estimate) else None,
        cost=cost,
        sources=price.sources,
        notes=(*price.notes, *(estimate.notes if isinstance(estimate, Estimate) else ())),
        problem=estimate if isinstance(estimate, Problem) else None,
    )


def _estimate(
    catalogue: Catalogue, offer: OfferView, model: Architecture, question: Question
) -> tuple[int | None, Estimate | Problem]:
    """GPUs of one copy, and what they do."""
    if not question.output_parts:
        return None, Problem(
            BadQuestion.code, "throughput is counted in output tokens; give the ratio an output part above 0"
        )
    holding: tuple[int, Estimate] | None = None
    """The fewest that hold the weights; they may not hold every request's cache beside them."""
    for replica in _REPLICAS if question.replica is None else (question.replica,):
        found = catalogue.estimate(_wanted(offer, model, question, gpus=replica), question.method)
        if isinstance(found, Problem):
            return None, found
        if question.replica is not None or (found.fits and found.in_flight >= question.concurrency):
            return replica, found
        if found.fits and holding is None:
            holding = replica, found
    if holding is not None:
        return holding
    most = _REPLICAS[-1]
    return None, Problem(
        "does_not_fit", f"{model.id!r} does not fit into the memory of {most} {offer.accelerator}; take fewer bits"
    )


def _wanted(offer: OfferView, model: Architecture, question: Question, *, gpus: int) -> Wanted:
    return Wanted(
        model=model.id,
        accelerator=offer.accelerator,
        precision=question.precision.value,
        backend=question.backend,
        input_tokens=question.request_input,
        output_tokens=question.request_output,
        concurrency=question.concurrency,
        gpus=gpus,
        tensor_parallel=gpus,
    )


def _cost(price: TermPrice, estimate: Estimate, at_once: int, question: Question, rate: Decimal) -> HostingCost:
    def figures(hour: Decimal, tokens_per_s: float) -> dict[str, Decimal]:
        return hosted_figures(hour * rate, tokens_per_s, at_once=at_once, question=question)

    value = worked_out(HOSTED, figures(price.latest_usd_per_gpu_hour, estimate.out_tok_s_per_gpu))
    low = worked_out(HOSTED, figures(price.low_usd_per_gpu_hour, estimate.high))
    high = worked_out(HOSTED, figures(price.high_usd_per_gpu_hour, estimate.low))

    def span(name: str) -> Range:
        return Range(value[name], low[name], high[name])

    return HostingCost(
        output_per_mtok=span("output_per_mtok"),
        per_mtok=span("per_mtok"),
        gpus=int(value["gpus"]),
        per_month=span("per_month"),
        used_share=value["used_share"],
        tokens_per_step=value["tokens_per_gpu"] * at_once,
        month_per_step=value["month_per_gpu"] * at_once,
    )


def hosted_figures(
    hour_per_gpu: Decimal, tokens_per_s: float, *, at_once: int, question: Question
) -> dict[str, Decimal]:
    """What the formulas of hosting ask for, by name."""
    return {
        "hour_per_gpu": hour_per_gpu,
        # An estimate has no more than a few true digits.
        "tokens_per_s_per_gpu": Decimal(f"{tokens_per_s:.4f}"),
        "gpus_at_once": Decimal(at_once),
        **hosting_question(question),
    }


def hosting_question(question: Question) -> dict[str, Decimal]:
    """What they ask for about the question, by name."""
    return {
        "busy_share": question.busy,
        "input_parts": question.input_parts,
        "output_parts": question.output_parts,
        "tokens_per_month": question.volume,
    }


def _range(price: TermPrice, per: str, rate: Decimal) -> Range:
    latest, low, high = (getattr(price, f"{name}_usd_per_gpu_{per}") * rate for name in ("latest", "low", "high"))
    return Range(latest, low, high)


def _general_notes(question: Question) -> Iterable[str]:
    yield (
        f"{question.precision.value} weights on {question.backend}, {question.concurrency} requests in flight a copy, "
        f"{question.request_input} tokens in and {question.request_output} out, busy {question.busy:.0%} of the time"
    )
    if question.cached:
        yield "a cache of prompts on one's own hardware is not reckoned with"
    if question.output_parts and question.input_tokens is not None and question.output_tokens is not None:
        parts, lengths = question.input_parts / question.output_parts, question.input_tokens / question.output_tokens
        if abs(float(parts) - lengths) > 0.01 * lengths:
            yield "the lengths of requests are not at the ratio: throughput is by the lengths, the volume by the ratio"


def _in_order(rows: list[HostingRow], question: Question) -> list[HostingRow]:
    """By the sort, then by id; rows that have no such figure come last."""
    rows = sorted(rows, key=lambda row: row.id)
    known = [row for row in rows if _place(row, question.sort) is not None]
    known.sort(key=lambda row: _place(row, question.sort), reverse=question.descending)
    return known + [row for row in rows if _place(row, question.sort) is None]


def _place(row: HostingRow, sort: Sort) -> Any:
    match sort:
        case Sort.NAME:
            return row.offer.title.lower()
        case Sort.PROVIDER:
            return row.offer.provider.lower()
        case Sort.THROUGHPUT:
            return None if row.estimate is None else row.estimate.out_tok_s_per_gpu
        case Sort.HOUR:
            return row.hour_per_gpu.value
        case _:
            return None if row.cost is None else row.cost.per_month.value
