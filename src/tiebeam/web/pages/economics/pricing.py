"""Economics → Pricing: how products are sold, by seats, agent seats and consumption, and one of them in full."""

from __future__ import annotations

from functools import partial

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tiebeam.economics import workbook
from tiebeam.economics.pricing import (
    PricingAnswer,
    PricingRow,
    design,
    driver_of,
    pricing_rows,
    pricing_sheet,
    short,
)
from tiebeam.errors import TiebeamError
from tiebeam.http import Ask
from tiebeam.kit import csv_text
from tiebeam.spec import PRICING_DRIVERS
from tiebeam.web.pages.economics.pricing_answers import answer_view
from tiebeam.web.pages.economics.pricing_asking import Asked, dials
from tiebeam.web.pages.exports import table_file
from tiebeam.web.table import Cell, Column, Empty, Row, Table, TableQuery, arrange
from tiebeam.web.views import Commands, PricingFigureLine, PricingPage
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import NONE, day, in_words, money, percent

_ASK = Ask("intent.view", "catalogue")
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PATH = "/economics/pricing"
_KINDS = ("csv", "json", "xlsx")
_COLUMNS = (
    Column("model", "Product"),
    Column("revenue", "Revenue a month", is_number=True),
    Column("margin", "Margin", is_number=True),
    Column("by_count", "Headless by count", is_number=True),
    Column("by_revenue", "By revenue", is_number=True),
    Column("owner", "Answers for it"),
    Column("notes", "To look at", is_sortable=False),
)
_EMPTY = Empty(
    "No pricing model yet",
    "A file below pricing/ states how a product is sold: seats for people, cheaper seats for agents with an identity, "
    "consumption for the rest.",
    "tiebeam pricing list",
)


def pricing_table(visit: Visit, query: TableQuery, everything: bool) -> Table:
    seen = {name: one for name, one in visit.graph.pricing.items() if visit.caller.sees("record", f"pricing/{name}")}
    rows = tuple(_table_row(visit, one) for one in pricing_rows(seen, visit.app.economics.prices))
    return arrange(Table("pricing-table", _COLUMNS, rows, len(rows), _EMPTY), query, everything=everything)


def _table_row(visit: Visit, row: PricingRow) -> Row:
    name = Cell(row.title, f"{_PATH}/{row.model}", row.model)
    owner = Cell(visit.names.role(row.owner), is_soft=True)
    if row.month is None:
        problem = "" if row.problem is None else row.problem.message
        return Row(row.model, (name, *(Cell(NONE) for _ in range(4)), owner, Cell(problem[:200], tone="bad")))
    found = {one: short(value) for one, value in row.month.items()}
    said = [in_words(one.code) for one in row.warnings if one.is_serious]
    cells = (
        name,
        Cell(money(found["revenue"], visit.currency), raw=found["revenue"]),
        Cell(money(found["margin"], visit.currency), raw=found["margin"]),
        *(
            Cell(percent(found[key]), raw=found[key])
            for key in ("headless_share_of_operations", "headless_share_of_revenue")
        ),
        owner,
        Cell(", ".join(said) or "Nothing", tone="warn" if said else "ok"),
    )
    return Row(row.model, cells)


def pricing_list(visit: Visit) -> Response:
    return visit.page("pages/economics/pricing.html", table=pricing_table(visit, _query(visit), False))


def list_file(visit: Visit) -> Response:
    return table_file(pricing_table(visit, _query(visit), True), visit.path("format"), name="pricing")


def _query(visit: Visit) -> TableQuery:
    return TableQuery.from_params(visit.params)


def pricing_page(visit: Visit) -> Response:
    asked = Asked.from_visit(visit)
    answer, problem, status, wrong = None, "", 200, ""
    try:
        case = asked.case()
        answer = answer_view(case, design(case))
    except TiebeamError as found:
        visit.caller.note(found)
        problem, status, wrong = found.message, found.status, str(found.data.get("name", ""))
    turned = dials(asked.stated)
    record = asked.record
    page = PricingPage(
        path=f"{_PATH}/{record.id}",
        title=record.title,
        about=record.about,
        owner=visit.names.role(record.owner),
        source=f"{record.source} {day(record.checked)}",
        currency=asked.stated.currency,
        sliders=tuple(one.slider(visit.params, wrong=wrong) for one in turned),
        figures=_figures(asked, {one.name for one in turned}),
        commands=Commands(asked.command(), asked.api()),
        answer=answer,
        problem=problem[:1].upper() + problem[1:],
    )
    is_part = visit.params.get("part") == "answers"
    template = "pages/economics/pricing_answers.html" if is_part else "pages/economics/pricing_one.html"
    return visit.page(template, status=status, pricing=page)


def pricing_file(visit: Visit, kind: str) -> Response:
    """The answer as asked: streams and curve as CSV, everything as JSON, live formulas as a spreadsheet."""
    asked = Asked.from_visit(visit)
    case = asked.case()
    answer = design(case)
    if kind == "json":
        return JSONResponse(answer.form())
    headers = {"content-disposition": f'attachment; filename="pricing-{asked.record.id}.{kind}"'}
    if kind == "csv":
        return Response(_csv(answer), media_type="text/csv", headers=headers)
    return Response(workbook(pricing_sheet(case, answer)), media_type=_SHEET, headers=headers)


def _csv(answer: PricingAnswer) -> str:
    head = ("part", "headless_share", "operations", "revenue", "cost", "margin")
    rows = [
        (
            one.stream.value,
            "",
            *(short(value) for value in (one.operations, one.revenue, one.cost_to_serve, one.margin)),
        )
        for one in answer.streams
    ]
    rows += [
        (
            "curve",
            short(one.headless_share),
            "",
            *(short(value) for value in (one.margin + one.cost, one.cost, one.margin)),
        )
        for one in answer.curve
    ]
    return csv_text(head, rows)


def _figures(asked: Asked, turned: set[str]) -> tuple[PricingFigureLine, ...]:
    record = asked.record
    lines: list[PricingFigureLine] = []
    for name, one in asked.stated.figures().items():
        driver = driver_of(name)
        is_default = (name in PRICING_DRIVERS and name not in record.assumptions) or (
            name.endswith(("_included", "_minimum")) and not one.value
        )
        lines.append(
            PricingFigureLine(
                name=name,
                label=in_words(name).capitalize(),
                about=driver.about,
                unit=asked.stated.currency if driver.unit == "money" else driver.unit,
                stated=f"{one.value:,f}",
                range="" if one.low is None or one.high is None else f"{one.low:,f} – {one.high:,f}, {one.shape.value}",
                now="" if name in turned else asked.typed.get(name, ""),
                source=one.source or "",
                checked=day(one.checked) if one.checked else "",
                is_default=is_default,
                is_turned=name in turned,
            )
        )
    return tuple(lines)


def routes(console: Console) -> list[Route]:
    path = f"{_PATH}/{{model}}"
    return [
        route(console, _PATH, pricing_list, asks=_ASK),
        route(console, _PATH + ".{format}", list_file, asks=_ASK),
        *(route(console, f"{path}.{kind}", partial(pricing_file, kind=kind), asks=_ASK) for kind in _KINDS),
        route(console, path, pricing_page, asks=_ASK),
    ]
