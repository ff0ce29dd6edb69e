"""Models by the token: what a million tokens and a month cost at each provider."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tiebeam.economics.calculator.catalogue import Catalogue, Model, Problem
from tiebeam.economics.calculator.formulas import BATCHED, METERED, worked_out
from tiebeam.economics.calculator.question import Question, Sort
from tiebeam.economics.prices import ModelPrice, UnknownPricePart
from tiebeam.spec import Capability, ServiceTier

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Parts:
    """Prices per million tokens in the view's currency. None = not offered."""

    input: Decimal | None
    cached_input: Decimal | None
    output: Decimal | None
    fee_per_call: Decimal | None
    """What a call costs besides its tokens."""


@dataclass(frozen=True, slots=True)
class ApiRow:
    """One model at one provider. Without `per_mtok` there is a `problem` that says why, and never a zero."""

    model: Model
    parts: Parts | None
    """As served for the calls that do not wait."""
    batch_parts: Parts | None
    """None where no share of the calls waits, or the batch service has no price."""
    per_mtok: Decimal | None
    """A million tokens at the ratio, with cached and batched shares and the fees of calls."""
    per_month: Decimal | None
    per_call: Decimal | None
    source: str | None
    since: date | None
    """The price's first day; None where its list does not date it."""
    checked: date | None
    """When the price was last compared with its source; None for the public list, whose version is named."""
    notes: tuple[str, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ApiView:
    """Rows as asked for. Every figure is in `currency`, at `rate` of it for a US dollar."""

    question: Question
    rows: tuple[ApiRow, ...]
    day: date
    currency: str
    rate: Decimal
    found: int
    """Rows that were found beyond the library by the words of the search."""


def api_view(catalogue: Catalogue, question: Question) -> ApiView:
    """Every model that passes the filters. Raises MissingRate where the currency has no rate."""
    rate = catalogue.rate(question.currency)
    models = [one for one in catalogue.models if _holds(one, question.search) and _passes(one, question)]
    more = [one for one in catalogue.found(question.search) if _passes(one, question)] if question.search else []
    rows = [_row(catalogue, one, question, rate) for one in (*models, *more)]
    return ApiView(
        question=question,
        rows=tuple(_in_order(rows, question)),
        day=catalogue.day,
        currency=question.currency,
        rate=rate,
        found=len(more),
    )


def _holds(model: Model, words: str) -> bool:
    searched = f"{model.id} {model.title} {model.provider} {model.model}".lower() if words else ""
    return all(word in searched for word in words.lower().split())


def _passes(model: Model, question: Question) -> bool:
    return (
        (not question.providers or model.provider in question.providers)
        and (not question.classes or model.capability in question.classes)
        and (not question.models or model.id in question.models)
    )


def _row(catalogue: Catalogue, model: Model, question: Question, rate: Decimal) -> ApiRow:
    batch = question.batch_share
    services = ([] if batch == 1 else [question.service]) + ([ServiceTier.BATCH] if batch else [])
    prices: list[ModelPrice] = []
    for service in services:
        price = catalogue.price(model, service, question.region)
        problem = price if isinstance(price, Problem) else _gap(price, question)
        if problem is not None:
            return _without(model, price, problem, question, rate)
        assert isinstance(price, ModelPrice)
        prices.append(price)
    parts = _parts(prices[0], question, rate)
    batch_parts = _parts(prices[-1], question, rate) if batch else None
    figures = {**shared_figures(question), **price_figures(parts, batch_parts, question)}
    cost = worked_out(BATCHED if batch_parts else METERED, figures)
    return ApiRow(
        model=model,
        parts=parts,
        batch_parts=batch_parts,
        per_mtok=cost["per_mtok"],
        per_month=cost["per_month"],
        per_call=cost["cost_per_call"],
        source=prices[0].source,
        since=prices[0].since,
        checked=prices[0].checked,
        notes=tuple(_notes(model, prices, question)),
    )


def shared_figures(question: Question) -> dict[str, Decimal]:
    """What the formulas of tokens ask for about the question, by name."""
    found = {
        "input_parts": question.input_parts,
        "output_parts": question.output_parts,
        "tokens_per_month": question.volume,
        "per_call": question.per_call,
        "cached_share": question.cached,
    }
    return {**found, "batch_share": question.batch_share} if question.batch_share else found


def price_figures(parts: Parts, batch_parts: Parts | None, question: Question) -> dict[str, Decimal]:
    """What they ask for about one price, by name; a part that is not offered is not used either."""
    found: dict[str, Decimal] = {}
    for prefix, one in (("", parts), ("batch_", batch_parts)):
        if one is not None:
            found[f"{prefix}input_price"] = one.input or _ZERO
            # Without a price of its own, a cached token costs what any input token costs.
            found[f"{prefix}cached_price"] = (one.input if one.cached_input is None else one.cached_input) or _ZERO
            found[f"{prefix}output_price"] = one.output or _ZERO
    fees = [one.fee_per_call or _ZERO for one in (parts, batch_parts or parts)]
    found["fee_per_call"] = (1 - question.batch_share) * fees[0] + question.batch_share * fees[1]
    return found


def _gap(price: ModelPrice, question: Question) -> Problem | None:
    rates = price.rates(question.request_input)
    for kind, value, parts in (
        ("input", rates.input_usd_per_mtok, question.input_parts),
        ("output", rates.output_usd_per_mtok, question.output_parts),
    ):
        if parts and value is None:
            return Problem(
                UnknownPricePart.code,
                f"{price.model!r} has no {price.service.value} price for {kind} tokens; "
                f"ask with a ratio without {kind}, or add one below prices/ with its source",
            )
    return None


def _without(model: Model, price: ModelPrice | Problem, problem: Problem, question: Question, rate: Decimal) -> ApiRow:
    known = price if isinstance(price, ModelPrice) else None
    return ApiRow(
        model=model,
        parts=None if known is None else _parts(known, question, rate),
        batch_parts=None,
        per_mtok=None,
        per_month=None,
        per_call=None,
        source=None if known is None else known.source,
        since=None if known is None else known.since,
        checked=None if known is None else known.checked,
        problem=problem,
    )


def _parts(price: ModelPrice, question: Question, rate: Decimal) -> Parts:
    rates = price.rates(question.request_input)
    fee = price.usd_per_thousand_requests
    return Parts(
        input=_times(rates.input_usd_per_mtok, rate),
        cached_input=_times(rates.cached_input_usd_per_mtok, rate),
        output=_times(rates.output_usd_per_mtok, rate),
        fee_per_call=None if fee is None else fee * rate / 1000,
    )


def _times(value: Decimal | None, rate: Decimal) -> Decimal | None:
    return None if value is None else value * rate


def _notes(model: Model, prices: Sequence[ModelPrice], question: Question) -> Iterable[str]:
    length = question.request_input
    if model.context_tokens is not None and length + question.request_output > model.context_tokens:
        yield f"a call of {length + question.request_output:,} tokens is longer than its context"
    if question.cached and any(one.rates(length).cached_input_usd_per_mtok is None for one in prices):
        yield "no price for cached input: it is counted as any other input"
    above = prices[0].tier_of(length)
    if above is not None:
        yield f"the price of prompts longer than {above:,} tokens"
    elif prices[0].has_tiers:
        yield f"prompts longer than {prices[0].tiers[0][0]:,} tokens cost more"
    if prices[0].usd_per_thousand_requests:
        yield "includes a fee for each call"


def _in_order(rows: list[ApiRow], question: Question) -> list[ApiRow]:
    """By the sort, then by id; rows that have no such figure come last."""
    rows = sorted(rows, key=lambda row: row.model.id)
    known = [row for row in rows if _place(row, question.sort) is not None]
    known.sort(key=lambda row: _place(row, question.sort), reverse=question.descending)
    return known + [row for row in rows if _place(row, question.sort) is None]


def _place(row: ApiRow, sort: Sort) -> Any:
    match sort:
        case Sort.NAME:
            return row.model.title.lower()
        case Sort.PROVIDER:
            return row.model.provider
        case Sort.CLASS:
            return None if row.model.capability is None else list(Capability).index(row.model.capability)
        case Sort.CONTEXT:
            return row.model.context_tokens
        case Sort.INPUT:
            return None if row.parts is None else row.parts.input
        case Sort.OUTPUT:
            return None if row.parts is None else row.parts.output
        case _:
            return row.per_month
