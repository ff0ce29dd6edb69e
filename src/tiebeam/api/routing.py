"""Routing over HTTP: policies, why a call goes where it goes, the register of approvals, results of evaluations."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.economics.routing import Facts
from tiebeam.http import Caller
from tiebeam.kit import plain
from tiebeam.spec import Endpoint, as_data

Name = Annotated[str, Field(max_length=200)]
Asked = Annotated[str, Query(max_length=200)]


class NewResult(Body):
    """How a served model did: `score` is a share from 0 to 1 over `cases`."""

    served: Name
    evaluation: Name
    score: Decimal = Field(ge=0, le=1, max_digits=20)
    cases: int = Field(ge=1)
    source: str = Field(min_length=1, max_length=500)
    model: Name | None = Field(default=None, description="The provider's name of what was evaluated.")


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["gateway"])
    _where(app, routes)
    _quality(app, routes)
    return routes


def _where(app: App, routes: APIRouter) -> None:
    read = asks(app, "route.view", "route")

    @routes.get("/routing")
    def listing(caller: Caller = Depends(read)) -> dict[str, Any]:
        """Every policy with its classes, and every served model."""
        policies = app.routing.policies(caller.principal)
        served = app.routing.served(caller.principal)
        return {"policies": [as_data(one) for one in policies], "served": [as_data(one) for one in served]}

    @routes.get("/routing/explain")
    def explain(
        model: Asked,
        caller: Caller = Depends(read),
        task_class: Asked = "",
        workflow: Asked = "",
        endpoint: Endpoint = Endpoint.CHAT,
        input_tokens: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
    ) -> dict[str, Any]:
        """Where a call for a model would go now, and every place that was weighed with price, result and approval."""
        now = int(app.store.clock.now().timestamp() * 1000)
        facts = Facts(endpoint=endpoint, now_ms=now, input_bound=input_tokens)
        with app.store.read() as conn:
            found = app.routing.explain(
                conn, caller.principal, model, facts=facts, task_class=task_class, workflow=workflow
            )
        return plain(found)

    @routes.get("/routing/approvals")
    def approvals(caller: Caller = Depends(read)) -> dict[str, Any]:
        """The central register: approved providers and models, who answers, terms, and commitments with their use."""
        with app.store.read() as conn:
            used = app.routing.commitments(conn, caller.principal)
        return {"rows": plain(app.routing.register(caller.principal)), "commitments": plain(used)}


def _quality(app: App, routes: APIRouter) -> None:
    @routes.get("/routing/quality")
    def results(
        caller: Caller = Depends(asks(app, "route.view", "route")),
        served: Annotated[str | None, Query(max_length=200)] = None,
        evaluation: Annotated[str | None, Query(max_length=200)] = None,
        size: Annotated[int, Query(ge=1, le=500)] = 200,
    ) -> dict[str, Any]:
        """Recorded results, newest first."""
        with app.store.read() as conn:
            rows = app.routing.results(conn, caller.principal, served=served, evaluation=evaluation, limit=size)
        return {"rows": plain(rows)}

    @routes.post("/routing/quality", status_code=201)
    def record(
        body: NewResult, caller: Caller = Depends(changes(app, "route.record_quality", "route", inside=True))
    ) -> dict[str, Any]:
        """Keep how well a served model did; its classes go by it from then on."""
        made = app.routing.record(
            caller.principal,
            served=body.served,
            evaluation=body.evaluation,
            score=body.score,
            cases=body.cases,
            source=body.source,
            model=body.model,
        )
        return plain(made)
