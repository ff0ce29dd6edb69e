"""Budgets over HTTP: how they stand, what a call counts against, and asking for more."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.economics.spending import budget_form
from tiebeam.http import Caller, seen_budgets
from tiebeam.kit import plain

Name = Annotated[str, Query(max_length=120)]


class MoreBody(Body):
    """A request for a higher ceiling in the window of now."""

    usd: Decimal = Field(gt=0, max_digits=20, decimal_places=9, description="The ceiling needed, not what is missing.")
    reason: str = Field(min_length=1, max_length=2000, description="What for; the owner reads it.")


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["gateway"])
    view = asks(app, "budget.view", "budget")

    @routes.get("/budgets")
    def show(caller: Caller = Depends(view)) -> dict[str, Any]:
        """Every budget and every key with a cap, parents first: its ceiling, what open calls hold, what is spent."""
        with app.store.read() as conn:
            lines = seen_budgets(caller, conn, app.budgets.view(conn, at=app.store.clock.now()))
        return {"rows": [budget_form(line) for line in lines]}

    @routes.get("/budgets/covering")
    def covering(
        team: Name, workflow: Name, key: Name = "", execution: Name = "", caller: Caller = Depends(view)
    ) -> dict[str, Any]:
        """What a call of a team for a workflow counts against, the nearest ceiling first."""
        with app.store.read() as conn:
            found = app.budgets.covering(
                conn, team=team, workflow=workflow, at=app.store.clock.now(), key_id=key, execution=execution
            )
            lines = seen_budgets(caller, conn, found)
        return {"rows": [budget_form(line) for line in lines]}

    @routes.post("/budgets/{budget}/requests", status_code=201)
    def ask(
        budget: str, body: MoreBody, caller: Caller = Depends(changes(app, "budget.ask", "budget", "budget"))
    ) -> dict[str, Any]:
        """Ask the budget's owner for a higher ceiling, until it begins anew: a review task of theirs."""
        return plain(app.asking.ask(caller.principal, budget, usd=body.usd, reason=body.reason))

    return routes
