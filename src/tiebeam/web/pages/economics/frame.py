"""Economics → Frame: technology spend of a year against revenue, and who answers for what is spent outside IT."""

from __future__ import annotations

import shlex

from markupsafe import Markup
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tiebeam.economics import workbook
from tiebeam.economics.frame import (
    Band,
    Finding,
    FrameView,
    LineView,
    NoFrame,
    frame_form,
    frame_sheet,
)
from tiebeam.http import Ask, seen_frame
from tiebeam.spec import BudgetFrame
from tiebeam.web import svg
from tiebeam.web.pages.exports import table_file
from tiebeam.web.people import Names
from tiebeam.web.table import Cell, Column, Empty, Filter, Row, Table, TableQuery, arrange
from tiebeam.web.views import Commands, Fact, FramePage, Kpi, NoticeLine, Pill
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import NONE, percent

_PATH = "/economics/frame"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ASK = Ask("intent.view", "catalogue")
_BANDS = {
    Band.BELOW: Pill("Below the band", "warn"),
    Band.INSIDE: Pill("Inside the band", "ok"),
    Band.ABOVE: Pill("Above the band", "bad"),
}
_SERIOUS = frozenset({Finding.ABOVE_BAND, Finding.NO_OWNER, Finding.NO_FINOPS})
_COLUMNS = (
    Column("line", "Line"),
    Column("paid_by", "Paid by"),
    Column("domain", "Domain"),
    Column("amount", "A year", is_number=True),
    Column("share", "Of revenue", is_number=True),
    Column("owner", "Answers for it"),
    Column("business", "Line of business"),
    Column("budget", "Budget within"),
)
_EMPTY = Empty("No lines", "A frame lists what is spent on technology in a year, line by line.")
_NO_FRAME = Empty(
    "No budget frame yet",
    "State the year's revenue and what is spent on technology, inside IT and outside, in frames/2026.toml.",
    command="tiebeam apply",
)


def frame_page(visit: Visit) -> Response:
    try:
        view = _view(visit)
    except NoFrame:
        if visit.params.get("frame"):
            raise
        return visit.page("pages/economics/frame.html", frame=None, empty=_NO_FRAME, table=None)
    table = _table(visit, view, everything=False)
    return visit.page("pages/economics/frame.html", frame=_page(visit, view), empty=None, table=table)


def frame_file(visit: Visit) -> Response:
    """The lines as CSV, everything as JSON, live formulas as a spreadsheet."""
    view, kind = _view(visit), visit.path("format")
    if kind == "json":
        return JSONResponse(frame_form(view))
    if kind == "xlsx":
        headers = {"content-disposition": f'attachment; filename="budget-frame-{view.frame.id}.xlsx"'}
        return Response(workbook(frame_sheet(view)), media_type=_SHEET, headers=headers)
    return table_file(_table(visit, view, everything=True), kind, name=f"budget-frame-{view.frame.id}")


def _view(visit: Visit) -> FrameView:
    """Raises NoFrame."""
    return seen_frame(visit.caller, visit.params.get("frame") or None)


def _page(visit: Visit, view: FrameView) -> FramePage:
    frame, currency = view.frame, view.frame.currency
    name = shlex.quote(frame.id)
    return FramePage(
        title=frame.title,
        said=f"{view.said()}.",
        verdict=_BANDS[view.band],
        kpis=(
            Kpi("Revenue", f"{frame.revenue_per_year:,.0f}", f"{frame.year}", unit=currency),
            Kpi(
                "Spent by IT",
                f"{view.inside:,.0f}",
                f"{view.share:.1%} of revenue",
                unit=currency,
                tone=_tone(view.band),
            ),
            Kpi(
                "Spent outside IT",
                f"{view.outside:,.0f}",
                percent(view.outside / frame.revenue_per_year, 1),
                unit=currency,
            ),
            Kpi("Room in the band", f"{view.room:,.0f}", f"up to {frame.high_share:.0%} of revenue", unit=currency),
        ),
        picture=_picture(view),
        picture_rows=_rows(view),
        findings=tuple(
            NoticeLine(_capital(one.message), "", "bad" if one.finding in _SERIOUS else "warn") for one in view.findings
        ),
        businesses=tuple(
            Fact(
                one.title,
                visit.names.person(one.finops) or "nobody",
                note="major line of business" if one.major else "",
            )
            for one in frame.line_of_business
        ),
        source=frame.meta.source or "",
        others=tuple((key, one.title) for key, one in visit.caller.records("frames") if isinstance(one, BudgetFrame)),
        name=frame.id,
        commands=Commands(f"tiebeam budget frame {name} --json", f"GET /api/v1/budget/frame?name={frame.id}"),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _tone(band: Band) -> str:
    return {Band.BELOW: "warn", Band.INSIDE: "", Band.ABOVE: "bad"}[band]


def _picture(view: FrameView) -> Markup:
    """The band as a bar that ends, marked, at its high end; IT spend and all technology below it, from zero."""
    low, high, inside, total = (float(one) for one in (view.low, view.high, view.inside, view.total))
    bars = [
        svg.RangeBar("Band of revenue", low, high, high, "neutral"),
        svg.RangeBar("Spent by IT", 0.0, inside, inside, "s1"),
        svg.RangeBar("All technology", 0.0, total, total, "s2"),
    ]
    return svg.range_chart(bars, name="IT spend against the band of revenue", reference=high)


def _rows(view: FrameView) -> tuple[tuple[str, str], ...]:
    frame = view.frame
    figures = (
        (f"Low end, {frame.low_share:.0%} of revenue", view.low),
        (f"High end, {frame.high_share:.0%} of revenue", view.high),
        ("Spent by IT", view.inside),
        ("Spent outside IT", view.outside),
        ("All technology", view.total),
    )
    return tuple((name, f"{value:,.0f} {frame.currency}") for name, value in figures)


def _table(visit: Visit, view: FrameView, *, everything: bool) -> Table:
    titles = {one.id: one.title for one in view.frame.line_of_business}
    rows = tuple(_row(visit.names, one, titles) for one in view.lines)
    filters = (Filter("paid_by", "Paid by", (("it", "IT"), ("business", "The business"))),)
    query = TableQuery.from_params(visit.params, filters=("paid_by",))
    table = Table("frame-table", _COLUMNS, rows, len(rows), _EMPTY, filters=filters, base=_PATH)
    return arrange(table, query, everything=everything)


def _row(names: Names, one: LineView, titles: dict[str, str]) -> Row:
    line = one.line
    owner = names.person(line.owner) if line.owner else ""
    missing = line.outside_it and not line.owner
    cap = "" if one.cap_per_year is None else f"up to {one.cap_per_year:,.0f} a year"
    cells = (
        Cell(line.title),
        Cell("The business" if line.outside_it else "IT", tone="accent" if line.outside_it else "neutral"),
        Cell(line.domain),
        Cell(f"{line.amount_per_year:,.0f}", raw=line.amount_per_year),
        Cell(percent(one.share, 2), raw=one.share),
        Cell("Nobody", tone="bad") if missing else Cell(owner or NONE),
        Cell(titles.get(line.line_of_business or "", NONE), is_soft=True),
        Cell(line.budget or NONE, sub=cap, is_mono=bool(line.budget)),
    )
    return Row(f"line-{line.id}", cells, {"paid_by": "business" if line.outside_it else "it"})


def routes(console: Console) -> list[Route]:
    return [
        route(console, _PATH, frame_page, asks=_ASK),
        route(console, _PATH + ".{format}", frame_file, asks=_ASK),
    ]
