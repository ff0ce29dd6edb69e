"""Tokens, sessions and the machines that hold tokens: listed, made and ended."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.http import Caller
from tiebeam.kit import plain

Scope = Annotated[str, Field(max_length=80)]


class NewTokenBody(Body):
    """`scopes` are verbs such as `run.start`, groups such as `run.*`, or `read`; decisions are named one by one."""

    name: str = Field(max_length=80, description="What uses the token.")
    scopes: list[Scope] = Field(min_length=1, max_length=60)
    holder: str | None = Field(
        default=None,
        max_length=200,
        description="`service:ID` or `agent:ID` of a declared record; yourself when left out.",
    )
    expires_at: AwareDatetime | None = Field(
        default=None, description="Needed for your own tokens, at most 366 days ahead."
    )


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["access"])
    _tokens(app, routes)
    _sessions(app, routes)
    return routes


def _tokens(app: App, routes: APIRouter) -> None:
    viewing = Depends(asks(app, "token.view", "token", inside=True))

    @routes.get("/tokens")
    def tokens(
        caller: Caller = viewing,
        holder: Annotated[str | None, Query(max_length=200)] = None,
        size: Annotated[int, Query(ge=1, le=500)] = 200,
    ) -> dict[str, Any]:
        """Your tokens and those of machines you manage, newest first; never their secrets."""
        with app.store.read() as conn:
            return {"rows": plain(app.workforce.access.tokens(conn, caller.principal, holder=holder, limit=size))}

    @routes.post("/tokens", status_code=201)
    def create(
        body: NewTokenBody, caller: Caller = Depends(changes(app, "token.create", "token", inside=True))
    ) -> dict[str, Any]:
        """A new token. `secret` is told in this answer alone; who comes with a token cannot make another."""
        made = app.workforce.access.create_token(
            caller.principal,
            holder=body.holder or caller.principal.actor,
            name=body.name,
            scopes=tuple(body.scopes),
            expires_at=body.expires_at,
        )
        return {"token": plain(made.token), "secret": made.secret, "warnings": list(made.warnings)}

    @routes.delete("/tokens/{token_id}", status_code=204)
    def revoke(token_id: str, caller: Caller = Depends(changes(app, "token.revoke", "token", inside=True))) -> None:
        """End a token at once."""
        app.workforce.access.revoke_token(caller.principal, token_id)

    @routes.get("/service-accounts")
    def machines(caller: Caller = viewing) -> dict[str, Any]:
        """The service accounts and agents you manage, as they are declared."""
        now = app.store.clock.now()
        found = app.workforce.access.machines(caller.principal)
        return {"rows": [{**plain(one), "key": one.key, "has_ended": one.has_ended(now)} for one in found]}


def _sessions(app: App, routes: APIRouter) -> None:
    @routes.get("/sessions")
    def sessions(
        caller: Caller = Depends(asks(app, "session.view", "session", inside=True)),
        person: Annotated[str | None, Query(max_length=160)] = None,
        ended: bool = False,
        size: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> dict[str, Any]:
        """Your sessions, or everybody's if you are an administrator, the one used last first."""
        with app.store.read() as conn:
            rows = app.workforce.access.sessions(
                conn, caller.principal, person_id=person, only_open=not ended, limit=size
            )
        return {"rows": plain(rows), "current": caller.principal.session_id}

    @routes.delete("/sessions/{session_id}", status_code=204)
    def end(session_id: str, caller: Caller = Depends(changes(app, "session.revoke", "session", inside=True))) -> None:
        """End a session at once."""
        app.workforce.access.revoke_session(caller.principal, session_id)

    @routes.delete("/sessions")
    def end_all(
        caller: Caller = Depends(changes(app, "session.revoke", "session", inside=True)),
        person: Annotated[str | None, Query(max_length=160)] = None,
    ) -> dict[str, Any]:
        """End a person's sessions and unused links: your own but this one, or all of somebody else's."""
        whose = person or caller.principal.person_id
        return {
            "ended": app.workforce.access.revoke_sessions(caller.principal, whose, keep=caller.principal.session_id)
        }
