"""Pricing models over HTTP: a product sold by seats, agent seats and consumption."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from tiebeam.api.access import asks
from tiebeam.app import App
from tiebeam.economics import workbook
from tiebeam.economics.pricing import (
    PricingAnswer,
    PricingCase,
    design,
    find_pricing,
    pricing_case,
    pricing_rows,
    pricing_sheet,
    read_pricing_changes,
)
from tiebeam.http import Caller

_MOST_DRAWS = 100_000
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Question(BaseModel):
    """What to ask otherwise than stated. `set` holds NAME=VALUE, as `tiebeam pricing design --set` does."""

    set: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=100)
    headless_share: str | None = Field(default=None, max_length=40)
    seed: int = Field(default=1, ge=0, le=2**32)
    draws: int = Field(default=2000, ge=100, le=_MOST_DRAWS)
    at: date | None = None

    @property
    def moment(self) -> datetime | None:
        return None if self.at is None else datetime(self.at.year, self.at.month, self.at.day, tzinfo=UTC)


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["economics"])
    read = asks(app, "intent.view", "catalogue")

    @routes.get("/economics/pricing")
    def listing(caller: Caller = Depends(read), at: date | None = None) -> list[dict[str, Any]]:
        """The pricing models you may see, with revenue, margin, headless share and warnings."""
        seen = {name: one for name, one in app.graph().pricing.items() if caller.sees("record", f"pricing/{name}")}
        day = Question(at=at).moment
        return [one.form() for one in pricing_rows(seen, app.economics.prices, at=day)]

    @routes.get("/economics/pricing/{model}.xlsx", response_class=Response)
    def sheet(model: str, question: Annotated[Question, Query()], caller: Caller = Depends(read)) -> Response:
        """The calculation as a spreadsheet with live formulas."""
        case, answer = _answer(app, caller, model, question)
        return Response(
            workbook(pricing_sheet(case, answer)),
            media_type=_SHEET,
            headers={"content-disposition": f'attachment; filename="pricing-{answer.model}.xlsx"'},
        )

    @routes.get("/economics/pricing/{model}")
    def one(model: str, question: Annotated[Question, Query()], caller: Caller = Depends(read)) -> dict[str, Any]:
        """Revenue, cost and margin by stream, break-even, the curve over the headless share, use cases, warnings."""
        return _answer(app, caller, model, question)[1].form()

    return routes


def _answer(app: App, caller: Caller, name: str, question: Question) -> tuple[PricingCase, PricingAnswer]:
    record = find_pricing(app.graph().pricing, name, sees=lambda one: caller.sees("record", f"pricing/{one}"))
    case = pricing_case(record, app.economics.prices, at=question.moment)
    case = read_pricing_changes(case, question.set, headless_share=question.headless_share)
    return case, design(case, seed=question.seed, draws=question.draws)
