"""The calculator over HTTP: the same views and parameters as its pages and commands, as JSON, CSV or a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from tiebeam.api.access import asks
from tiebeam.app import App
from tiebeam.economics import workbook
from tiebeam.economics.calculator import (
    PARAMETERS,
    RATIO_WANTS,
    SORT_WANTS,
    Catalogue,
    Catalogues,
    Question,
    View,
    api_view,
    calculator_sheet,
    compare,
    flat_table,
    form,
    hosting_view,
    read_question,
)
from tiebeam.http import Caller
from tiebeam.kit import csv_text

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_VIEWS: dict[str, tuple[Callable[[Catalogue, Question], View], str]] = {
    "api": (api_view, "Every model at every provider for one question, with source and date of each price."),
    "hosting": (hosting_view, "GPUs to rent for one question: throughput with method and band, GPUs, cost."),
    "compare": (compare, "Tokens, GPUs and capacity for one volume, with the break-even between two options."),
}


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["economics"])
    catalogues = Catalogues()
    for name, (view, about) in _VIEWS.items():
        _add(routes, app, catalogues, name=name, view=view, about=about)
    return routes


def _add(
    routes: APIRouter,
    app: App,
    catalogues: Catalogues,
    *,
    name: str,
    view: Callable[[Catalogue, Question], View],
    about: str,
) -> None:
    read = asks(app, "intent.view", "catalogue")

    def found(request: Request) -> View:
        question = read_question(request.query_params.multi_items())
        day = question.at or app.store.clock.now().date()
        return view(catalogues.of(app.graph(), app.economics.prices, day=day), question)

    def answer(request: Request, _caller: Caller = Depends(read)) -> Response:
        if "text/csv" in request.headers.get("accept", ""):
            return _csv(found(request), name)
        return JSONResponse(form(found(request)))

    def table(request: Request, _caller: Caller = Depends(read)) -> Response:
        return _csv(found(request), name)

    def sheet(request: Request, _caller: Caller = Depends(read)) -> Response:
        return Response(workbook(calculator_sheet(found(request))), media_type=_SHEET, headers=_named(f"{name}.xlsx"))

    path = f"/economics/calculator/{name}"
    documented: dict[str, Any] = {"methods": ["GET"], "openapi_extra": {"parameters": _parameters()}}
    routes.add_api_route(path, answer, response_class=JSONResponse, name=name, description=about, **documented)
    routes.add_api_route(
        f"{path}.csv", table, response_class=Response, name=f"{name}_csv", description=f"{about} As CSV.", **documented
    )
    routes.add_api_route(
        f"{path}.xlsx",
        sheet,
        response_class=Response,
        name=f"{name}_xlsx",
        description=f"{about} As a spreadsheet with live formulas.",
        **documented,
    )


def _csv(view: View, name: str) -> Response:
    table = flat_table(view)
    return Response(csv_text(table.head, table.rows), media_type="text/csv", headers=_named(f"{name}.csv"))


def _named(file: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="calculator-{file}"'}


def _parameters() -> list[dict[str, Any]]:
    """The query as OpenAPI describes it; `read_question` reads it, for every face alike."""
    known = [(one.name, f"{one.about}: {one.wants}.") for one in PARAMETERS.values()]
    known += [("ratio", f"Input to output tokens: {RATIO_WANTS}."), ("sort", f"Order of the rows: {SORT_WANTS}.")]
    return [
        {"name": name, "in": "query", "required": False, "description": text, "schema": {"type": "string"}}
        for name, text in known
    ]
