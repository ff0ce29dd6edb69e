"""Who is asking: always from the session's cookie or a token in the header, never from a parameter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tiebeam.app import App
from tiebeam.authority import Principal
from tiebeam.errors import TiebeamError
from tiebeam.workforce import TOKEN, Session, TokenRefused, check_csrf

COOKIE = "tiebeam_session"
CSRF_HEADER = "x-csrf-token"
_LONGEST_HEADER = 200
_KEPT = "tiebeam.identity"
"""Where the request keeps what was found out, so that one request is one look at one moment."""


class SignedOut(TiebeamError):
    """No live session came with the request."""

    code = "signed_out"
    status = 401


class AmbiguousIdentity(TiebeamError):
    """The request says in two ways who is asking."""

    code = "ambiguous_identity"
    status = 400


class TokenInAddress(TiebeamError):
    """A token stands in an address, where logs and histories keep it."""

    code = "token_in_address"
    status = 400


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking, and through which session; a token has none."""

    principal: Principal
    session: Session | None


def identity_of(app: App, request: HTTPConnection) -> Identity:
    """By session or by token, looked up once for each request.

    Raises SignedOut, TokenRefused, AmbiguousIdentity, TokenInAddress and TooManyAttempts.
    """
    known = request.scope.get(_KEPT)
    if not isinstance(known, Identity):
        known = request.scope[_KEPT] = _identity(app, request)
    return known


def _identity(app: App, request: HTTPConnection) -> Identity:
    _check_address(request.scope)
    given = request.headers.getlist("authorization")
    if not given:
        session = _session(app, request)
        return Identity(app.workforce.access.principal(session), session)
    if request.cookies.get(COOKIE) or len(given) > 1:
        raise AmbiguousIdentity("the request carries a session and a token, or two tokens; send one of them")
    scheme, _, text = given[0].strip().partition(" ")
    if scheme.lower() != "bearer" or len(text) > _LONGEST_HEADER:
        raise TokenRefused("send the token as 'Authorization: Bearer tb_…'")
    return Identity(app.workforce.access.principal_of_token(text.strip(), source=source_of(request)), None)


def _check_address(scope: Scope) -> None:
    found = TOKEN.search(scope["query_string"].decode("latin-1")) or TOKEN.search(scope["path"])
    if found is not None:
        raise TokenInAddress(
            f"the token {found[1]} stands in the address, where logs keep it; revoke it with 'tiebeam tokens revoke "
            f"{found[1]}' and send a new one as 'Authorization: Bearer …'",
            token=found[1],
        )


def _session(app: App, request: HTTPConnection) -> Session:
    secret = request.cookies.get(COOKIE, "")
    session = app.workforce.access.session(secret) if secret else None
    if session is None:
        raise SignedOut("you are not signed in, or your session has ended; get a link with 'tiebeam sign-in'")
    return session


def session_of(app: App, request: HTTPConnection) -> Session:
    """The session of the request's cookie. Raises SignedOut with how to get one."""
    known = request.scope.get(_KEPT)
    if isinstance(known, Identity) and known.session is not None:
        return known.session
    session = _session(app, request)
    request.scope[_KEPT] = Identity(app.workforce.access.principal(session), session)
    return session


def principal_of(app: App, request: HTTPConnection) -> Principal:
    """The signed-in person, or the token's holder, with today's roles. Raises as `identity_of`."""
    return identity_of(app, request).principal


def csrf_of(app: App, request: HTTPConnection) -> str | None:
    """The token every form of this session carries; None for who comes with an API token and needs no other."""
    session = identity_of(app, request).session
    return None if session is None else session.csrf_token


def require_csrf(app: App, request: HTTPConnection, form_token: str | None = None) -> None:
    """A session's request that changes something brings the session's token in its form or a header.

    Other sites can make a browser send its cookie, but never an Authorization header. Raises CsrfRefused.
    """
    session = identity_of(app, request).session
    if session is not None:
        check_csrf(session, form_token if form_token is not None else request.headers.get(CSRF_HEADER, ""))


def source_of(request: HTTPConnection) -> str:
    """The address the request came from."""
    return request.client.host if request.client else "unknown"


def agent_of(request: HTTPConnection) -> str:
    """What the program at the other end calls itself."""
    return request.headers.get("user-agent", "")


def session_cookie(session: Session, *, is_https: bool) -> dict[str, Any]:
    """Arguments for `Response.set_cookie`: out of reach of scripts and of other sites."""
    return {
        "key": COOKIE,
        "value": session.secret,
        "httponly": True,
        "samesite": "lax",
        "secure": is_https,
        "path": "/",
        "max_age": 24 * 3600,
    }


class Renewing:
    """Gives the browser the session's new secret, whenever a request to the wrapped application earned one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            cookie = _renewal(scope) if message["type"] == "http.response.start" else None
            if cookie is not None:
                headers = MutableHeaders(scope=message)
                # Signing in and out say themselves what becomes of the cookie.
                if not any(value.startswith(f"{COOKIE}=") for value in headers.getlist("set-cookie")):
                    headers.append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, sending)


def _renewal(scope: Scope) -> str | None:
    known = scope.get(_KEPT)
    if not isinstance(known, Identity) or known.session is None or known.session.rotated is None:
        return None
    response = Response()
    fresh = replace(known.session, secret=known.session.rotated)
    response.set_cookie(**session_cookie(fresh, is_https=scope["scheme"] == "https"))
    return response.headers["set-cookie"]
