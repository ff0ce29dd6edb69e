"""What stands before every route: nobody without session or token comes past it, and no body grows beyond its limit.

It is outside of the routes because a framework reads the whole body before it asks a route's own questions.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tiebeam.app import App
from tiebeam.errors import TiebeamError
from tiebeam.http import LARGEST_BODY, bounded, headers_of, identity_of, problem_of

OPEN = frozenset({("POST", "/session"), ("GET", "/sign-in"), ("GET", "/health"), ("GET", "/openapi.json")})
"""Methods and paths that need neither session nor token."""

_SIGNED = ("POST", "/hooks/")
"""Below it messages of other programs come in, which are signed instead."""

LARGEST_UPLOAD = 100 * 1024 * 1024
"""All documents of one request together; a single one is bounded by `LARGEST_DOCUMENT`."""

MEDIA_TYPE = "application/problem+json"


class Gate:
    def __init__(self, asgi: ASGIApp, *, app: App) -> None:
        self._asgi = asgi
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._asgi(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            if not _is_open(scope["method"], _path_of(scope)):
                await run_in_threadpool(identity_of, self._app, connection)
            limited = bounded(connection.headers, receive, body=LARGEST_BODY, upload=LARGEST_UPLOAD)
        except TiebeamError as error:
            await refusal(error)(scope, receive, send)
            return
        await self._asgi(scope, limited, send)


def refusal(error: Exception) -> JSONResponse:
    """The answer that tells an error."""
    status, body = problem_of(error)
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers_of(error))


def _is_open(method: str, path: str) -> bool:
    return (method, path) in OPEN or (method == _SIGNED[0] and path.startswith(_SIGNED[1]))


def _path_of(scope: Scope) -> str:
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))
