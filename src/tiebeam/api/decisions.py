"""Decisions between ways to serve a volume over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.economics.calculator import Catalogue, compare, read_question
from tiebeam.economics.decisions import Choice
from tiebeam.http import Caller

Name = Annotated[str, Field(max_length=200)]


class NewDecision(Body):
    """`question` holds the calculator's parameters as its addresses do. `chosen` and `weighed` are ids of options of
    `/economics/calculator/compare`; without `weighed` the cheapest are. `owner` is role:ID or person:ID.
    """

    question: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=4000)]] = Field(
        default_factory=dict, max_length=40
    )
    title: str = Field(max_length=1000)
    chosen: Name
    owner: Name
    reason: str = Field(max_length=10_000)
    revisit: date | None = None
    weighed: list[Name] = Field(default_factory=list, max_length=50)
    supersedes: Name | None = None


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["economics"])
    read = asks(app, "decision.view", "decision", inside=True)

    @routes.get("/economics/decisions")
    def listing(caller: Caller = Depends(read), superseded: bool = False) -> dict[str, Any]:
        """What is in force, newest first; what was superseded too when asked for."""
        with app.store.read() as conn:
            found = app.decisions.find(conn, caller.principal, with_superseded=superseded)
        return {"rows": [one.form(_today(app)) for one in found]}

    @routes.get("/economics/decisions/{decision_id}")
    def one(decision_id: str, caller: Caller = Depends(read)) -> dict[str, Any]:
        """A decision with the options as they were on its day."""
        with app.store.read() as conn:
            return {"decision": app.decisions.show(conn, caller.principal, decision_id).form(_today(app))}

    @routes.post("/economics/decisions", status_code=201)
    def record(
        body: NewDecision, caller: Caller = Depends(changes(app, "decision.record", "decision", inside=True))
    ) -> dict[str, Any]:
        """Decide between the options of a comparison. The question and the options are kept with their figures."""
        question = read_question(body.question)
        catalogue = Catalogue(app.graph(), app.economics.prices, day=question.at or _today(app))
        choice = Choice(
            title=body.title,
            chosen=body.chosen,
            owner=body.owner,
            reason=body.reason,
            revisit=body.revisit,
            weighed=tuple(body.weighed),
            supersedes=body.supersedes,
        )
        comparison = compare(catalogue, question)
        with app.store.unit() as unit:
            made = app.decisions.record(unit, caller.principal, comparison=comparison, choice=choice)
        return {"decision": made.form(_today(app))}

    return routes


def _today(app: App) -> date:
    return app.store.clock.now().date()
