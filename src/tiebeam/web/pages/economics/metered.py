"""The calculator by the token: every model at every provider, for one question."""

from __future__ import annotations

from decimal import Decimal

from tiebeam.economics.calculator import ApiRow, ApiView, Catalogue, Question, api_view
from tiebeam.spec import Capability
from tiebeam.web.pages.economics.asking import Addresses, Tab, amount, chosen, commands, files, paged
from tiebeam.web.pages.economics.dials import BATCH, CACHED, RATIO, TOKENS
from tiebeam.web.pages.economics.volumes import PER_DECADE, volumes
from tiebeam.web.svg import Curve, Marker, curve_chart, short_number
from tiebeam.web.table import Cell, Column, Empty, Row, Table
from tiebeam.web.views import Answers, Choice, Figure, Kpi
from tiebeam.web.visit import Visit
from tiebeam.web.wording import NONE, day, in_words, sentence

PATH = "/economics/calculator"
_EMPTY = Empty("No model fits", "No model fits these filters; take one away, or search the public list by name.")
_TONES = ("s1", "s2", "s3")
_MTOK = Decimal(1_000_000)


def columns(currency: str) -> tuple[Column, ...]:
    return (
        Column("name", "Model"),
        Column("per_mtok", f"{currency} / 1M tokens", is_number=True, is_sortable=False),
        Column("cost", f"{currency} a month", is_number=True),
        Column("input", "Input", is_number=True),
        Column("cached", "Cached", is_number=True, is_sortable=False),
        Column("output", "Output", is_number=True),
        Column("source", "Price from", is_sortable=False),
    )


def choices(visit: Visit, catalogue: Catalogue) -> tuple[Choice, ...]:
    return model_filters(visit, catalogue)


def model_filters(visit: Visit, catalogue: Catalogue, *, renews: str = "") -> tuple[Choice, ...]:
    """`renews` names what another choice makes void."""
    providers = tuple((one, one) for one in sorted({one.provider for one in catalogue.models}))
    classes = tuple((one.value, sentence(one.value)) for one in Capability)
    return (
        Choice("provider", "Provider", providers, chosen(visit, "provider"), "Every provider", renews=renews),
        Choice("class", "Capability class", classes, chosen(visit, "class"), "Every class", renews=renews),
    )


def build(visit: Visit, catalogue: Catalogue, question: Question) -> Answers:
    view = api_view(catalogue, question)
    at = Addresses(question)
    table = Table("answers-table", columns(view.currency), (), 0, _EMPTY)
    priced = sum(row.per_mtok is not None for row in view.rows)
    missing = len(view.rows) - priced
    return Answers(
        kpis=_kpis(view),
        table=paged(visit, table, view.rows, lambda row: _row(view, row, at)),
        figure=_figure(view),
        said=f"{priced} of {len(view.rows)} offers priced at {day(view.day)}"
        + (f"; {missing} without a price say why in their row" if missing else "")
        + (f". {view.found} of them are from the public list, beyond the library" if view.found else "")
        + ".",
        commands=commands("api", "api", question),
        files=files(PATH, question),
    )


def _row(view: ApiView, row: ApiRow, at: Addresses) -> Row:
    model = row.model
    name = Cell(
        model.title,
        href=at("/economics/compare", metered=model.id, provider="", **{"class": "", "q": ""}),
        sub=" · ".join((*(() if model.capability is None else (sentence(model.capability.value),)), *row.notes)),
    )
    if row.problem is not None:
        said = Cell(row.problem.message, sub=row.problem.code, is_long=True)
        return Row(model.id, (name, said))
    parts = row.parts
    assert parts is not None
    return Row(
        model.id,
        (
            name,
            Cell(amount(row.per_mtok), sub="" if row.batch_parts is None else "with batch"),
            Cell(amount(row.per_month)),
            Cell(amount(parts.input)),
            Cell(amount(parts.cached_input), is_soft=True),
            Cell(amount(parts.output)),
            _source(view, row),
        ),
    )


def _source(view: ApiView, row: ApiRow) -> Cell:
    source, _, _ = (row.source or NONE).partition(",")
    dated = f"since {row.since}" if row.since else f"in force {view.day}"
    when = f"checked {row.checked}" if row.checked else dated
    return Cell(source, sub=when, is_soft=True)


def cheapest(rows: tuple[ApiRow, ...], capability: Capability | None = None) -> ApiRow | None:
    fitting = [row for row in rows if row.per_month is not None and capability in (None, row.model.capability)]
    return min(fitting, key=lambda row: row.per_month or Decimal(0), default=None)


def _kpis(view: ApiView) -> tuple[Kpi, ...]:
    question = view.question
    volume = question.volume
    found = [
        Kpi(
            "Tokens a month",
            short_number(float(volume)),
            f"{short_number(float(volume * (1 - question.output_share)))} in, "
            f"{short_number(float(volume * question.output_share))} out",
        )
    ]
    for one in Capability:
        row = cheapest(view.rows, one)
        if row is not None:
            found.append(
                Kpi(f"Cheapest {in_words(one.value)}", amount(row.per_month), row.model.title, unit=view.currency)
            )
    return tuple(found)


def _figure(view: ApiView) -> Figure | None:
    """The cheapest of each class over volume. Metered cost is a straight line, so a few points are all of it."""
    found = [row for one in Capability if (row := cheapest(view.rows, one)) is not None] or [
        row for row in (cheapest(view.rows),) if row is not None
    ]
    if not found:
        return None
    over = volumes(view.question.volume)[::PER_DECADE]
    costs = [tuple((volume, (row.per_mtok or Decimal(0)) * volume / _MTOK) for volume in over) for row in found]
    curves = [
        Curve(row.model.title, tuple((float(x), float(y)) for x, y in points), tone)
        for row, points, tone in zip(found, costs, _TONES, strict=False)
    ]
    volume = view.question.volume
    return Figure(
        "Cost a month by volume, the cheapest of each class",
        curve_chart(
            curves,
            name=f"Cost a month in {view.currency} by tokens a month",
            markers=[Marker(float(volume), f"now {short_number(float(volume))}")],
            height=200,
        ),
        columns=("Tokens a month", *(row.model.title for row in found)),
        rows=tuple(
            (short_number(float(volume)), *(amount(points[place][1]) for points in costs))
            for place, volume in enumerate(over)
        ),
        note=f"{view.currency} a month, both axes in powers of ten.",
        legend=tuple(zip(_TONES, (row.model.title for row in found), strict=False)),
    )


_DIALS = (RATIO, TOKENS, CACHED, BATCH)
TAB = Tab(PATH, "pages/economics/calculator.html", _DIALS, choices, api_view, build, is_searchable=True)
