"""Who may call: reading needs a session, changing also the session's token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request

from tiebeam.app import App
from tiebeam.authority import Obj, Principal
from tiebeam.http import principal_of, require_csrf


def reader(app: App) -> Callable[[Request], Principal]:
    """A dependency: the signed-in person."""

    def read(request: Request) -> Principal:
        return principal_of(app, request)

    return read


def changer(app: App) -> Callable[[Request], Principal]:
    """A dependency: the signed-in person, whose request carries the session's token."""

    def change(request: Request) -> Principal:
        require_csrf(app, request)
        return principal_of(app, request)

    return change


def allow(
    app: App,
    principal: Principal,
    verb: str,
    kind: str,
    object_id: str = "*",
    attributes: Mapping[str, Any] | None = None,
) -> None:
    """Ask `may`. Raises Refused with the reason."""
    app.authority.require(principal, verb, Obj(kind, object_id, dict(attributes or {})))
