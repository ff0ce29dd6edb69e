"""Economics → Returns: what model use cost beside what came of it, by workflow, model or team."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa
from starlette.responses import Response
from starlette.routing import Route

from tiebeam.economics.returns import Return, ReturnBy, Returns, latest_executions
from tiebeam.economics.returns import returns as work_out
from tiebeam.economics.totals import UseFilters
from tiebeam.errors import Invalid
from tiebeam.http import Ask
from tiebeam.kit import usd_of_nano
from tiebeam.web import svg
from tiebeam.web.pages.exports import table_file
from tiebeam.web.pages.use import executions
from tiebeam.web.pages.use.asking import Asked, asked, chips_of, commands, day_params, days_of, link, named, said_days
from tiebeam.web.table import Cell, Column, Empty, Row, Table, TableQuery, arrange
from tiebeam.web.views import Commands, Figure, Kpi, ReturnsPage
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import NONE, usd

PATH = "/economics/returns"
REPORT = Commands(
    "tiebeam outcomes report --ref INV-4711 --team support --workflow triage --execution case-4711 "
    "--value 4.20 --basis 'six minutes saved at 42 an hour'",
    'POST /api/v1/outcomes {"outcomes": [{"ref": "INV-4711", "team": "support", "workflow": "triage", '
    '"execution": "case-4711", "value": "4.20", "basis": "six minutes saved at 42 an hour"}]}',
)
_NARROWED = ("team", "workflow")
_PAGE, _LATEST, _FILE_EXECUTIONS = 20, 15, 500
_MOST_POINTS = 12
_COLUMNS = (
    Column("cost_usd", "Cost", is_number=True),
    Column("value_usd", "Value", is_number=True),
    Column("net_usd", "Net", is_number=True),
    Column("outcomes", "Outcomes", is_number=True),
    Column("usd_per_outcome", "An outcome", is_number=True),
    Column("usd_per_million_tokens", "A million tokens", is_number=True),
    Column("value_per_token", "Value a token", is_number=True),
)
_EMPTY = Empty(
    "Nothing to set side by side yet",
    "What models cost comes from the ledger of use. What came of it, our own runs write themselves; of other agents, "
    "it is reported with one command or call for each piece of work.",
    command=REPORT.cli,
)


def returns(visit: Visit) -> Response:
    question, by = _asked(visit), _by(visit)
    with visit.app.store.read() as conn:
        found = _found(visit, conn, question, by)
        whole = _found(visit, conn, question, ReturnBy.TEAM)
        latest = _executions(visit, conn, question, _LATEST)
    cost, value = (sum(getattr(one, name) for one in whole.rows) for name in ("cost_nano", "value_nano"))
    given = {"by": by.value, **day_params(question.span), **question.names}
    page = ReturnsPage(
        days=days_of(visit, question.span),
        by=by.value,
        chips=chips_of(visit, question.names),
        clear=link(visit, PATH, **dict.fromkeys((*_NARROWED, "page", "q"))),
        kpis=_kpis(question, whole) if whole.rows else (),
        figure=_figure(found),
        missing=", ".join(found.missing),
        is_worth_unknown=bool(cost) and not value and not any(one.ended for one in whole.rows),
        report=REPORT,
        executions=latest,
        commands=commands("tiebeam returns", "/api/v1/returns", given),
    )
    table = _table(visit, found, by, everything=False)
    return visit.page("pages/use/returns.html", returns=page, table=table)


def returns_file(visit: Visit) -> Response:
    question, by = _asked(visit), _by(visit)
    with visit.app.store.read() as conn:
        found = _found(visit, conn, question, by)
    return table_file(_table(visit, found, by, everything=True), visit.path("format"), name="returns")


def executions_file(visit: Visit) -> Response:
    with visit.app.store.read() as conn:
        table = _executions(visit, conn, _asked(visit), _FILE_EXECUTIONS)
    return table_file(table, visit.path("format"), name="executions")


def _asked(visit: Visit) -> Asked:
    """Raises Invalid on what returns are not narrowed by."""
    question = asked(visit)
    if foreign := sorted(set(question.names) - set(_NARROWED)):
        raise Invalid(f"returns are narrowed by team and workflow, not by {', '.join(foreign)}; the ledger is")
    return question


def _by(visit: Visit) -> ReturnBy:
    text = visit.params.get("by", ReturnBy.WORKFLOW.value)
    if text not in list(ReturnBy):
        raise Invalid(f"by = {text[:40]!r}; returns are by {', '.join(ReturnBy)}")
    return ReturnBy(text)


def _found(visit: Visit, conn: sa.Connection, question: Asked, by: ReturnBy) -> Returns:
    return work_out(
        conn,
        by=by,
        prices=visit.app.economics.prices,
        span=question.span,
        team=question.use.team,
        workflow=question.use.workflow,
        scope=question.scope,
    )


def _executions(visit: Visit, conn: sa.Connection, question: Asked, limit: int) -> Table:
    found = latest_executions(
        conn,
        span=question.span,
        prices=visit.app.economics.prices,
        filters=UseFilters(team=question.use.team, workflow=question.use.workflow),
        limit=limit,
        scope=question.scope,
    )
    return executions.listed(found)


def _kpis(question: Asked, whole: Returns) -> tuple[Kpi, ...]:
    rows = whole.rows
    cost, value = (usd_of_nano(sum(getattr(one, name) for one in rows)) for name in ("cost_nano", "value_nano"))
    labour = usd_of_nano(sum(one.labour_nano or 0 for one in rows))
    outcomes, ended, tokens = (sum(getattr(one, name) for one in rows) for name in ("outcomes", "ended", "tokens"))
    return (
        Kpi("Cost of model use", usd(cost), said_days(question.span)),
        Kpi(
            "Value",
            usd(value),
            f"of accepted outcomes; people cost {usd(labour)}" if labour else "of the accepted outcomes",
        ),
        Kpi("Outcomes", f"{outcomes:,}", f"accepted, of {ended:,} that ended"),
        Kpi("An outcome costs", usd(cost / outcomes) if outcomes and cost else NONE, "all cost, of failed work too"),
        Kpi("A million tokens", usd(cost * 1_000_000 / tokens) if tokens else NONE),
        Kpi("Value a token", small(value / tokens) if tokens else NONE, f"{svg.short_number(tokens)} tokens"),
    )


def small(value: Decimal | None) -> str:
    """Dollars so small that two digits say more than two places: $0.0000042."""
    if value is None:
        return NONE
    if not value or abs(value) >= 1:
        return usd(value)
    return f"${value.quantize(Decimal(10) ** (value.adjusted() - 1)):f}"


def _figure(found: Returns) -> Figure | None:
    """Value against cost, both in powers of ten; above the line more came of it than it cost."""
    drawn = [one for one in found.rows if one.cost_nano > 0 and one.value_nano > 0][:_MOST_POINTS]
    if not drawn:
        return None
    points = [(float(usd_of_nano(one.cost_nano)), float(usd_of_nano(one.value_nano))) for one in drawn]
    low, high = min(min(point) for point in points), max(max(point) for point in points)
    even = svg.Curve("As much as it cost", ((low * 0.9, low * 0.9), (high * 1.1, high * 1.1)), "s4")
    marks = [svg.Marker(x, one.key or "none named", y) for one, (x, y) in zip(drawn, points, strict=True)]
    chart = svg.curve_chart(
        [even], name="Value against cost", markers=marks, height=260, shown_x=_dollars, shown_y=_dollars
    )
    left = len(found.rows) - len(drawn)
    note = "Across: cost. Up: value. On the line, as much came of it as it cost; above it, more."
    note += f" {left} more have no cost or no value, or are not among the dearest {_MOST_POINTS}." if left else ""
    rows = tuple(
        (one.key or "none named", usd(usd_of_nano(one.cost_nano)), usd(usd_of_nano(one.value_nano))) for one in drawn
    )
    return Figure("Value against cost", chart, ("Name", "Cost", "Value"), rows, note)


def _dollars(value: float) -> str:
    return f"${svg.short_number(value)}"


def _table(visit: Visit, found: Returns, by: ReturnBy, *, everything: bool) -> Table:
    columns = (Column(by.value, by.value.capitalize()), *_COLUMNS)
    rows = tuple(_row(visit, one, by) for one in found.rows)
    table = Table("returns", columns, rows, len(rows), _EMPTY, base=PATH, page_size=_PAGE)
    return arrange(table, TableQuery.from_params(visit.params), everything=everything)


def _row(visit: Visit, one: Return, by: ReturnBy) -> Row:
    cost, value = usd_of_nano(one.cost_nano), usd_of_nano(one.value_nano)
    net = None if one.net_nano is None else usd_of_nano(one.net_nano)
    return Row(
        named(one.key),
        (
            Cell(one.key or "none named", href=_opened(visit, one, by), raw=one.key),
            Cell(usd(cost), raw=cost, sub=f"{one.requests:,} calls"),
            Cell(usd(value) if one.ended or value else NONE, raw=value),
            Cell(usd(net), raw=net, is_soft=True),
            Cell(f"{one.outcomes:,}", raw=one.outcomes, sub=f"of {one.ended:,}" if one.ended > one.outcomes else ""),
            Cell(usd(one.usd_per_outcome), raw=one.usd_per_outcome),
            Cell(usd(one.usd_per_million_tokens), raw=one.usd_per_million_tokens),
            Cell(small(one.value_per_token) if one.ended else NONE, raw=one.value_per_token),
        ),
    )


def _opened(visit: Visit, one: Return, by: ReturnBy) -> str:
    """A team opens its workflows, a workflow its models, a model the ledger."""
    changes: dict[str, object] = {"page": None, "sort": None, "q": None}
    if by is ReturnBy.MODEL:
        return link(visit, "/economics/ledger", **changes, by="workflow", model=named(one.key))
    below = ReturnBy.WORKFLOW if by is ReturnBy.TEAM and "workflow" not in visit.params else ReturnBy.MODEL
    return link(visit, PATH, **changes, **{"by": below.value, by.value: named(one.key)})


def routes(console: Console) -> list[Route]:
    seen = Ask("ledger.view", "ledger")
    return [
        route(console, PATH, returns, asks=seen),
        *executions.routes(console),
        route(console, PATH + "/executions.{format}", executions_file, asks=seen),
        route(console, PATH + ".{format}", returns_file, asks=seen),
    ]
