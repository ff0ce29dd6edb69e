"""Model use over HTTP: sums, the charges behind them, returns, and outcomes of others' agents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.api.use_models import (
    CallAnswer,
    ChargeList,
    DayTotalRow,
    ExecutionAnswer,
    OutcomeList,
    OutcomeRow,
    ReturnsAnswer,
    TotalRow,
)
from tiebeam.app import App
from tiebeam.economics.returns import MOST_REPORTED, Reported, ReturnBy, read_execution, returns
from tiebeam.economics.totals import (
    By,
    ChargeFilters,
    Span,
    UseFilters,
    charge_form,
    charges,
    read_call,
    totals,
    totals_by_day,
)
from tiebeam.http import Caller, seen_use

Name = Annotated[str | None, Query(max_length=120)]
Day = date | None
First = Annotated[Day, Query(alias="from")]
Last = Annotated[Day, Query(alias="to")]


class NewOutcome(Body):
    """`ref` is your own name of the case: the same again is the same outcome. A value needs its basis.

    Without `ended` it is as many as `accepted`, at least 1; without `at` it is now.
    """

    ref: str = Field(max_length=200)
    team: str = Field(max_length=80)
    workflow: str = Field(max_length=80)
    agent: str = Field(default="", max_length=80)
    execution: str = Field(default="", max_length=120)
    accepted: int = Field(default=1, ge=0, le=10_000_000)
    ended: int | None = Field(default=None, ge=0, le=10_000_000)
    value: Decimal = Field(default=Decimal(0), ge=0, max_digits=20, decimal_places=9)
    currency: str = Field(default="USD", max_length=3)
    basis: str = Field(default="", max_length=1000)
    at: AwareDatetime | None = None
    corrects: str | None = Field(default=None, max_length=80)

    def reported(self) -> Reported:
        said = self.model_dump(exclude={"ended"})
        return Reported(**said, ended=max(1, self.accepted) if self.ended is None else self.ended)


class NewOutcomes(Body):
    outcomes: list[NewOutcome] = Field(min_length=1, max_length=MOST_REPORTED)


def use_filters(
    team: Name = None,
    workflow: Name = None,
    model: Name = None,
    key: Name = None,
    agent: Name = None,
    environment: Name = None,
    provider: Name = None,
    upstream: Name = None,
    source: Name = None,
) -> UseFilters:
    return UseFilters(
        team=team,
        workflow=workflow,
        model=model,
        key=key,
        agent=agent,
        environment=environment,
        provider=provider,
        upstream=upstream,
        source=source,
    )


Filters = Annotated[UseFilters, Depends(use_filters)]


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["ledger"])
    _add_totals(routes, app)
    _add_charges(routes, app)
    _add_returns(routes, app)
    _add_outcomes(routes, app)
    return routes


def _add_totals(routes: APIRouter, app: App) -> None:
    read = asks(app, "ledger.view", "ledger")

    @routes.get("/ledger/totals", response_model=list[TotalRow])
    def sums(
        filters: Filters, caller: Caller = Depends(read), by: By = By.TEAM, since: First = None, until: Last = None
    ) -> list[dict[str, Any]]:
        """Calls, tokens and dollars of model use, the dearest first; UTC days, both included."""
        span = Span(since, until)
        scope = seen_use(caller)
        with app.store.read() as conn:
            found = totals(conn, by=by, span=span, filters=filters, scope=scope)
        return [one.form() for one in found]

    @routes.get("/ledger/totals/daily", response_model=list[DayTotalRow])
    def course(
        filters: Filters, caller: Caller = Depends(read), by: By = By.TEAM, since: First = None, until: Last = None
    ) -> list[dict[str, Any]]:
        """The same for every day with any use, in order."""
        scope = seen_use(caller)
        with app.store.read() as conn:
            found = totals_by_day(conn, by=by, span=Span(since, until), filters=filters, scope=scope)
        return [{"day": one.day.isoformat(), **one.total.form()} for one in found]


def _add_charges(routes: APIRouter, app: App) -> None:
    read = asks(app, "ledger.view", "ledger")

    @routes.get("/ledger/charges", response_model=ChargeList)
    def listing(
        filters: Filters,
        caller: Caller = Depends(read),
        since: First = None,
        until: Last = None,
        execution: Name = None,
        call: Name = None,
        task_class: Name = None,
        ended: Annotated[str | None, Query(max_length=20)] = None,
        estimated: bool | None = None,
        corrections: bool | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        before: Annotated[str | None, Query(max_length=40)] = None,
    ) -> dict[str, Any]:
        """Single attempts at providers and their corrections, newest first."""
        wanted = ChargeFilters(
            use=filters,
            span=Span(since, until),
            execution=execution,
            call=call,
            task_class=task_class,
            ended=ended,
            estimated=estimated,
            corrections=corrections,
        )
        scope = seen_use(caller)
        with app.store.read() as conn:
            page = charges(conn, wanted, limit=limit, before=before, scope=scope)
        return {"charges": [charge_form(one) for one in page.charges], "before": page.before}

    @routes.get("/ledger/calls/{call_id}", response_model=CallAnswer)
    def one_call(call_id: str, caller: Caller = Depends(read)) -> dict[str, Any]:
        """Every attempt of one call, its corrections, and the prices they were charged at."""
        scope = seen_use(caller)
        with app.store.read() as conn:
            return read_call(conn, call_id, scope=scope).form()

    @routes.get("/ledger/execution", response_model=ExecutionAnswer)
    def one_execution(name: Annotated[str, Query(max_length=120)], caller: Caller = Depends(read)) -> dict[str, Any]:
        """What an execution used, by step and model, and what came of it."""
        scope = seen_use(caller)
        with app.store.read() as conn:
            found = read_execution(conn, name, prices=app.economics.prices, scope=scope)
        return found.form()


def _add_returns(routes: APIRouter, app: App) -> None:
    read = asks(app, "ledger.view", "ledger")

    @routes.get("/returns", response_model=ReturnsAnswer)
    def back(
        caller: Caller = Depends(read),
        by: ReturnBy = ReturnBy.WORKFLOW,
        since: First = None,
        until: Last = None,
        team: Name = None,
        workflow: Name = None,
    ) -> dict[str, Any]:
        """Cost, outcomes and value side by side: dollars per outcome and per million tokens, value per token."""
        scope = seen_use(caller)
        with app.store.read() as conn:
            found = returns(
                conn,
                by=by,
                prices=app.economics.prices,
                span=Span(since, until),
                team=team,
                workflow=workflow,
                scope=scope,
            )
        return {"rows": [one.form() for one in found.rows], "missing": list(found.missing)}


def _add_outcomes(routes: APIRouter, app: App) -> None:
    read = asks(app, "ledger.view", "ledger")

    @routes.post("/outcomes", status_code=201, response_model=list[OutcomeRow])
    def report(
        body: NewOutcomes, caller: Caller = Depends(changes(app, "outcome.report", "ledger", inside=True))
    ) -> list[dict[str, Any]]:
        """Report what came of work that others' agents did with our models; all are kept, or none."""
        with app.store.unit() as unit:
            made = app.outcomes.report(unit, caller.principal, [one.reported() for one in body.outcomes])
        return [one.form() for one in made]

    @routes.get("/outcomes", response_model=OutcomeList)
    def reported(
        caller: Caller = Depends(read),
        since: First = None,
        until: Last = None,
        team: Name = None,
        workflow: Name = None,
        execution: Name = None,
        corrected: bool = False,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        before: Annotated[str | None, Query(max_length=80)] = None,
    ) -> dict[str, Any]:
        """Outcomes as they were reported, newest first; those that were corrected too when asked for."""
        scope = seen_use(caller)
        with app.store.read() as conn:
            page = app.outcomes.find(
                conn,
                span=Span(since, until),
                team=team,
                workflow=workflow,
                execution=execution,
                with_corrected=corrected,
                limit=limit,
                before=before,
                scope=scope,
            )
        return {"outcomes": [one.form() for one in page.outcomes], "before": page.before}
