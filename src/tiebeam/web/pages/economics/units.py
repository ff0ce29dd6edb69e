"""Economics → Units: what an accepted outcome of each workflow costs and is worth, and one workflow in full."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tiebeam.authority import VERBS
from tiebeam.economics import UnitAnswer, UnitCase, Verdict, assess, workbook
from tiebeam.economics.portfolio import Origin
from tiebeam.economics.units import NO_TOKENS, driver_of, unit_sheet
from tiebeam.errors import TiebeamError
from tiebeam.http import Ask
from tiebeam.kit import csv_text
from tiebeam.web.pages.economics.unit_asking import PRICES, Asked, model_choices
from tiebeam.web.pages.economics.unit_charts import ladder_figure, spread_figure, tornado_figure
from tiebeam.web.pages.economics.unit_what_if import growth, prices, two_ways
from tiebeam.web.pages.exports import table_file
from tiebeam.web.table import Cell, Column, Empty, Filter, Row, Table, TableQuery, arrange
from tiebeam.web.views import Commands, FigureLine, Kpi, Pill, UnitAnswerView, UnitPage, WorthLine
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import NONE, day, in_words, money, quantity
from tiebeam.workflow import UnitRow, seen_economics, unit_rows

_ASK = Ask("intent.view", "catalogue")
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PATH = "/economics/units"
_PATHS = ("/economics/units/{workflow}", "/economics/units/{workflow}/{recipe}")
_TABS = ("figures", "ways")
ORIGINS = {Origin.ADOPTED: "Adopted here", Origin.PROPOSED: "Proposed here", Origin.LIBRARY: "Library"}
_VERDICTS = {
    Verdict.VIABLE: Pill("Viable", "ok"),
    Verdict.UNCERTAIN: Pill("Uncertain", "warn"),
    Verdict.LOSES: Pill("Loses money", "bad"),
}
_COLUMNS = (
    Column("workflow", "Workflow"),
    Column("verdict", "Verdict"),
    Column("cost", "Cost, P50", is_number=True),
    Column("range", "P10 – P90", is_number=True, is_sortable=False),
    Column("value", "Worth", is_number=True),
    Column("margin", "Margin, P50", is_number=True),
    Column("margin_per_month", "A month, P50", is_number=True),
    Column("break_even", "Breaks even at, per M tokens", is_number=True),
    Column("from", "From"),
)
_EMPTY = Empty(
    "No unit economics yet",
    "A recipe, or a proposal below proposals/, states what an outcome takes and is worth before anybody builds it.",
    command="tiebeam units WORKFLOW",
)


def units_table(visit: Visit, query: TableQuery, everything: bool) -> Table:
    rows = unit_rows(visit.graph, visit.app.economics.prices, sees=visit.caller.sees)
    filters = (
        Filter("verdict", "Verdict", tuple((one.value, pill.text) for one, pill in _VERDICTS.items())),
        Filter("from", "From", tuple((one.value, name) for one, name in ORIGINS.items())),
    )
    table = Table("units-table", _COLUMNS, tuple(_table_row(row) for row in rows), len(rows), _EMPTY, filters=filters)
    return arrange(table, query, everything=everything)


def _table_row(row: UnitRow) -> Row:
    of, answer = row.of, row.answer
    source = ORIGINS[of.origin]
    name = Cell(of.title, f"{_PATH}/{of.workflow}", of.recipe.rsplit("/", 1)[-1])
    marks = {"from": of.origin.value}
    if answer is None:
        problem = "" if row.problem is None else row.problem.message
        gaps = [Cell(NONE) for _ in range(6)]
        return Row(of.workflow, (name, Cell("No answer", sub=problem[:160], tone="bad"), *gaps, Cell(source)), marks)
    cost, margin = (answer.simulation.spreads[key] for key in ("cost_per_accepted", "margin_per_accepted"))
    month, pill = answer.simulation.spreads["margin_per_month"], _VERDICTS[answer.verdict]
    cells = (
        name,
        Cell(pill.text, tone=pill.tone, raw=answer.verdict.value),
        Cell(f"{cost.p50:,.2f}", sub=answer.currency, raw=round(cost.p50, 6)),
        Cell(f"{cost.p10:,.2f} – {cost.p90:,.2f}"),
        Cell(money(answer.value_per_accepted), raw=answer.value_per_accepted),
        Cell(f"{margin.p50:,.2f}", raw=round(margin.p50, 6)),
        Cell(f"{month.p50:,.0f}", raw=round(month.p50, 2)),
        Cell("no tokens") if answer.break_even_per_mtok is None else _price_cell(answer.break_even_per_mtok),
        Cell(source, is_soft=True),
    )
    return Row(of.workflow, cells, {**marks, "verdict": answer.verdict.value})


def _price_cell(value: Decimal) -> Cell:
    return Cell(money(value) if value > 0 else "at no price", raw=value)


def units_list(visit: Visit) -> Response:
    return visit.page("pages/economics/units.html", table=units_table(visit, _query(visit), False))


def list_file(visit: Visit) -> Response:
    return table_file(units_table(visit, _query(visit), True), visit.path("format"), name="units")


def _query(visit: Visit) -> TableQuery:
    return TableQuery.from_params(visit.params, filters=("verdict", "from"))


def unit_page(visit: Visit) -> Response:
    asked = Asked.from_visit(visit)
    recipe, stated = seen_economics(visit.graph, asked.workflow, may_see=visit.caller.see)
    problem = ""
    case, answer, status = None, None, 200
    try:
        case = asked.case(visit)
        answer = _answer(visit, asked, case, has_fields=visit.params.get("tab") == "figures")
    except TiebeamError as wrong:
        visit.caller.note(wrong)
        problem, status = wrong.message, wrong.status
    asked_tab = visit.params.get("tab", "")
    tab = asked_tab if asked_tab in _TABS else ""
    shown = UnitCase(recipe, visit.app.economics.prices.currency, stated, NO_TOKENS if case is None else case.prices)
    page = UnitPage(
        path=f"{_PATH}/{asked.workflow}",
        title=_title(visit, asked.workflow, recipe),
        recipe=recipe,
        tab=tab,
        volume=asked.volume,
        price=asked.price,
        at=asked.at,
        model=asked.model,
        stated_model=stated.model or "",
        models=model_choices(visit.graph.models),
        figures=_figures(visit, shown, asked),
        answer=answer,
        ways=two_ways(visit, asked, case) if tab == "ways" and case is not None else None,
        commands=Commands(asked.command(case), asked.api(case)),
        changed=len(asked.figures),
        problem=problem,
    )
    is_part = visit.params.get("part") == "answers"
    template = "pages/economics/unit_answers.html" if is_part else "pages/economics/unit.html"
    return visit.page(template, status=status, unit=page)


def unit_file(visit: Visit, kind: str) -> Response:
    """The answer as asked: everything as JSON, parts and quantiles as CSV, live formulas as a spreadsheet."""
    asked = Asked.from_visit(visit)
    case = asked.case(visit)
    answer = assess(case)
    if kind == "json":
        return JSONResponse(answer.form())
    name = answer.workflow.rsplit("/", 1)[-1]
    headers = {"content-disposition": f'attachment; filename="units-{name}.{kind}"'}
    if kind == "csv":
        return Response(_csv(answer), media_type="text/csv", headers=headers)
    return Response(workbook(unit_sheet(case, answer)), media_type=SHEET, headers=headers)


def _csv(answer: UnitAnswer) -> str:
    found = answer.simulation
    rows = [(name, answer.month.get(name, ""), one.p10, one.p50, one.p90) for name, one in found.spreads.items()]
    rows += [(f"part: {name}", answer.parts[name], one.p10, one.p50, one.p90) for name, one in found.parts.items()]
    rows += [(f"value: {title}", worth, "", "", "") for _, title, worth in answer.value_lines]
    rows += [("break_even_per_mtok", answer.break_even_per_mtok, "", "", "")]
    rows += [(f"assumption: {one.name}", one.value, one.low, "", one.high) for one in answer.assumptions]
    return csv_text(("name", "most_likely", "p10_or_low", "p50", "p90_or_high"), rows)


def _title(visit: Visit, workflow: str, recipe: str) -> str:
    if workflow in visit.graph.proposals and workflow not in visit.graph.adoptions:
        return visit.graph.proposals[workflow].title
    if recipe in visit.graph.proposals:
        return visit.graph.proposals[recipe].title
    record = visit.graph.recipes[recipe]
    name = visit.names.intent(record.intent)
    return name if workflow in visit.graph.adoptions else f"{name}: {record.title}"


def _figures(visit: Visit, case: UnitCase, asked: Asked) -> tuple[FigureLine, ...]:
    """Every figure as stated; prices only where the model has one."""
    hidden = {"volume_factor", *(PRICES if case.prices == NO_TOKENS else ())}
    lines: list[FigureLine] = []
    for name, one in case.figures().items():
        if name in hidden:
            continue
        driver, own = driver_of(name), case.stated
        default = name not in own.assumptions and name not in PRICES
        owner = one.owner or own.owner
        lines.append(
            FigureLine(
                name=name,
                label=in_words(name).capitalize(),
                about=driver.about,
                unit=case.currency if driver.unit == "money" else driver.unit,
                stated=f"{one.value:,f}",
                range="" if one.low is None or one.high is None else f"{one.low:,f} – {one.high:,f}, {one.shape.value}",
                now=asked.figures.get(name, ""),
                source=one.source or ("" if default else own.source),
                owner="" if default or owner is None or name in PRICES else visit.names.role(owner),
                checked="" if default or name in PRICES else day(one.checked or own.checked),
                is_default=default,
            )
        )
    return tuple(sorted(lines, key=lambda line: not line.owner))


def _answer(visit: Visit, asked: Asked, case: UnitCase, *, has_fields: bool) -> UnitAnswerView:
    answer = assess(case)
    grown, grown_said = growth(case)
    priced, priced_said = prices(case, asked, replace(asked, price="").case(visit))
    gate, gate_said = _gate(visit, asked, answer)
    return UnitAnswerView(
        verdict=_VERDICTS[answer.verdict],
        kpis=_kpis(answer),
        spread=spread_figure(answer),
        ladder=ladder_figure(answer),
        tornado=tornado_figure(answer, is_linked=has_fields),
        worth=tuple(
            WorthLine(in_words(line.vector).capitalize(), line.title, line.formula, line.baseline, f"{worth:,.4f}")
            for line, (_, _, worth) in zip(case.stated.value, answer.value_lines, strict=True)
        ),
        growth=grown,
        growth_said=grown_said,
        prices=priced,
        prices_said=priced_said,
        gate=gate,
        gate_said=gate_said,
        currency=answer.currency,
        price_source=f"{answer.price_source}; prices of {asked.at or day(visit.now.date())}",
    )


def _kpis(answer: UnitAnswer) -> tuple[Kpi, ...]:
    found, unit = answer.simulation.spreads, answer.currency
    cost, margin, worth = found["cost_per_accepted"], found["margin_per_accepted"], found["net_present_value"]
    even, tokens = answer.break_even_per_mtok, answer.month["tokens_per_accepted"]
    paid = answer.parts["tokens"] / tokens * 1_000_000 if tokens else None
    return (
        Kpi("Cost of an outcome", f"{cost.p50:,.2f}", f"P10 {cost.p10:,.2f}, P90 {cost.p90:,.2f}", unit=unit),
        Kpi("Worth of an outcome", money(answer.value_per_accepted), "by the value lines below", unit=unit),
        Kpi(
            "Margin of an outcome",
            f"{margin.p50:,.2f}",
            f"above zero in {answer.simulation.share_positive:.0%} of draws",
            unit=unit,
            tone="bad" if margin.p50 <= 0 else "",
        ),
        Kpi(
            "Breaks even at",
            money(even) if even is not None and even > 0 else "no price" if even is not None else "no tokens",
            "a million tokens" + ("" if paid is None else f"; now {money(paid)}") if even is not None else "spent",
            unit=unit if even is not None and even > 0 else "",
            tone="bad" if even is not None and even <= 0 else "",
        ),
        Kpi(
            "Breaks even from",
            NONE if answer.break_even_units is None else f"{answer.break_even_units:,}",
            f"accepted a month; {quantity(round(answer.month['accepted'], 1))} stated",
        ),
        Kpi(
            "Payback",
            "never" if answer.payback_months is None else f"{answer.payback_months:,.1f} months",
            f"present value P50 {worth.p50:,.0f} {unit}",
            tone="bad" if answer.payback_months is None else "",
        ),
    )


def _gate(visit: Visit, asked: Asked, answer: UnitAnswer) -> tuple[Pill, str]:
    """What the gate before deployment would say of these figures (EC-14)."""
    passes = answer.verdict is not Verdict.LOSES
    pill = Pill("Would open", "ok") if passes else Pill("Would shut", "bad")
    said = (
        "An outcome earns more than it costs at the median, so the gate lets this workflow be promoted."
        if passes
        else "An outcome loses money at the median, so the workflow stays where it is unless somebody overrides: "
        f"{VERBS['recipe.override']}, with a reason and a last day, signed in their name."
    )
    adoption, proposal = visit.graph.adoptions.get(asked.workflow), visit.graph.proposals.get(asked.workflow)
    if adoption is None and proposal is not None:
        said += f" {visit.names.person(proposal.owner)} proposes it. Accepted is: {proposal.outcome}."
    if adoption is not None:
        said += f" {visit.names.person(adoption.owner)} answers for it."
    return pill, said


def routes(console: Console) -> list[Route]:
    files = [
        route(console, f"{path}.{kind}", partial(unit_file, kind=kind), asks=_ASK)
        for path in _PATHS
        for kind in ("csv", "json", "xlsx")
    ]
    return [
        route(console, _PATH, units_list, asks=_ASK),
        route(console, _PATH + ".{format}", list_file, asks=_ASK),
        *files,
        *(route(console, path, unit_page, asks=_ASK) for path in _PATHS),
    ]
