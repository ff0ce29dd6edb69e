"""The web console: pages rendered on the server, useful with scripts off, live with them on."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tiebeam.app import App
from tiebeam.errors import TiebeamError
from tiebeam.http import Ask, Caller, Shutdown, SignedOut, principal_of, session_of
from tiebeam.web.assets import static_route
from tiebeam.web.live import ChangeWatch, Ears, Hub, stream
from tiebeam.web.pages import page_routes
from tiebeam.web.problems import missing
from tiebeam.web.render import Here, Renderer, Shell
from tiebeam.web.views import ErrorView
from tiebeam.web.visit import FACE, Console, Visit, route

__all__ = ["exception_handlers", "routes"]


def exception_handlers(app: App) -> dict[Any, Any]:
    """Pages for what no route answers, such as a method a page does not know. Routes tell their own errors."""
    renderer = Renderer()

    def told(request: Request, problem: Exception) -> Response:
        status = problem.status_code if isinstance(problem, HTTPException) else 500
        view = missing(request.url.path) if status == 404 else ErrorView(status, "This does not work", str(problem), "")
        shell = Shell(here=Here(request.url.path), now=app.store.clock.now())
        return renderer.page("pages/error.html", shell=shell, status=status, error=view)

    return {HTTPException: told}


def routes(app: App, shutdown: Shutdown | None = None) -> list[BaseRoute]:
    """Every route of the console, the catch-all for unknown pages last; serve them behind `http.middleware`.

    Open streams end when `shutdown` begins, so that they do not hold the server up.
    """
    console = Console(app, Renderer())
    hub = Hub(ChangeWatch(app), shutdown=shutdown or Shutdown())
    return [
        static_route(),
        _live_route(app, hub),
        *page_routes(console),
        route(console, "/{path:path}", _missing, asks=None),
    ]


def _missing(visit: Visit) -> Response:
    return visit.page("pages/error.html", status=404, error=missing(visit.request.url.path))


def _live_route(app: App, hub: Hub) -> Route:
    asks = Ask("run.view", "run")

    async def live(request: Request) -> Response:
        try:
            ears = await run_in_threadpool(_ears, app, request, asks)
        except TiebeamError as problem:
            text = "sign in first" if isinstance(problem, SignedOut) else problem.message
            return Response(text, status_code=problem.status)
        return stream(hub.listen(), ears)

    vars(live)["ask"] = asks
    return Route("/live", live)


def _ears(app: App, request: Request, asks: Ask) -> Ears:
    """Raises SignedOut, and Refused, which goes on the record."""
    session = session_of(app, request)
    caller = Caller(app, principal_of(app, request), FACE)
    try:
        caller.answer(asks, {})
    except TiebeamError as problem:
        caller.note(problem)
        raise

    def again() -> Caller | None:
        # By the session's id: the stream may stay open longer than the secret it came with.
        is_open = app.workforce.access.is_open(session.id)
        return Caller(app, app.workforce.access.principal(session), FACE) if is_open else None

    return Ears(caller, again)
