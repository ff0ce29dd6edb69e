"""Unit economics over HTTP: what an accepted outcome costs and is worth, before anything is built."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from tiebeam.api.access import asks
from tiebeam.app import App
from tiebeam.economics import Calculation, UnitAnswer, UnitCase, assess, workbook
from tiebeam.economics.portfolio import (
    BUSY,
    HEAD,
    Portfolio,
    portfolio_form,
    portfolio_rows,
    portfolio_sheet,
    work_out_portfolio,
)
from tiebeam.economics.portfolio import DRAWS as PORTFOLIO_DRAWS
from tiebeam.economics.portfolio import MOST_DRAWS as MOST_PORTFOLIO_DRAWS
from tiebeam.economics.units import read_changes, read_pairs, unit_sheet
from tiebeam.http import Caller
from tiebeam.kit import csv_text, plain
from tiebeam.workflow import UnitRow, portfolio_candidates, unit_case, unit_rows

_MOST_DRAWS = 100_000
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Drawing(BaseModel):
    """How the draws are made, and at the prices of which day (today's)."""

    seed: int = Field(default=1, ge=0, le=2**32)
    draws: int = Field(default=2000, ge=100, le=_MOST_DRAWS)
    at: date | None = None

    @property
    def moment(self) -> datetime | None:
        return None if self.at is None else datetime(self.at.year, self.at.month, self.at.day, tzinfo=UTC)


class Question(Drawing):
    """What to ask otherwise than stated. `set` holds NAME=VALUE, as `tiebeam units --set` does."""

    volume_factor: str | None = Field(default=None, max_length=40)
    set: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=100)
    model: str | None = Field(default=None, min_length=1, max_length=200)
    """Another model than the stated one."""
    provider: str | None = Field(default=None, min_length=1, max_length=100)

    def texts(self) -> dict[str, str]:
        """Raises WrongFigure."""
        found = read_pairs(self.set)
        return found if self.volume_factor is None else {**found, "volume_factor": self.volume_factor}


class PortfolioQuestion(Drawing):
    """`library`: recipes nobody has adopted as well. `any_class`: models of a class below the stated one as well."""

    draws: int = Field(default=PORTFOLIO_DRAWS, ge=100, le=MOST_PORTFOLIO_DRAWS)
    library: bool = False
    any_class: bool = False
    busy_share: Decimal = Field(default=BUSY, ge=Decimal("0.01"), le=1)
    """The share of its hours that rented hardware works."""


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["economics"])
    _add_portfolio(routes, app)
    _add_units(routes, app)
    return routes


def _add_portfolio(routes: APIRouter, app: App) -> None:
    read = asks(app, "intent.view", "catalogue")

    @routes.get("/economics/portfolio")
    def portfolio(question: Annotated[PortfolioQuestion, Query()], caller: Caller = Depends(read)) -> dict[str, Any]:
        """Workflows with every able model and hosting: cost, margin, risk, payback; the best first."""
        return portfolio_form(_portfolio(app, caller, question))

    @routes.get("/economics/portfolio.csv", response_class=Response)
    def portfolio_csv(question: Annotated[PortfolioQuestion, Query()], caller: Caller = Depends(read)) -> Response:
        """The same as rows, one for each workflow and way."""
        found = portfolio_rows(_portfolio(app, caller, question))
        headers = {"content-disposition": 'attachment; filename="portfolio.csv"'}
        return Response(csv_text(HEAD, found), media_type="text/csv", headers=headers)

    @routes.get("/economics/portfolio.xlsx", response_class=Response)
    def portfolio_xlsx(question: Annotated[PortfolioQuestion, Query()], caller: Caller = Depends(read)) -> Response:
        """The same as a spreadsheet whose totals are live formulas."""
        return _spreadsheet(portfolio_sheet(_portfolio(app, caller, question)), "portfolio")


