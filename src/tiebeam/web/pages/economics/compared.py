"""Tokens against GPUs for the same volume: every option, and from which volume on one beats the other."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from tiebeam.economics.calculator import (
    BreakEven,
    Catalogue,
    Comparison,
    Option,
    OptionKind,
    Question,
    compare,
    steps_for,
)
from tiebeam.web.pages.economics.asking import Addresses, Tab, amount, chosen, commands, files, paged
from tiebeam.web.pages.economics.dials import BATCH, BUSY, CACHED, CONCURRENCY, RATIO, TOKENS
from tiebeam.web.pages.economics.hosted import hosting_choices, sentence_of, source_of
from tiebeam.web.pages.economics.metered import model_filters
from tiebeam.web.pages.economics.volumes import PER_DECADE, volumes
from tiebeam.web.svg import Curve, Marker, curve_chart, short_number
from tiebeam.web.table import Cell, Column, Empty, Row, Table
from tiebeam.web.views import Answers, Choice, Figure, Kpi, Weighed
from tiebeam.web.visit import Visit
from tiebeam.web.wording import day, percent

PATH = "/economics/compare"
_MTOK = Decimal(1_000_000)
_EMPTY = Empty("Nothing to compare", "No option with a figure passes these filters; take one away.")
_KINDS = {OptionKind.API: "API", OptionKind.HOSTING: "Own GPUs", OptionKind.CAPACITY: "Dedicated capacity"}


def columns(currency: str) -> tuple[Column, ...]:
    return (
        Column("name", "Option", is_sortable=False),
        Column("cost", f"{currency} a month", is_number=True, is_sortable=False),
        Column("per_mtok", f"{currency} / 1M tokens", is_number=True, is_sortable=False),
        Column("used", "Used", is_number=True, is_sortable=False),
        Column("source", "Price from", is_sortable=False),
    )


def choices(visit: Visit, catalogue: Catalogue) -> tuple[Choice, ...]:
    """The two that are compared are chosen in the table, which holds all of them."""
    gpus = sorted({one.accelerator for one in catalogue.offers})
    return (
        *model_filters(visit, catalogue, renews="metered"),
        *hosting_choices(visit, catalogue, renews="rented"),
        Choice("gpu", "GPU", tuple((one, one) for one in gpus), chosen(visit, "gpu"), "Every GPU", renews="rented"),
    )


def answers_of(visit: Visit, found: Comparison, weighed: Weighed | None) -> Answers:
    at, pair = Addresses(found.question), _pair(found)
    # The two that are compared, then all others, the cheapest first.
    options = sorted(found.options, key=lambda one: one.id not in pair)
    table = Table("answers-table", columns(found.currency), (), 0, _EMPTY)
    left_out = f" {found.without_figures} without a figure are left out." if found.without_figures else ""
    notes = "".join(f" {sentence_of(one)}." for one in found.notes)
    return Answers(
        kpis=_kpis(found),
        weighed=weighed,
        verdict=verdict(found),
        table=paged(visit, table, options, lambda one: _row(found, one, at, pair)),
        figure=_figure(found),
        said=f"{len(found.options)} options at {day(found.day)}.{left_out}{notes} "
        "Choose any of them to compare it. They may be different models: the cheapest need not be good enough.",
        commands=commands("compare", "compare", found.question),
        files=files(PATH, found.question),
    )


def _pair(found: Comparison) -> tuple[str, ...]:
    return () if found.break_even is None else (found.break_even.metered, found.break_even.hosted)


def _row(found: Comparison, one: Option, at: Addresses, pair: tuple[str, ...]) -> Row:
    is_exact = one.low_per_month == one.high_per_month
    spread = "" if is_exact else f"{amount(one.low_per_month)}–{amount(one.high_per_month)}"
    parameter = {OptionKind.API: "metered", OptionKind.HOSTING: "rented"}.get(one.kind)
    is_compared = one.id in pair
    href = "" if parameter is None or is_compared else at(PATH, **{parameter: one.id})
    return Row(
        one.id,
        (
            Cell(one.title, href=href, sub=f"{'Compared · ' if is_compared else ''}{_KINDS[one.kind]} · {one.detail}"),
            Cell(amount(one.per_month), sub=spread),
            Cell(amount(one.per_mtok)),
            Cell("" if one.used_share is None else percent(one.used_share)),
            source_of(one.source.split("; ")) if one.kind is OptionKind.HOSTING else _source(found, one),
        ),
    )


def _source(found: Comparison, one: Option) -> Cell:
    text, _, dated = one.source.partition(", ")
    return Cell(text, sub=dated or f"in force {found.day}", is_soft=True)


def sides(found: BreakEven, volume: Decimal) -> tuple[Decimal, Decimal]:
    """What tokens and GPUs cost at a volume."""
    return found.metered_per_mtok * volume / _MTOK, steps_for(volume, found.tokens_per_step) * found.month_per_step


def _kpis(found: Comparison) -> tuple[Kpi, ...]:
    even = found.break_even
    if even is None:
        return ()
    tokens, gpus = sides(even, found.question.volume)
    options = {one.id: one for one in found.options}
    hosted, crossing = options[even.hosted], even.crossing
    on = f"{hosted.title}, {hosted.detail.split(',')[0]}"
    return (
        Kpi("By the token", amount(tokens), options[even.metered].title, unit=found.currency),
        Kpi("On GPUs", amount(gpus), on, unit=found.currency),
        Kpi(
            "Break-even",
            "none" if crossing.first is None else short_number(float(crossing.first)),
            "at any volume" if crossing.first is None else _for_good(even),
            unit="" if crossing.first is None else "tokens a month",
        ),
    )


def _for_good(even: BreakEven) -> str:
    last = even.crossing.for_good
    if last is None:
        return "dearer again after every full step"
    return "for good" if last == even.crossing.first else f"for good from {short_number(float(last))}"


def verdict(found: Comparison) -> str:
    """Which is cheaper now, and when that turns, in one or two sentences."""
    even = found.break_even
    if even is None:
        return sentence_of(found.missing or "there is nothing to compare") + "."
    volume = found.question.volume
    tokens, gpus = sides(even, volume)
    at = f"At {short_number(float(volume))} tokens a month"
    less, more = ("GPUs", "tokens") if gpus <= tokens else ("tokens", "GPUs")
    apart = abs(tokens - gpus)
    now = f"{at}, {less} cost {amount(apart)} {found.currency} less than {more}."
    first = even.crossing.first
    if first is None:
        full = even.month_per_step / even.tokens_per_step * _MTOK
        return (
            f"{now} GPUs never catch up: full, they cost {amount(full)} {found.currency} a million tokens, "
            f"the API {amount(even.metered_per_mtok)}."
        )
    return f"{now} GPUs are no dearer from {short_number(float(first))} tokens a month on, {_for_good(even)}."


def _figure(found: Comparison) -> Figure | None:
    even = found.break_even
    if even is None:
        return None
    titles = {one.id: one.title for one in found.options}
    costs = [(volume, *sides(even, volume)) for volume in volumes(found.question.volume, even.crossing.first)]
    names = (titles[even.metered], titles[even.hosted])
    curves = [
        Curve(names[0], tuple((float(volume), float(tokens)) for volume, tokens, _ in costs)),
        Curve(names[1], tuple((float(volume), float(gpus)) for volume, _, gpus in costs), "s2", step=True),
    ]
    volume = found.question.volume
    markers = [Marker(float(volume), f"now {short_number(float(volume))}")]
    first = even.crossing.first
    if first is not None:
        markers.append(Marker(float(first), f"break-even {short_number(float(first))}", float(sides(even, first)[0])))
    return Figure(
        "Cost a month by volume",
        curve_chart(
            curves,
            name=f"Cost a month in {found.currency} of tokens and of GPUs by tokens a month",
            markers=markers,
            height=260,
        ),
        columns=("Tokens a month", *names),
        rows=tuple(
            (short_number(float(volume)), amount(tokens), amount(gpus)) for volume, tokens, gpus in costs[::PER_DECADE]
        ),
        note=f"{found.currency} a month, both axes in powers of ten. GPUs come in whole copies on whole machines.",
        legend=(("s1", names[0]), ("s2", names[1])),
    )


_DIALS = (RATIO, TOKENS, CACHED, BATCH, BUSY, CONCURRENCY)


def tab(build: Callable[[Visit, Catalogue, Question], Answers]) -> Tab:
    return Tab(PATH, "pages/economics/compare.html", _DIALS, choices, compare, build)
