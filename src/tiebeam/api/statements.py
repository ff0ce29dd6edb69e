"""Statements and anomalies of model use over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.api.use_models import AnomalyRow, IssuedAnswer, IssuedRow, StatementAnswer
from tiebeam.app import App
from tiebeam.economics.anomalies import detect
from tiebeam.economics.forecast import Month
from tiebeam.economics.statements import (
    Party,
    Statement,
    StatementKind,
    draw_up,
    issue,
    list_issued,
    parties,
    read_issued,
    statement_csv,
    statement_workbook,
)
from tiebeam.economics.totals import Span
from tiebeam.http import Caller, seen_use

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
About = Annotated[str, Query(max_length=200, description="team:NAME or line:BUDGET")]
Text = Annotated[str | None, Query(max_length=20, description="As 2026-11; this month where it is left out.")]


class NewStatement(Body):
    about: str = Field(max_length=200, description="team:NAME or line:BUDGET")
    month: str = Field(max_length=20, description="A month that is over, as 2026-10.")


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["ledger"])
    _add_statement(routes, app)
    _add_issued(routes, app)
    read = asks(app, "ledger.view", "ledger")

    @routes.get("/ledger/anomalies", response_model=list[AnomalyRow])
    def anomalies(
        caller: Caller = Depends(read),
        since: Annotated[date | None, Query(alias="from")] = None,
        until: Annotated[date | None, Query(alias="to")] = None,
    ) -> list[dict[str, Any]]:
        """What stood out on at most 31 days; yesterday and today when none are given."""
        graph, today = app.graph(), app.store.clock.now().date()
        assert graph.settings is not None
        last = until or today
        span = Span(since or date.fromordinal(max(1, last.toordinal() - 1)), last)
        scope = seen_use(caller)
        with app.store.read() as conn:
            found = detect(conn, span=span, rules=graph.settings.anomalies, budgets=graph.budgets, scope=scope)
        return [one.form() for one in found]

    return routes


def _add_statement(routes: APIRouter, app: App) -> None:
    read = asks(app, "ledger.view", "ledger")

    @routes.get("/ledger/parties")
    def who(caller: Caller = Depends(read)) -> list[str]:
        """The teams and lines of business whose statements you may see."""
        return [str(one) for one in parties(app.graph(), scope=seen_use(caller))]

    @routes.get("/ledger/statement", response_model=StatementAnswer)
    def one(
        about: About,
        caller: Caller = Depends(read),
        month: Text = None,
        kind: StatementKind = StatementKind.SHOWBACK,
    ) -> dict[str, Any]:
        """What a team or line used in a month, what was corrected of it, and the shared costs it carries."""
        return _drawn(app, caller, about, month, kind).form()

    @routes.get("/ledger/statement.csv", response_class=Response)
    def table(
        about: About, caller: Caller = Depends(read), month: Text = None, kind: StatementKind = StatementKind.SHOWBACK
    ) -> Response:
        """The same as a table."""
        found = _drawn(app, caller, about, month, kind)
        return Response(statement_csv(found), media_type="text/csv", headers=_named(found, "csv"))

    @routes.get("/ledger/statement.xlsx", response_class=Response)
    def sheet(
        about: About, caller: Caller = Depends(read), month: Text = None, kind: StatementKind = StatementKind.SHOWBACK
    ) -> Response:
        """The same as a spreadsheet whose sums are formulas."""
        found = _drawn(app, caller, about, month, kind)
        return Response(statement_workbook(found), media_type=_SHEET, headers=_named(found, "xlsx"))


def _add_issued(routes: APIRouter, app: App) -> None:
    read = asks(app, "ledger.view", "ledger")

    @routes.post("/ledger/statements", status_code=201, response_model=IssuedRow)
    def bill(
        body: NewStatement, caller: Caller = Depends(changes(app, "statement.issue", "ledger", inside=True))
    ) -> dict[str, Any]:
        """Bill a month that is over: the first time all of it, later what was corrected since."""
        found = _drawn(app, caller, body.about, body.month, StatementKind.CHARGEBACK)
        with app.store.unit() as unit:
            made = issue(unit, caller.principal, found, authority=app.authority, graph=app.graph())
        return made.form()

    @routes.get("/ledger/statements", response_model=list[IssuedRow])
    def issued(caller: Caller = Depends(read), month: Text = None) -> list[dict[str, Any]]:
        """Chargebacks that were issued, newest first, at most 500."""
        wanted = None if month is None else Month.read(month)
        scope = seen_use(caller)
        with app.store.read() as conn:
            return [one.form() for one in list_issued(conn, month=wanted, scope=scope)]

    @routes.get("/ledger/statements/{statement_id}", response_model=IssuedAnswer)
    def one_issued(statement_id: str, caller: Caller = Depends(read)) -> dict[str, Any]:
        """A chargeback as it was issued."""
        scope = seen_use(caller)
        with app.store.read() as conn:
            found, content = read_issued(conn, statement_id, scope=scope)
        return {**found.form(), "content": content}


def _drawn(app: App, caller: Caller, about: str, month: str | None, kind: StatementKind) -> Statement:
    now, party = app.store.clock.now(), Party.read(about)
    wanted = Month.of(now) if month is None else Month.read(month)
    scope = seen_use(caller)
    with app.store.read() as conn:
        return draw_up(
            conn,
            party,
            wanted,
            graph=app.graph(),
            prices=app.economics.prices,
            now=now,
            kind=kind,
            scope=scope,
        )


def _named(found: Statement, ending: str) -> dict[str, str]:
    name = f"{found.kind.value}-{found.party.kind}-{found.party.name}-{found.month}"
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-._") else "-" for letter in name)
    return {"content-disposition": f'attachment; filename="{safe}.{ending}"'}
