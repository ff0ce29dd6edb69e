"""Our own style sheets and modules, under a path that changes with their content."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from tiebeam.web.render import STATIC

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def static_route() -> Route:
    """GET /static/{version}/{name}: kept by browsers for ever, because a changed file has another version."""
    known = {path.name: path for path in STATIC.iterdir() if path.suffix in _TYPES}

    def asset(request: Request) -> Response:
        path = known.get(request.path_params["name"])
        if path is None:
            return Response("no such asset", status_code=404)
        headers = {"cache-control": "public, max-age=31536000, immutable"}
        return FileResponse(path, media_type=_TYPES[path.suffix], headers=headers)

    return Route("/static/{version}/{name}", asset, name="static")
