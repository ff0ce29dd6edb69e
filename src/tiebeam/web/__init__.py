"""The web console: pages rendered on the server, useful with scripts off, live with them on."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tiebeam.app import App
from tiebeam.http import Shutdown, SignedOut, session_of
from tiebeam.web.assets import static_route
from tiebeam.web.live import ChangeWatch, Hub, stream
from tiebeam.web.pages import page_routes
from tiebeam.web.problems import missing
from tiebeam.web.render import Here, Renderer, Shell
from tiebeam.web.security import CONTENT_SECURITY_POLICY, SecurityHeaders
from tiebeam.web.views import ErrorView
from tiebeam.web.visit import Console, Visit, route

__all__ = ["CONTENT_SECURITY_POLICY", "SecurityHeaders", "exception_handlers", "middleware", "routes"]


def middleware() -> list[Middleware]:
    """Security headers on every answer, whichever face gave it."""
    return [Middleware(SecurityHeaders)]


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
    """Every route of the console, the catch-all for unknown pages last; serve them behind `middleware`.

    Open streams end when `shutdown` begins, so that they do not hold the server up.
    """
    console = Console(app, Renderer())
    hub = Hub(ChangeWatch(app), shutdown=shutdown or Shutdown())
    return [
        static_route(),
        _live_route(app, hub),
        *page_routes(console),
        route(console, "/{path:path}", _missing),
    ]


def _missing(visit: Visit) -> Response:
    return visit.page("pages/error.html", status=404, error=missing(visit.request.url.path))


def _live_route(app: App, hub: Hub) -> Route:
    async def live(request: Request) -> Response:
        def is_welcome() -> bool:
            try:
                session_of(app, request)
            except SignedOut:
                return False
            return True

        if not await run_in_threadpool(is_welcome):
            return Response("sign in first", status_code=401)
        return stream(hub.listen(), is_welcome=is_welcome)

    return Route("/live", live)
