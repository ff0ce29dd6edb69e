"""Executions: the latest as a table, and one of them from its steps to its value."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import quote, urlencode

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tiebeam.economics.returns import Came, Execution, LatestExecution, StepUse, UnknownExecution, read_execution
from tiebeam.http import Ask, seen_use
from tiebeam.kit import usd_of_nano
from tiebeam.web import svg
from tiebeam.web.pages.exports import table_file
from tiebeam.web.pages.use.asking import ledger_link, named
from tiebeam.web.table import Cell, Column, Empty, Row, Table
from tiebeam.web.views import CameLine, Commands, ExecutionPage, Fact, Figure, Kpi
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import NONE, money, usd

PATH = "/economics/returns/execution"
_EVER = {"from": "2020-01-01"}
"""An execution is shown whole, whatever days it took."""
_MOST_BARS = 8
_LISTED = (
    Column("execution", "Execution", is_sortable=False),
    Column("workflow", "Workflow", is_sortable=False),
    Column("last_at", "Latest call", is_sortable=False),
    Column("calls", "Calls", is_number=True, is_sortable=False),
    Column("tokens", "Tokens", is_number=True, is_sortable=False),
    Column("cost_usd", "Cost", is_number=True, is_sortable=False),
    Column("outcomes", "Accepted", is_number=True, is_sortable=False),
    Column("value_usd", "Value", is_number=True, is_sortable=False),
)
_NONE_LISTED = Empty(
    "No executions on these days",
    "Calls that say which piece of work they belong to, by the header x-tiebeam-execution, are gathered here, and so "
    "are the steps of runs.",
)
_STEPS = (
    Column("step", "Step", is_sortable=False),
    Column("model", "Model", is_sortable=False),
    Column("calls", "Calls", is_number=True, is_sortable=False),
    Column("attempts", "Attempts", is_number=True, is_sortable=False),
    Column("tokens", "Tokens", is_number=True, is_sortable=False),
    Column("cost_usd", "Cost", is_number=True, is_sortable=False),
)
_NO_STEPS = Empty("No model was used", "Outcomes were told of this execution, and no charge names it.")


def execution_href(name: str) -> str:
    return f"{PATH}?{urlencode({'name': name})}"


def listed(found: Iterable[LatestExecution]) -> Table:
    rows = tuple(
        Row(
            one.execution,
            (
                Cell(one.execution, href=execution_href(one.execution)),
                Cell(one.workflow or "none named", sub=one.team),
                Cell(when=one.last_at),
                Cell(f"{one.calls:,}", raw=one.calls),
                Cell(svg.short_number(one.tokens), raw=one.tokens),
                Cell(usd(usd_of_nano(one.usd_nano)), raw=usd_of_nano(one.usd_nano)),
                Cell(f"{one.accepted:,}" if one.accepted else NONE, raw=one.accepted),
                Cell(usd(usd_of_nano(one.value_nano)) if one.value_nano else NONE, raw=usd_of_nano(one.value_nano)),
            ),
        )
        for one in found
    )
    base = "/economics/returns/executions"
    return Table("executions", _LISTED, rows, len(rows), _NONE_LISTED, is_searchable=False, base=base)


def execution(visit: Visit) -> Response:
    return visit.page("pages/use/execution.html", execution=_page(visit, _read(visit)))


def execution_file(visit: Visit) -> Response:
    found = _read(visit)
    if visit.path("format") == "json":
        return JSONResponse(found.form())
    return table_file(_steps(found), visit.path("format"), name="execution")


def _read(visit: Visit) -> Execution:
    name = visit.params.get("name", "")
    if not name:
        raise UnknownExecution("which execution? add ?name= with the name that its calls carry")
    with visit.app.store.read() as conn:
        return read_execution(conn, name, prices=visit.app.economics.prices, scope=seen_use(visit.caller))


def _page(visit: Visit, found: Execution) -> ExecutionPage:
    cost, value = usd_of_nano(found.usd_nano), usd_of_nano(found.value_nano)
    accepted = sum(one.accepted for one in found.came)
    query = urlencode({"name": found.execution})
    team, workflow = found.places[0]
    said = " ".join(f"--{name} {shlex.quote(text)}" for name, text in (("team", team), ("workflow", workflow)) if text)
    return ExecutionPage(
        name=found.execution,
        kpis=(
            Kpi("Cost", usd(cost), f"{sum(one.calls for one in found.steps):,} calls"),
            Kpi("Tokens", svg.short_number(sum(one.tokens for one in found.steps))),
            Kpi("Accepted", f"{accepted:,}" if found.came else NONE, "of what came of it"),
            Kpi("Value", usd(value) if found.came else NONE),
            Kpi(
                "Value less model use",
                usd(value - cost) if found.came else NONE,
                tone="bad" if found.came and value < cost else "",
            ),
        ),
        facts=_facts(visit, found),
        figure=_figure(found),
        came=tuple(_came(one) for one in found.came),
        steps=_steps(found),
        ledger=ledger_link({"execution": found.execution, **_EVER}),
        commands=Commands(
            f"tiebeam ledger lines --of use --execution {shlex.quote(found.execution)}",
            f"GET /api/v1/ledger/execution?{query}",
        ),
        report=Commands(
            f"tiebeam outcomes report --ref CASE {said} --execution {shlex.quote(found.execution)}",
            "POST /api/v1/outcomes",
        ),
    )


def _facts(visit: Visit, found: Execution) -> tuple[Fact, ...]:
    facts: list[Fact] = []
    for team, workflow in found.places:
        facts.append(Fact("Team", team or "none named", href=f"/economics/returns?by=workflow&team={_named(team)}"))
        place = f"/economics/returns?by=model&workflow={_named(workflow)}"
        facts.append(Fact("Workflow", workflow or "none named", href=place))
    if visit.caller.sees("run", found.execution):
        facts.append(Fact("Run", "see its steps", href=f"/runs/{quote(found.execution, safe='')}"))
    else:
        facts.append(Fact("Whose", "an agent or tool of the company", note="its calls name it"))
    return tuple(facts)


def _named(key: str) -> str:
    return quote(named(key), safe="")


def _figure(found: Execution) -> Figure | None:
    """From nothing down by each step's cost, up by the value, to what is left."""
    sums: defaultdict[str, int] = defaultdict(int)
    for one in found.steps:
        sums[one.step_id or one.model] -= one.usd_nano
    if not sums or not found.came:
        return None
    dearest = sorted(sums, key=lambda name: sums[name])
    parts = [(name, sums[name]) for name in dearest[:_MOST_BARS]]
    if len(dearest) > _MOST_BARS:
        parts.append(("others", sum(sums[name] for name in dearest[_MOST_BARS:])))
    parts = [("value", found.value_nano), *parts]
    left = sum(nano for _, nano in parts)
    bars = [svg.WaterfallPart(name, float(usd_of_nano(nano))) for name, nano in parts]
    bars.append(svg.WaterfallPart("left", float(usd_of_nano(left)), is_total=True))
    title = "From value to what is left"
    chart = svg.waterfall(bars, name=title, shown=lambda value: f"${value:,.4g}")
    rows = tuple((name, usd(usd_of_nano(nano))) for name, nano in (*parts, ("left", left)))
    return Figure(title, chart, ("Part", "Dollars"), rows, "Model use alone; people’s time is in the run’s own ledger.")


