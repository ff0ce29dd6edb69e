"""The same table as page, CSV and JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tiebeam.errors import NotFound
from tiebeam.http import Ask
from tiebeam.web.table import Table, TableQuery, as_csv, as_records
from tiebeam.web.visit import Console, Visit, route

TableFunction = Callable[[Visit, TableQuery, bool], Table]
"""Builds the table for a query; True asks for every row (up to the export limit) instead of one page."""


def table_routes(
    console: Console,
    path: str,
    build: TableFunction,
    *,
    filters: tuple[str, ...] = (),
    sort: str = "",
    asks: Ask,
    about: Callable[[Visit], dict[str, Any]],
) -> list[Route]:
    """The list page at `path` and its exports at `path`.csv and `path`.json; `about` fills the page around it."""

    def asked(visit: Visit) -> TableQuery:
        return TableQuery.from_params(visit.params, filters=filters, sort=sort)

    def page(visit: Visit) -> Response:
        return visit.page("pages/list.html", table=build(visit, asked(visit), False), **about(visit))

    def file(visit: Visit) -> Response:
        name = path.strip("/").replace("/", "-")
        return table_file(build(visit, asked(visit), True), visit.path("format"), name=name)

    return [
        route(console, path, page, asks=asks),
        route(console, path + ".{format}", file, asks=asks),
    ]


def table_file(table: Table, kind: str, *, name: str) -> Response:
    """`kind` is csv or json. Raises NotFound on anything else."""
    if kind == "json":
        return JSONResponse(as_records(table))
    if kind != "csv":
        raise NotFound(f"tables come as csv and json, not {kind!r}")
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(as_csv(table), media_type="text/csv", headers=headers)
