"""Economics → Statements: what each team and line used in a month, with the shared costs it carries, and billing it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from urllib.parse import quote

import sqlalchemy as sa
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tiebeam.economics.forecast import Month
from tiebeam.economics.statements import (
    Issued,
    Party,
    Statement,
    StatementKind,
    draw_up,
    issue,
    list_issued,
    parties,
    pools_of,
    read_issued,
    statement_csv,
    statement_object,
    statement_workbook,
)
from tiebeam.economics.totals import Scope, Span, grand_total
from tiebeam.errors import Conflict, Invalid
from tiebeam.http import Ask, seen_use
from tiebeam.kit import usd_of_nano
from tiebeam.web.pages.exports import table_file
from tiebeam.web.pages.use.asking import link, usual_span
from tiebeam.web.pages.use.statement import as_issued, as_it_stands, file_of
from tiebeam.web.table import Cell, Column, Empty, Row, Table, TableQuery, arrange
from tiebeam.web.views import Commands, IssuedLine, Kpi, Link, StatementsPage
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import usd

PATH = "/economics/statements"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MONTHS = 6
_MOST_DRAWN = 40
_COLUMNS = (
    Column("about", "Statement"),
    Column("kind", "Of"),
    Column("owner", "Answers for it"),
    Column("use_usd", "Model use", is_number=True),
    Column("shared_usd", "Shared costs", is_number=True),
    Column("corrections_usd", "Corrections", is_number=True),
    Column("total_usd", "Total", is_number=True),
    Column("billed_usd", "Billed", is_number=True),
)
_EMPTY = Empty(
    "Nobody has a statement yet",
    "A team has one as soon as it used anything or a budget names it, a line of business as soon as it has a budget. "
    "Costs that several share are divided by the rules in allocations/.",
    command="tiebeam ledger statement",
)


def statements(visit: Visit) -> Response:
    month, scope = _month(visit), seen_use(visit.caller)
    span = Span(month.first, month.last)
    with visit.app.store.read() as conn:
        table = _table(visit, conn, month, scope, everything=False)
        used = grand_total(conn, span=span, scope=scope)
        billed = list_issued(conn, month=month, scope=scope)
        shared = sum(one.usd_nano for one in pools_of(conn, visit.graph, span)) if scope.everything else None
    nano = sum(one.usd_nano for one in billed)
    over = "final" if month.is_over(visit.now) else "still growing"
    kpis = [Kpi("Model use", usd(used.cost_usd), over, f"/economics/ledger?from={month.first}&to={month.last}")]
    if shared is not None:
        kpis.append(Kpi("Shared costs", usd(usd_of_nano(shared)), f"{len(visit.graph.allocations)} rules divide them"))
    kpis.append(Kpi("Statements", str(table.total), "teams and lines that you may see"))
    kpis.append(Kpi("Billed of it", usd(usd_of_nano(nano)), f"{len(billed)} chargebacks issued"))
    page = StatementsPage(
        month=str(month),
        months=_months(visit, month),
        kpis=tuple(kpis),
        issued=tuple(issued_line(visit, one) for one in billed[:20]),
        commands=Commands("tiebeam ledger statement", "GET /api/v1/ledger/parties"),
    )
    return visit.page("pages/use/statements.html", statements=page, table=table)


def statements_file(visit: Visit) -> Response:
    with visit.app.store.read() as conn:
        table = _table(visit, conn, _month(visit), seen_use(visit.caller), everything=True)
    return table_file(table, visit.path("format"), name="statements")


def statement(visit: Visit) -> Response:
    party, month, kind = Party.read(visit.path("about")), _month(visit), _kind(visit)
    found = _drawn(visit, party, month, kind)
    with visit.app.store.read() as conn:
        before = list_issued(conn, party=party, month=month, scope=seen_use(visit.caller))
    due = found.is_final and not found.is_partial and found.due_nano != 0
    may = kind is StatementKind.CHARGEBACK and due
    page, table = as_it_stands(
        visit,
        found,
        months=_months(visit, month),
        issued=tuple(issued_line(visit, one) for one in before),
        may_issue=may and visit.allows("statement.issue", statement_object(visit.graph, party)),
    )
    return visit.page("pages/use/statement.html", statement=page, table=table)


def statement_file(kind: str) -> Callable[[Visit], Response]:
    """The file of a statement: csv, json or xlsx."""

    def file(visit: Visit) -> Response:
        found = _drawn(visit, Party.read(visit.path("about")), _month(visit), _kind(visit))
        if kind == "json":
            return JSONResponse(found.form())
        name = f"{found.kind.value}-{found.party.kind}-{found.party.name}-{found.month}"
        safe = "".join(one if one.isascii() and (one.isalnum() or one in "-._") else "-" for one in name)
        headers = {"content-disposition": f'attachment; filename="{safe}.{kind}"'}
        if kind == "csv":
            return Response(statement_csv(found), media_type="text/csv", headers=headers)
        return Response(statement_workbook(found), media_type=_SHEET, headers=headers)

    return file


def bill(visit: Visit) -> Response:
    party, month = Party.read(visit.said("about")), Month.read(visit.said("month"))
    found = _drawn(visit, party, month, StatementKind.CHARGEBACK)
    app = visit.app
    try:
        with app.store.unit() as unit:
            made = issue(unit, visit.principal, found, authority=app.authority, graph=visit.graph)
    except Conflict as problem:
        place = f"{PATH}/of/{quote(str(party), safe=':')}?kind=chargeback&month={month}"
        return visit.back_to(place, saying=problem.message)
    said = f"Issued: number {made.number} of {made.month} bills {usd(usd_of_nano(made.usd_nano))}."
    return visit.back_to(f"{PATH}/issued/{made.id}", saying=said)


def issued(visit: Visit) -> Response:
    with visit.app.store.read() as conn:
        made, content = read_issued(conn, visit.path("statement"), scope=seen_use(visit.caller))
    page, table = as_issued(visit, made, content)
    return visit.page("pages/use/statement.html", statement=page, table=table)


def issued_file(visit: Visit) -> Response:
    with visit.app.store.read() as conn:
        made, content = read_issued(conn, visit.path("statement"), scope=seen_use(visit.caller))
    if visit.path("format") == "json":
        return JSONResponse({**made.form(), "content": content})
    return table_file(file_of(content), visit.path("format"), name=f"chargeback-{made.month}-{made.number}")


def issued_line(visit: Visit, one: Issued) -> IssuedLine:
    return IssuedLine(
        about=one.about,
        number=f"number {one.number} of {one.month}",
        usd=usd(usd_of_nano(one.usd_nano)),
        issued_at=one.issued_at,
        issued_by=visit.names.person(one.issued_by.removeprefix("person:")) or one.issued_by,
        href=f"{PATH}/issued/{one.id}",
    )


def _drawn(visit: Visit, party: Party, month: Month, kind: StatementKind) -> Statement:
    with visit.app.store.read() as conn:
        return _draw(visit, conn, party, month, kind, seen_use(visit.caller))


def _draw(
    visit: Visit, conn: sa.Connection, party: Party, month: Month, kind: StatementKind, scope: Scope
) -> Statement:
    return draw_up(
        conn,
        party,
        month,
        graph=visit.graph,
        prices=visit.app.economics.prices,
        now=visit.now,
        kind=kind,
        scope=scope,
    )


def _month(visit: Visit) -> Month:
    """As the address says, or the latest in which anything was used."""
    text = visit.params.get("month", "")
    if text:
        return Month.read(text)
    since = usual_span(visit, seen_use(visit.caller)).since
    assert since is not None
    return Month(since.year, since.month)


def _months(visit: Visit, chosen: Month) -> tuple[Link, ...]:
    """The latest months and the chosen one, newest first."""
    known = {Month.of(visit.now).plus(-back) for back in range(_MONTHS)} | {chosen}
    return tuple(
        Link(
            f"{one.first:%b} {one.year}",
            "" if one == chosen else link(visit, visit.request.url.path, month=one, page=None),
        )
        for one in sorted(known, key=str, reverse=True)
    )


def _kind(visit: Visit) -> StatementKind:
    text = visit.params.get("kind", StatementKind.SHOWBACK.value)
    if text not in list(StatementKind):
        raise Invalid(f"kind = {text[:40]!r}; a statement is a {' or a '.join(StatementKind)}")
    return StatementKind(text)


def _table(visit: Visit, conn: sa.Connection, month: Month, scope: Scope, *, everything: bool) -> Table:
    found = parties(visit.graph, scope=scope)
    rows = tuple(
        _row(visit, _draw(visit, conn, one, month, StatementKind.CHARGEBACK, scope))
        if number < _MOST_DRAWN
        else _bare(visit, one)
        for number, one in enumerate(found)
    )
    table = Table("statements", _COLUMNS, rows, len(rows), _EMPTY, base=PATH)
    return arrange(table, TableQuery.from_params(visit.params), everything=everything)


def _row(visit: Visit, found: Statement) -> Row:
    form = found.form()
    sums = {name: Decimal(text) for name, text in form["sums"].items()}
    total, billed = Decimal(form["total_usd"]), Decimal(form["billed_before_usd"])
    shared = sums["shared"] + sums["moved"]
    return Row(
        str(found.party),
        (
            Cell(found.title, href=_href(visit, found.party), raw=str(found.party)),
            Cell("Line of business" if found.party.kind == "line" else "Team", is_soft=True, raw=found.party.kind),
            Cell(visit.names.role(found.owner_role) if found.owner_role else "nobody", sub=found.cost_centre),
            Cell(usd(sums["use"]), raw=sums["use"]),
            Cell(usd(shared), raw=shared),
            Cell(usd(sums["corrections"]), raw=sums["corrections"]),
            Cell(usd(total), raw=total),
            Cell(usd(billed), raw=billed, is_soft=True),
        ),
    )


def _bare(visit: Visit, party: Party) -> Row:
    """Beyond what one page works out: a name that opens the statement."""
    blank = tuple(Cell("") for _ in _COLUMNS[2:])
    kind = Cell("Line of business" if party.kind == "line" else "Team", is_soft=True, raw=party.kind)
    return Row(str(party), (Cell(party.name, href=_href(visit, party), raw=str(party)), kind, *blank))


def _href(visit: Visit, party: Party) -> str:
    return link(visit, f"{PATH}/of/{quote(str(party), safe=':')}", page=None, q=None, sort=None)


def routes(console: Console) -> list[Route]:
    seen = Ask("ledger.view", "ledger")
    billing = Ask("statement.issue", "ledger", inside=True)
    one, kept = PATH + "/of/{about:path}", PATH + "/issued/{statement}"
    return [
        route(console, PATH, statements, asks=seen),
        route(console, PATH + "/issue", bill, methods=("POST",), asks=billing),
        route(console, kept + ".{format}", issued_file, asks=seen),
        route(console, kept, issued, asks=seen),
        *(route(console, f"{one}.{kind}", statement_file(kind), asks=seen) for kind in ("csv", "json", "xlsx")),
        route(console, one, statement, asks=seen),
        route(console, PATH + ".{format}", statements_file, asks=seen),
    ]