def _came(one: Came) -> CameLine:
    stated = money(one.amount, one.currency) if one.currency else ""
    if one.kind == "value":
        title = "Value, of a run of ours"
    elif one.kind == "outcome":
        title = "Accepted" if one.accepted else "Ended, not accepted"
    else:
        title = f"{one.accepted:,} of {one.ended:,} accepted, as reported"
    worth = "no rate for its currency" if one.value_nano is None else usd(usd_of_nano(one.value_nano))
    return CameLine(title, " · ".join(part for part in (one.id, stated) if part), worth)


def _steps(found: Execution) -> Table:
    rows = tuple(_step(found, one, number) for number, one in enumerate(found.steps))
    return Table("steps", _STEPS, rows, len(rows), _NO_STEPS, is_searchable=False, base=PATH)


def _step(found: Execution, one: StepUse, number: int) -> Row:
    cost = usd_of_nano(one.usd_nano)
    charges = ledger_link({"execution": found.execution, "model": one.model, **_EVER})
    return Row(
        f"{number}",
        (
            Cell(one.step_id or "no step named", is_soft=not one.step_id),
            Cell(one.model, href=charges),
            Cell(f"{one.calls:,}", raw=one.calls),
            Cell(f"{one.attempts:,}", raw=one.attempts),
            Cell(f"{one.tokens:,}", raw=one.tokens),
            Cell(usd(cost), raw=cost),
        ),
    )


def routes(console: Console) -> list[Route]:
    seen = Ask("ledger.view", "ledger")
    return [
        route(console, PATH, execution, asks=seen),
        route(console, PATH + ".{format}", execution_file, asks=seen),
    ]
