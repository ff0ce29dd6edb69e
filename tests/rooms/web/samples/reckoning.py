"""The calculator's pages: one question, its answers, and a decision that was taken on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.rooms.web.samples.base import NOW
from tiebeam.web import svg, views
from tiebeam.web.table import Cell, Column, Empty, Row, Table, TableQuery

_VOLUMES = tuple(10.0**power for power in range(6, 12))
_NAMES = ("Sonnet at Anthropic", "Llama 70B on four H100")
_FILES = (("CSV", "?csv"), ("JSON", "?json"), ("XLSX", "?xlsx"))


def controls() -> views.Controls:
    def slider(name: str, label: str, *, low: str, high: str, place: str, typed: str, shown: str) -> views.Slider:
        return views.Slider(name, label, low, high, "0.01", place, typed, shown, is_log=True)

    return views.Controls(
        sliders=(
            slider("ratio", "Input to output", low="-1", high="2", place="0.48", typed="3:1", shown="3:1"),
            slider("tokens", "Tokens a month", low="6", high="12", place="8.3", typed="200000000", shown="200M"),
            views.Slider("cached", "Read from cache", "0", "100", "1", "40", "40%", "40%", "share"),
        ),
        choices=(
            views.Choice("provider", "Provider", (("anthropic", "anthropic"),), everything="Every provider"),
            views.Choice("term", "Rented", (("on-demand", "On demand"), ("spot", "Spot")), "on-demand", is_toggle=True),
        ),
        search="",
        kept=(("at", "2026-11-21"),),
    )


def _figure() -> views.Figure:
    metered = tuple((volume, volume * 6 / 1e6) for volume in _VOLUMES)
    own = tuple((volume, 8_000.0 * max(1, -(-volume // 4e9))) for volume in _VOLUMES)
    drawn = svg.curve_chart(
        [svg.Curve(_NAMES[0], metered), svg.Curve(_NAMES[1], own, "s2", step=True)],
        name="Cost a month by tokens a month",
        markers=[svg.Marker(2e8, "now 200M"), svg.Marker(1.33e9, "break-even 1.33bn", 8_000.0)],
    )
    both = zip(metered, own, strict=True)
    rows = tuple((svg.short_number(x), svg.short_number(y), svg.short_number(z)) for (x, y), (_, z) in both)
    return views.Figure(
        "Cost a month by volume",
        drawn,
        ("Tokens a month", *_NAMES),
        rows,
        note="USD a month, both axes in powers of ten.",
        legend=(("s1", _NAMES[0]), ("s2", _NAMES[1])),
    )


def _table(columns: tuple[Column, ...], row: Callable[[int], tuple[Cell, ...]], *, total: int) -> Table:
    rows = tuple(Row(f"row-{number}", row(number)) for number in range(19))
    problem = Cell(
        "'o5-mini' has no batch price; ask without batch, or add one below prices/", sub="unknown_price_part"
    )
    rows += (Row("row-19", (Cell("O5 mini at OpenAI"), problem)),)
    return Table("answers-table", columns, rows, total, Empty("", ""), TableQuery(sort="cost"), page_size=20)


def answers() -> views.Answers:
    columns = (
        Column("name", "Model"),
        Column("per_mtok", "USD / 1M tokens", is_number=True, is_sortable=False),
        Column("cost", "USD a month", is_number=True),
        Column("input", "Input", is_number=True),
        Column("source", "Price from", is_sortable=False),
    )

    def row(number: int) -> tuple[Cell, ...]:
        name = Cell(f"Model {number} at Provider", href=f"/economics/compare?metered=row-{number}", sub="Standard")
        figures = (Cell(f"{number + 1}.20"), Cell(f"{(number + 1) * 240:,.2f}"), Cell("0.80"))
        return (name, *figures, Cell("genai-prices 0.2.3", sub="in force 2026-11-21", is_soft=True))

    return views.Answers(
        kpis=(views.Kpi("Tokens a month", "200M", "150M in, 50M out"), views.Kpi("Cheapest", "12.25", unit="USD")),
        table=_table(columns, row, total=72),
        figure=_figure(),
        said="71 of 72 offers priced at 21 Nov 2026; 1 without a price say why in their row.",
        commands=views.Commands("tiebeam calculator api", "GET /api/v1/economics/calculator/api"),
        files=_FILES,
    )


def _decision() -> views.DecisionLine:
    return views.DecisionLine(
        "decision_01",
        "Serving the invoice assistant",
        _NAMES[0],
        "Controller",
        "The volume is far from the break-even, and nobody here keeps GPUs running.",
        NOW - timedelta(days=40),
        "/economics/compare?tokens=200000000",
        premium="120.00 USD a month above the cheapest",
        revisit="30 Jun 2027",
    )


def comparison() -> views.Answers:
    columns = (
        Column("name", "Option", is_sortable=False),
        Column("cost", "USD a month", is_number=True, is_sortable=False),
        Column("source", "Price from", is_sortable=False),
    )

    def row(number: int) -> tuple[Cell, ...]:
        return (
            Cell(f"Option {number}", sub="Own GPUs · 4 GPUs on-demand, roofline"),
            Cell("8,000.00", sub="6,000.00–11,000.00"),
            Cell("a price list", is_soft=True),
        )

    return views.Answers(
        kpis=(views.Kpi("By the token", "1,200.00", _NAMES[0]), views.Kpi("On GPUs", "8,000.00", _NAMES[1])),
        weighed=views.Weighed(*_NAMES),
        verdict="At 200M tokens a month, tokens cost 6,800.00 USD less than GPUs.",
        table=_table(columns, row, total=20),
        figure=_figure(),
        said="20 options at 21 Nov 2026.",
        commands=views.Commands("tiebeam calculator compare", "GET /api/v1/economics/calculator/compare"),
        files=_FILES,
    )


def deciding() -> views.Deciding:
    return views.Deciding(
        "/economics/compare?tokens=200000000",
        (("role:controller", "Controller"), ("person:ada", "Ada")),
        (_decision(),),
        dict.fromkeys(("chosen", "title", "owner", "reason", "revisit"), ""),
        "2026-11-22",
        problem="Nothing is chosen; say which of the two it is",
    )