def _add_units(routes: APIRouter, app: App) -> None:
    read = asks(app, "intent.view", "catalogue")

    @routes.get("/economics/units")
    def listing(drawing: Annotated[Drawing, Query()], caller: Caller = Depends(read)) -> list[dict[str, Any]]:
        """Every adopted workflow you may see and every recipe that states unit economics, with its verdict."""
        rows = unit_rows(
            app.graph(),
            app.economics.prices,
            sees=caller.sees,
            seed=drawing.seed,
            draws=drawing.draws,
            at=drawing.moment,
        )
        return [_line(row) for row in rows]

    @routes.get("/economics/units/{workflow}.xlsx", response_class=Response)
    def sheet(workflow: str, question: Annotated[Question, Query()], caller: Caller = Depends(read)) -> Response:
        """The calculation as a spreadsheet with live formulas."""
        return _sheet(*_answer(app, caller, workflow, question))

    @routes.get("/economics/units/{workflow}/{recipe}.xlsx", response_class=Response)
    def recipe_sheet(
        workflow: str, recipe: str, question: Annotated[Question, Query()], caller: Caller = Depends(read)
    ) -> Response:
        """The same of a recipe nobody need have adopted."""
        return _sheet(*_answer(app, caller, f"{workflow}/{recipe}", question))

    @routes.get("/economics/units/{workflow}")
    def one(workflow: str, question: Annotated[Question, Query()], caller: Caller = Depends(read)) -> dict[str, Any]:
        """Cost and worth of an accepted outcome: P10, P50, P90, parts, break-even price, verdict, tornado."""
        return _answer(app, caller, workflow, question)[1].form()

    @routes.get("/economics/units/{workflow}/{recipe}")
    def of_recipe(
        workflow: str, recipe: str, question: Annotated[Question, Query()], caller: Caller = Depends(read)
    ) -> dict[str, Any]:
        """The same of a recipe nobody need have adopted."""
        return _answer(app, caller, f"{workflow}/{recipe}", question)[1].form()


def _answer(app: App, caller: Caller, workflow: str, question: Question) -> tuple[UnitCase, UnitAnswer]:
    case = unit_case(
        app.graph(),
        app.economics.prices,
        workflow,
        may_see=caller.see,
        changes=read_changes(question.texts()),
        at=question.moment,
        model=question.model,
        provider=question.provider,
    )
    return case, assess(case, seed=question.seed, draws=question.draws)


def _portfolio(app: App, caller: Caller, question: PortfolioQuestion) -> Portfolio:
    graph = app.graph()
    return work_out_portfolio(
        graph,
        app.economics.prices,
        portfolio_candidates(graph, sees=caller.sees, library=question.library),
        at=question.moment or app.store.clock.now(),
        seed=question.seed,
        draws=question.draws,
        busy_share=question.busy_share,
        any_class=question.any_class,
    )


def _sheet(case: UnitCase, answer: UnitAnswer) -> Response:
    return _spreadsheet(unit_sheet(case, answer), f"units-{answer.workflow.rsplit('/', 1)[-1]}")


def _spreadsheet(calculation: Calculation, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(workbook(calculation), media_type=_SHEET, headers=headers)


def _line(row: UnitRow) -> dict[str, Any]:
    """`answer` and `problem`: one of them is null."""
    of, answer = row.of, row.answer
    problem = None if row.problem is None else {"code": row.problem.code, "message": row.problem.message}
    found = {"workflow": of.workflow, "recipe": of.recipe, "title": of.title, "origin": of.origin.value}
    if answer is None:
        return {**found, "answer": None, "problem": problem}
    form = answer.form()
    kept = ("currency", "verdict", "cost_per_accepted", "margin_per_accepted", "margin_per_month", "value_per_accepted")
    kept += ("break_even_per_mtok", "break_even_units", "payback_months", "share_positive", "price_source")
    return {**found, "answer": plain({name: form[name] for name in kept}), "problem": None}
