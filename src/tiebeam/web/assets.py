"""Our own style sheets and modules, under a path that changes with their content."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tiebeam.web.render import STATIC

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AROUND = re.compile(r"\s*([{};,>])\s*")


def squeezed(path: Path) -> str:
    """The file as it is sent: without indentation, blank lines and comments that stand on lines of their own."""
    text = path.read_text("utf-8")
    if path.suffix == ".css":
        return _AROUND.sub(r"\1", " ".join(_COMMENT.sub("", text).split())).replace(": ", ":").replace(";}", "}")
    if path.suffix == ".js":
        lines = (line.strip() for line in text.splitlines())
        return "\n".join(line for line in lines if line and not line.startswith(("//", "/**", "* ", "*/")))
    return text


def static_route() -> Route:
    """GET /static/{version}/{name}: kept by browsers for ever, because a changed file has another version."""
    known = {path.name: (squeezed(path), _TYPES[path.suffix]) for path in STATIC.iterdir() if path.suffix in _TYPES}

    async def asset(request: Request) -> Response:
        found = known.get(request.path_params["name"])
        if found is None:
            return Response("no such asset", status_code=404)
        headers = {"cache-control": "public, max-age=31536000, immutable"}
        return Response(found[0], media_type=found[1], headers=headers)

    return Route("/static/{version}/{name}", asset, name="static")
