"""The calculator by the hour: every GPU offer with the model one would host, for one question."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tiebeam.economics.calculator import (
    ALL,
    Catalogue,
    HostingRow,
    HostingView,
    Question,
    Range,
    hosting_view,
    steps_for,
)
from tiebeam.spec import Precision, Term
from tiebeam.web.pages.economics.asking import Addresses, Tab, amount, chosen, commands, files, paged
from tiebeam.web.pages.economics.dials import BUSY, CONCURRENCY, RATIO, TOKENS
from tiebeam.web.pages.economics.volumes import PER_DECADE, volumes
from tiebeam.web.svg import Curve, Marker, curve_chart, short_number
from tiebeam.web.table import Cell, Column, Empty, Row, Table
from tiebeam.web.views import Answers, Choice, Figure, Kpi
from tiebeam.web.visit import Visit
from tiebeam.web.wording import NONE, day, percent, sentence

PATH = "/economics/hosting"
_EMPTY = Empty(
    "No offer fits",
    "Nobody rents such a GPU in this way; choose another way of renting, or take a filter away.",
    "tiebeam hosting offers",
)
_TONES = ("s1", "s2", "s3")


def columns(currency: str) -> tuple[Column, ...]:
    return (
        Column("name", "Offer"),
        Column("hour", f"{currency} / GPU hour", is_number=True),
        Column("month", "GPU month", is_number=True, is_sortable=False),
        Column("throughput", "Tokens/s a GPU", is_number=True),
        Column("per_mtok", "1M output", is_number=True, is_sortable=False),
        Column("cost", f"{currency} a month", is_number=True),
        Column("source", "Price from", is_sortable=False),
    )


def choices(visit: Visit, catalogue: Catalogue) -> tuple[Choice, ...]:
    gpus = sorted({one.accelerator for one in catalogue.offers})
    hosts = sorted({one.provider for one in catalogue.offers}, key=str.lower)
    return (
        *hosting_choices(visit, catalogue),
        Choice("gpu", "GPU", tuple((one, one) for one in gpus), chosen(visit, "gpu"), "Every GPU"),
        Choice("host", "Provider", tuple((one, one) for one in hosts), chosen(visit, "host"), "Every provider"),
    )


def hosting_choices(visit: Visit, catalogue: Catalogue, *, renews: str = "") -> tuple[Choice, ...]:
    """What one would host and how it would be rented. `renews` names what another choice makes void."""
    standard = Question()
    models = tuple((one.id, one.title) for one in catalogue.architectures.values())
    return (
        Choice("arch", "Model to host", models, chosen(visit, "arch") or standard.architectures[0], renews=renews),
        Choice(
            "precision",
            "Weights",
            tuple((one.value, one.value) for one in Precision),
            chosen(visit, "precision") or standard.precision.value,
        ),
        Choice(
            "term",
            "Rented",
            tuple((one.value, sentence(one.value)) for one in Term),
            chosen(visit, "term") or standard.term.value,
            is_toggle=True,
            renews=renews,
        ),
    )


def build(visit: Visit, catalogue: Catalogue, question: Question) -> Answers:
    view = hosting_view(catalogue, question)
    at = Addresses(question)
    table = Table("answers-table", columns(view.currency), (), 0, _EMPTY)
    is_mixed = len(question.architectures) > 1 or ALL in question.architectures
    others = f"; {view.other_terms} more offers are not rented this way" if view.other_terms else ""
    return Answers(
        kpis=_kpis(view),
        table=paged(visit, table, view.rows, lambda row: _row(row, at, is_mixed=is_mixed)),
        figure=_figure(view),
        said=f"Prices at {day(view.day)}{others}. {'. '.join(map(sentence_of, view.notes))}.",
        commands=commands("hosting", "hosting", question),
        files=files(PATH, question),
    )


def sentence_of(text: str) -> str:
    return text[:1].upper() + text[1:]


def _row(row: HostingRow, at: Addresses, *, is_mixed: bool) -> Row:
    copies = "" if row.replica is None else f"{row.replica} GPU{'s' if row.replica > 1 else ''} a copy"
    name = Cell(
        row.offer.title,
        href=at("/economics/compare", rented=row.id, gpu="", host=""),
        sub=" · ".join(part for part in (row.title if is_mixed else "", copies, *row.notes[:2]) if part),
    )
    hour, month = _range(row.hour_per_gpu), Cell(amount(row.month_per_gpu.value))
    if row.cost is None or row.estimate is None:
        problem = row.problem
        assert problem is not None
        return Row(row.id, (name, hour, month, Cell(problem.message, sub=problem.code)))
    found, cost = row.estimate, row.cost
    pace = Cell(f"{found.out_tok_s_per_gpu:,.0f}", sub=f"{found.low:,.0f}–{found.high:,.0f}\n{found.method.value}")
    gpus = f"{cost.gpus:,} GPU{'s' if cost.gpus > 1 else ''}\n{percent(cost.used_share)} used"
    month_of_all = Cell(amount(cost.per_month.value), sub=gpus)
    return Row(row.id, (name, hour, month, pace, _range(cost.output_per_mtok), month_of_all, source_of(row.sources)))


def _range(one: Range) -> Cell:
    spread = "" if one.low == one.high else f"{amount(one.low)}–{amount(one.high)}"
    return Cell(amount(one.value), sub=spread)


def source_of(sources: Sequence[str]) -> Cell:
    """The first source, shortened to its first word, with its day; the file has all of them whole."""
    text, _, stated = (sources[0] if sources else NONE).rpartition(", ")
    more = f" +{len(sources) - 1}" if len(sources) > 1 else ""
    return Cell(text.split(" ")[0] if text else stated, sub=f"stated {stated}{more}", is_soft=True)


def costed(view: HostingView) -> list[HostingRow]:
    """Rows with a figure, the cheapest month first."""
    found = [(row.cost.per_month.value, row.id, row) for row in view.rows if row.cost is not None]
    return [row for _, _, row in sorted(found, key=lambda one: one[:2])]


def _kpis(view: HostingView) -> tuple[Kpi, ...]:
    volume = view.question.volume
    found = [Kpi("Tokens a month", short_number(float(volume)), f"{percent(view.question.busy)} of the hours busy")]
    row = next(iter(costed(view)), None)
    if row is not None and row.cost is not None and row.estimate is not None:
        pace = row.estimate
        how = f"{pace.method.value}, {pace.band}"
        found += [
            Kpi("Cheapest a month", amount(row.cost.per_month.value), row.offer.title, unit=view.currency),
            Kpi("Its 1M output tokens", amount(row.cost.output_per_mtok.value), "when so busy", unit=view.currency),
            Kpi("Its tokens/s a GPU", f"{pace.out_tok_s_per_gpu:,.0f}", how),
        ]
    return tuple(found)


def stepped(row: HostingRow, over: tuple[Decimal, ...]) -> tuple[tuple[Decimal, Decimal], ...]:
    """(tokens, cost) of a month; hardware comes in whole steps."""
    if row.cost is None:
        return ()
    cost = row.cost
    return tuple((volume, steps_for(volume, cost.tokens_per_step) * cost.month_per_step) for volume in over)


def _figure(view: HostingView) -> Figure | None:
    found = costed(view)[: len(_TONES)]
    if not found:
        return None
    over = volumes(view.question.volume)
    costs = [stepped(row, over) for row in found]
    curves = [
        Curve(row.offer.title, tuple((float(x), float(y)) for x, y in points), tone, step=True)
        for row, points, tone in zip(found, costs, _TONES, strict=False)
    ]
    volume = float(view.question.volume)
    return Figure(
        "Cost a month by volume, the cheapest three offers",
        curve_chart(
            curves,
            name=f"Cost a month in {view.currency} by tokens a month",
            markers=[Marker(volume, f"now {short_number(volume)}")],
            height=200,
        ),
        columns=("Tokens a month", *(row.offer.title for row in found)),
        rows=tuple(
            (short_number(float(over[place])), *(amount(points[place][1]) for points in costs))
            for place in range(0, len(over), PER_DECADE)
        ),
        note=f"{view.currency} a month, both axes in powers of ten. Hardware comes in whole copies on whole machines.",
        legend=tuple(zip(_TONES, (row.offer.title for row in found), strict=False)),
    )


TAB = Tab(PATH, "pages/economics/hosting.html", (RATIO, TOKENS, BUSY, CONCURRENCY), choices, hosting_view, build)
