"""What stands around every face: who may be asked for, from where, how large, and the headers of every answer."""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tiebeam.errors import Refused
from tiebeam.http.cookies import read_prefixed, write_prefixed
from tiebeam.http.identity import Renewing
from tiebeam.http.limits import CHANGING, bounded, check_head
from tiebeam.http.problems import headers_of, problem_of
from tiebeam.http.reached import Reached, reached_by
from tiebeam.spec import ServerUse

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
"""Of answers that are no pages: data and downloads."""
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-permitted-cross-domain-policies": "none",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
# Only what a page needs may be opened as one; everything else is data, whatever its content claims.
_PAGES = ("text/html", "text/css", "text/javascript", "application/manifest+json", "text/event-stream", "image/")
_API = "/api/"
_CALLS = "/v1/"


def middleware(reached: Reached | None = None) -> list[Middleware]:
    """Around all faces of one server, the outermost first; by default for this machine and the environment's hosts."""
    return [Middleware(Guarded, reached=reached or reached_by(ServerUse())), Middleware(Renewing)]


class Guarded:
    """Checks every request before any route sees it, and puts the security headers on every answer, errors included."""

    def __init__(self, app: ASGIApp, *, reached: Reached) -> None:
        self._app = app
        self._reached = reached

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            # Nothing here speaks WebSockets; the server answers 403 when nobody accepts.
            return
        has_begun = False

        async def sending(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                self._add_headers(scope, message)
                write_prefixed(scope, message)
            await send(message)

        try:
            self._reached.apply_proxy(scope)
            check_head(scope)
            self._reached.check_host(scope)
            require_from_here(scope)
            read_prefixed(scope)
            # Model calls may be long; the gateway bounds them by the workspace's own settings.
            limited = receive if scope["path"].startswith(_CALLS) else bounded(Headers(scope=scope), receive)
            await self._app(scope, limited, sending)
        except Exception as problem:
            if has_begun:
                raise
            await refusal(scope, problem)(scope, receive, sending)

    def _add_headers(self, scope: Scope, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in HEADERS.items():
            headers[name] = value
        headers["content-security-policy"] = _policy(scope, headers)
        headers.setdefault("cache-control", "no-store")
        if scope["path"] == "/sign-in":
            # The address may hold a one-time link.
            headers["referrer-policy"] = "no-referrer"
        if scope["scheme"] == "https" and self._reached.hsts_seconds:
            headers["strict-transport-security"] = f"max-age={self._reached.hsts_seconds}"


def _policy(scope: Scope, headers: MutableHeaders) -> str:
    kind = headers.get("content-type", "text/html")
    is_download = headers.get("content-disposition", "").startswith("attachment")
    is_data = scope["path"].startswith(_API) or not kind.startswith(_PAGES)
    return DATA_POLICY if is_data or is_download else CONTENT_SECURITY_POLICY


def is_from_here(scope: Scope) -> bool:
    """Whether the browser says that a request was made by a page of this host. Programs say nothing, and pass."""
    headers = Headers(scope=scope)
    sites, origins = headers.getlist("sec-fetch-site"), headers.getlist("origin")
    if len(sites) > 1 or len(origins) > 1:
        return False
    if sites and sites[0] not in {"same-origin", "none"}:
        return False
    if not origins or sites:
        return True
    parts = urlsplit(origins[0])
    return parts.scheme == scope["scheme"] and parts.netloc == headers.get("host")


def require_from_here(scope: Scope) -> None:
    """No other site may change anything through somebody's browser. Raises Refused."""
    if scope["method"] in CHANGING and not is_from_here(scope):
        raise Refused("this form was sent from another site, so nothing was done; use the console's own page")


def refusal(scope: Scope, problem: Exception) -> Response:
    """A problem document for programs, a short page without any part of the request for people."""
    status, body = problem_of(problem)
    if scope["path"].startswith(_API) or b"application/json" in dict(scope["headers"]).get(b"accept", b""):
        return JSONResponse(
            body, status_code=status, media_type="application/problem+json", headers=headers_of(problem)
        )
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Not done</title>'
        f"<h1>This was not done</h1><p>{escape(body['detail'])}</p></html>"
    )
    return Response(page, status_code=status, media_type="text/html", headers=headers_of(problem))
