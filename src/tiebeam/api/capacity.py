"""Dedicated capacity against metered tokens over HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from tiebeam.api.access import asks
from tiebeam.app import App
from tiebeam.economics import workbook
from tiebeam.economics.capacity import CapacityPlan, Known, capacity_sheet, plan_capacity, read_question
from tiebeam.http import Caller

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Figure = Annotated[str | None, Field(max_length=40)]
Name = Annotated[str | None, Field(min_length=1, max_length=200)]


class Question(BaseModel):
    """Figures as decimal text; what each means `tiebeam capacity --help` says."""

    tokens: str = Field(max_length=40)
    price: Name = None
    commitment: Figure = None
    usd_per_hour: Figure = None
    tokens_per_minute: Figure = None
    model: Name = None
    provider: Name = None
    input_share: Figure = None
    metered: Figure = None
    units: Figure = None
    months: Figure = None
    growth: Figure = None
    price_fall: Figure = None
    busy_share: Figure = None
    at: date | None = None


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["economics"])
    read = asks(app, "intent.view", "catalogue")

    @routes.get("/economics/capacity")
    def one(question: Annotated[Question, Query()], _caller: Caller = Depends(read)) -> dict[str, Any]:
        """Dedicated capacity in whole units, the rest metered, against everything metered. Money in US dollars."""
        return _plan(app, question).form()

    @routes.get("/economics/capacity.xlsx", response_class=Response)
    def sheet(question: Annotated[Question, Query()], _caller: Caller = Depends(read)) -> Response:
        """The calculation as a spreadsheet with live formulas."""
        return Response(
            workbook(capacity_sheet(_plan(app, question))),
            media_type=_SHEET,
            headers={"content-disposition": 'attachment; filename="capacity.xlsx"'},
        )

    return routes


def _plan(app: App, question: Question) -> CapacityPlan:
    graph, at = app.graph(), question.at
    day = app.store.clock.now() if at is None else datetime(at.year, at.month, at.day, tzinfo=UTC)
    texts: dict[str, str] = question.model_dump(exclude={"at"}, exclude_none=True)
    return plan_capacity(read_question(texts, Known(graph.prices, graph.models, app.economics.prices, day)))
