"""Studies of total cost of ownership over HTTP: which there are, and what one says for so many users."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from tiebeam.api.access import asks
from tiebeam.app import App
from tiebeam.economics import workbook
from tiebeam.economics.ownership import (
    StudyAnswer,
    compare_sides,
    find_study,
    read_study_changes,
    study_case,
    study_line,
    study_sheet,
)
from tiebeam.economics.units import read_pairs
from tiebeam.http import Caller

_MOST_DRAWS = 10_000
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class StudyQuestion(BaseModel):
    """What to ask otherwise than stated. `set` holds NAME=VALUE, as `tiebeam tco --set` does."""

    users: str | None = Field(default=None, max_length=40)
    set: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=100)
    seed: int = Field(default=1, ge=0, le=2**32)
    draws: int = Field(default=2000, ge=100, le=_MOST_DRAWS)
    at: date | None = None
    """Prices and rents of this day; today's when left out."""


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["economics"])
    read = asks(app, "intent.view", "catalogue")

    @routes.get("/economics/studies")
    def listing(_caller: Caller = Depends(read)) -> list[dict[str, Any]]:
        """Every study of the library and the workspace, with the question it answers."""
        return [study_line(one) for one in app.graph().studies.values()]

    @routes.get("/economics/studies/{study}.xlsx", response_class=Response)
    def sheet(study: str, question: Annotated[StudyQuestion, Query()], _caller: Caller = Depends(read)) -> Response:
        """Every month as a spreadsheet with live formulas."""
        answer = _answer(app, study, question)
        headers = {"content-disposition": f'attachment; filename="tco-{answer.case.study.id}.xlsx"'}
        return Response(workbook(study_sheet(answer)), media_type=_SHEET, headers=headers)

    @routes.get("/economics/studies/{study}")
    def one(study: str, question: Annotated[StudyQuestion, Query()], _caller: Caller = Depends(read)) -> dict[str, Any]:
        """Cost of each side over the years, crossovers in months and users, spread, tornado, every figure; dollars."""
        return _answer(app, study, question).form()

    return routes


def _answer(app: App, name: str, question: StudyQuestion) -> StudyAnswer:
    graph = app.graph()
    case = study_case(
        graph,
        app.economics.prices,
        find_study(graph, name),
        changes=read_study_changes(read_pairs(question.set), users=question.users),
        at=_moment(app, question.at),
    )
    return compare_sides(case, seed=question.seed, draws=question.draws)


def _moment(app: App, day: date | None) -> datetime:
    return app.store.clock.now() if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)
