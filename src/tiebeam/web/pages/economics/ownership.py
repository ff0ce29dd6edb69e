"""Economics → Ownership: what metered tokens, rented GPUs and own servers cost over years, study by study."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tiebeam.economics import workbook
from tiebeam.economics.ownership import (
    PARTS,
    SIDE_NAMES,
    StudyAnswer,
    StudyCase,
    compare_sides,
    shown,
    study_line,
    study_sheet,
)
from tiebeam.errors import TiebeamError
from tiebeam.http import Ask
from tiebeam.kit import csv_text
from tiebeam.spec import Basis
from tiebeam.web.pages.economics.ownership_asking import SET, Asked, dials
from tiebeam.web.pages.economics.ownership_charts import (
    curves_figure,
    label_of,
    spread_figure,
    tornado_figure,
    users_figure,
)
from tiebeam.web.pages.exports import table_file
from tiebeam.web.render import Here
from tiebeam.web.table import Cell, Column, Empty, Row, Table, TableQuery, arrange
from tiebeam.web.views import (
    Commands,
    Kpi,
    PartLine,
    Pill,
    StudyAnswerView,
    StudyFigureLine,
    StudyPage,
    TenfoldLine,
)
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import day

_ASK = Ask("intent.view", "catalogue")
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PATH = "/economics/ownership"
_TABS = ("answer", "volume", "figures")
_KINDS = ("csv", "json", "xlsx")
BASES = {
    Basis.STATED: Pill("Stated", "ok"),
    Basis.MEASURED: Pill("Measured", "ok"),
    Basis.ASSUMED: Pill("Assumed", "warn"),
}
_COLUMNS = (
    Column("study", "Study"),
    Column("question", "It answers", is_sortable=False),
    Column("sides", "Compares"),
    Column("users", "Users", is_number=True),
    Column("stated", "Stated or measured", is_number=True),
    Column("assumed", "Assumed", is_number=True),
    Column("checked", "Checked"),
)
_EMPTY = Empty(
    "No study", "A study compares ways to have the tokens over years; write one below studies/.", "tiebeam studies list"
)


def studies_table(visit: Visit, query: TableQuery, everything: bool) -> Table:
    rows: list[Row] = []
    for one in visit.graph.studies.values():
        line = study_line(one)
        counts = line["figures"]
        low, high = line["users_range"]
        cells = (
            Cell(one.title, f"{_PATH}/{one.id}", one.id),
            Cell(one.question, is_long=True),
            Cell(", ".join(SIDE_NAMES[side] for side in one.sides), raw=" ".join(line["sides"])),
            Cell(f"{low:,} – {high:,}", raw=high),
            Cell(str(counts["stated"] + counts["measured"]), raw=counts["stated"] + counts["measured"]),
            Cell(str(counts["assumed"]), raw=counts["assumed"]),
            Cell(day(one.checked), raw=one.checked.isoformat()),
        )
        rows.append(Row(one.id, cells))
    table = Table("studies-table", _COLUMNS, tuple(rows), len(rows), _EMPTY)
    return arrange(table, query, everything=everything)


def studies_list(visit: Visit) -> Response:
    return visit.page("pages/economics/studies.html", table=studies_table(visit, _query(visit), False))


def list_file(visit: Visit) -> Response:
    return table_file(studies_table(visit, _query(visit), True), visit.path("format"), name="studies")


def _query(visit: Visit) -> TableQuery:
    return TableQuery.from_params(visit.params)


def study_page(visit: Visit) -> Response:
    asked = Asked.from_visit(visit)
    here = Here(visit.request.url.path, tuple(visit.params.items()))
    tab = visit.params.get("tab", "")
    tab = tab if tab in _TABS else _TABS[0]
    answer, problem, status, wrong, case = None, "", 200, "", asked.stated
    changes: dict[str, Decimal] = {}
    try:
        changes = asked.changes()
        case = asked.stated.having(changes)
        answer = _answer_view(compare_sides(case), tab, figures=f"{here(tab='figures', part=None)}")
    except TiebeamError as found:
        visit.caller.note(found)
        problem, status, wrong = found.message, found.status, str(found.data.get("name", ""))
    turned = dials(asked.stated)
    names = frozenset(one.name for one in turned)
    study = asked.study
    page = StudyPage(
        path=f"{_PATH}/{study.id}",
        tab=tab,
        title=study.title,
        question=study.question,
        retells=study.retells or "",
        priced_at=day(case.priced_at),
        owner=visit.names.role(study.owner),
        checked=day(study.checked),
        sliders=tuple(one.slider(visit.params, wrong=wrong) for one in turned),
        turned=names,
        figures=_figures(asked, names) if tab == "figures" else (),
        commands=Commands(asked.command(changes), asked.api(changes)),
        answer=answer,
        problem=problem,
    )
    is_part = visit.params.get("part") == "answers"
    template = "pages/economics/study_answers.html" if is_part else "pages/economics/study.html"
    return visit.page(template, status=status, study=page)


def study_file(visit: Visit, kind: str) -> Response:
    """The answer as asked: months as CSV, everything as JSON, live formulas as a spreadsheet."""
    asked = Asked.from_visit(visit)
    answer = compare_sides(asked.stated.having(asked.changes()))
    if kind == "json":
        return JSONResponse(answer.form())
    headers = {"content-disposition": f'attachment; filename="tco-{asked.study.id}.{kind}"'}
    if kind == "csv":
        return Response(_csv(answer), media_type="text/csv", headers=headers)
    return Response(workbook(study_sheet(answer)), media_type=_SHEET, headers=headers)


def _csv(answer: StudyAnswer) -> str:
    sides = answer.sides
    head = ("month", *(f"{side.value}_so_far_usd" for side in sides), *(f"{side.value}_nodes" for side in sides))
    rows = [
        (
            month + 1,
            *(round(one.so_far[month], 2) for one in sides.values()),
            *("" if one.nodes is None else one.nodes[month] for one in sides.values()),
        )
        for month in range(answer.case.horizon)
    ]
    return csv_text(head, rows)


def _figures(asked: Asked, turned: frozenset[str]) -> tuple[StudyFigureLine, ...]:
    lines = [
        StudyFigureLine(
            name=one.name,
            label=label_of(one.name),
            about=one.about,
            unit="USD" if one.unit == "money" else one.unit,
            stated=f"{one.value:,f}",
            range="" if one.low is None or one.high is None else f"{one.low:,f} – {one.high:,f}",
            now=asked.typed.get(one.name, ""),
            basis=BASES[one.basis],
            source=one.source,
            checked=day(one.checked),
            is_default=one.is_default,
            field=one.name if one.name in turned else f"{SET}{one.name}",
        )
        for one in shown(asked.stated)
    ]
    return tuple(lines)


def _answer_view(answer: StudyAnswer, tab: str, *, figures: str) -> StudyAnswerView:
    found = StudyAnswerView(_kpis(answer), tuple(answer.in_words()), answer.case.notes)
    if tab == "answer":
        return replace(found, curves=curves_figure(answer), tornado=tornado_figure(answer, figures))
    if tab == "volume":
        return replace(
            found,
            by_users=users_figure(answer),
            spread=spread_figure(answer),
            parts=_parts(answer),
            tenfold=_tenfold(answer),
        )
    return found


def _kpis(answer: StudyAnswer) -> tuple[Kpi, ...]:
    case: StudyCase = answer.case
    found = [
        Kpi(
            SIDE_NAMES[side],
            f"{one.present_value:,.0f}",
            f"{one.per_mtok:,.2f} a million tokens"
            + (
                ""
                if one.nodes is None
                else f", at most {max(one.nodes):,} {'node' if max(one.nodes) == 1 else 'nodes'}"
            ),
            unit="USD",
            tone="ok" if side is answer.cheapest else "",
        )
        for side, one in answer.sides.items()
    ]
    cheapest = answer.uncertainty.cheapest[answer.cheapest]
    found.append(
        Kpi(
            "Cheapest",
            SIDE_NAMES[answer.cheapest],
            f"at the most likely figures, over {case.horizon} months; in {cheapest:.0%} of draws",
        )
    )
    return tuple(found)


def _parts(answer: StudyAnswer) -> tuple[PartLine, ...]:
    lines: list[PartLine] = []
    for side, one in answer.sides.items():
        about = {line.name: line.about for line in PARTS[side]}
        lines += [
            PartLine(SIDE_NAMES[side], about[name], f"{cost:,.0f}", f"{cost / one.total:.0%}" if one.total else "–")
            for name, cost in one.parts.items()
            if cost
        ]
    return tuple(lines)


def _tenfold(answer: StudyAnswer) -> tuple[TenfoldLine, ...]:
    lines: list[TenfoldLine] = []
    for side, ten in answer.tenfold.items():
        one = answer.sides[side]
        times = f"{ten.present_value / one.present_value:.1f} ×" if one.present_value else "–"
        nodes = "–" if one.nodes is None or ten.nodes is None else f"{max(one.nodes):,} → {max(ten.nodes):,}"
        people = f"{one.people:,.2f} → {ten.people:,.2f}"
        worth = (f"{one.present_value:,.0f}", f"{ten.present_value:,.0f}")
        lines.append(TenfoldLine(SIDE_NAMES[side], *worth, times, nodes, people))
    return tuple(lines)


def routes(console: Console) -> list[Route]:
    path = f"{_PATH}/{{study}}"
    return [
        route(console, _PATH, studies_list, asks=_ASK),
        route(console, _PATH + ".{format}", list_file, asks=_ASK),
        *(route(console, f"{path}.{kind}", partial(study_file, kind=kind), asks=_ASK) for kind in _KINDS),
        route(console, path, study_page, asks=_ASK),
    ]
