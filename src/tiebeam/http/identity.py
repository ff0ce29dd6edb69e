"""Who is asking: always from the session's cookie, never from a parameter."""

from __future__ import annotations

from typing import Any

from starlette.requests import HTTPConnection

from tiebeam.app import App
from tiebeam.authority import Principal
from tiebeam.errors import TiebeamError
from tiebeam.workforce import Session, check_csrf

COOKIE = "tiebeam_session"
CSRF_HEADER = "x-csrf-token"


class SignedOut(TiebeamError):
    """No live session came with the request."""

    code = "signed_out"
    status = 401


def session_of(app: App, request: HTTPConnection) -> Session:
    """The session of the request's cookie. Raises SignedOut with how to get one."""
    secret = request.cookies.get(COOKIE, "")
    session = app.workforce.access.session(secret) if secret else None
    if session is None:
        raise SignedOut("you are not signed in, or your session has ended; get a link with 'tiebeam sign-in'")
    return session


def principal_of(app: App, request: HTTPConnection) -> Principal:
    """The signed-in person with today's roles. Raises SignedOut."""
    return app.workforce.principal(session_of(app, request).person_id)


def csrf_of(app: App, request: HTTPConnection) -> str:
    """The token every form of this session carries."""
    return session_of(app, request).csrf_token


def require_csrf(app: App, request: HTTPConnection, form_token: str | None = None) -> None:
    """A request that changes something brings the session's token in its form or a header. Raises CsrfRefused."""
    token = form_token if form_token is not None else request.headers.get(CSRF_HEADER, "")
    check_csrf(session_of(app, request), token)


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
