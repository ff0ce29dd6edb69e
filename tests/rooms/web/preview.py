"""Serves the sample pages: `python -m uvicorn tests.rooms.web.preview:app`. Also what the browser tests look at."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tests.rooms.web import samples
from tiebeam.http import middleware
from tiebeam.web.assets import static_route
from tiebeam.web.render import Here, Renderer
from tiebeam.web.table import TableQuery, arrange


def page(request: Request) -> Response:
    path = request.url.path
    if path not in samples.PAGES:
        return HTMLResponse("not here", status_code=404)
    template, view = samples.PAGES[path]
    params = tuple(request.query_params.items())
    shell = samples.shell(
        path,
        here=Here(path, params),
        theme=request.cookies.get("theme", request.query_params.get("theme", "")),
        **({"person": ""} if path == "/sign-in" else {}),
    )
    if path == "/runs":
        query = TableQuery.from_params(dict(params), filters=("state",), sort="-started")
        view = view | {"table": arrange(samples.runs_table(), query)}
    return Renderer().page(template, shell=shell, **view)


def palette(request: Request) -> Response:
    return JSONResponse([{"group": "Pages", "label": "Inbox", "note": "g i", "href": "/inbox"}])


app = Starlette(
    routes=[static_route(), Route("/palette.json", palette), Route("/{path:path}", page)],
    middleware=middleware(),
)
