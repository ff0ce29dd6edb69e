"""What a route asks before it answers. Every route declares it; a test lists the routes that do not."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request

from tiebeam.app import App
from tiebeam.http import Ask, Caller, principal_of, require_csrf

FACE = "api"
Dependency = Callable[[Request], Caller]


def asks(app: App, verb: str, kind: str, key: str = "", *, inside: bool = False) -> Dependency:
    """A dependency for a route that reads: the caller, once the question of the route was answered with yes."""
    ask = Ask(verb, kind, key, inside)

    def read(request: Request) -> Caller:
        return _answered(app, request, ask)

    return _declared(read, ask)


def changes(app: App, verb: str, kind: str, key: str = "", *, inside: bool = False) -> Dependency:
    """The same for a route that changes something: its request carries the session's token, or comes with a token."""
    ask = Ask(verb, kind, key, inside)

    def change(request: Request) -> Caller:
        require_csrf(app, request)
        return _answered(app, request, ask)

    return _declared(change, ask)


def signed_in(app: App) -> Dependency:
    """For what everybody may do who is signed in: see who they are."""

    def read(request: Request) -> Caller:
        return Caller(app, principal_of(app, request), FACE)

    return read


def leaving(app: App) -> Dependency:
    """For what everybody may change who is signed in: their own session ends."""

    def change(request: Request) -> Caller:
        require_csrf(app, request)
        return Caller(app, principal_of(app, request), FACE)

    return change


def declared_by(dependency: object) -> Ask | None:
    """What a dependency asks, for those who list the routes."""
    return getattr(dependency, "ask", None)


def _declared(dependency: Dependency, ask: Ask) -> Dependency:
    vars(dependency)["ask"] = ask
    return dependency


def _answered(app: App, request: Request, ask: Ask) -> Caller:
    # Kept with the request, so that whoever tells a refusal knows whom it befell.
    caller = request.state.caller = Caller(app, principal_of(app, request), FACE)
    caller.answer(ask, request.path_params)
    return caller
