"""Signing in by one-time link, and who you are."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from tiebeam.api.access import changes, leaving, signed_in
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.errors import Refused
from tiebeam.http import COOKIE, Caller, agent_of, base_url_of, csrf_of, make_link, session_cookie, source_of
from tiebeam.kit import plain


class SignIn(Body):
    token: str = Field(max_length=200, description="The token of a one-time link.")


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["session"])

    @routes.get("/sign-in")
    def ways() -> dict[str, Any]:
        """How people come in here: the methods, and where to send a browser for the identity provider. Needs no
        session."""
        access = app.access
        provider = None if access.oidc is None else {"name": access.oidc.name, "start": "/sign-in/oidc"}
        return {"methods": list(access.sign_in), "provider": provider}

    @routes.post("/session", status_code=201)
    def sign_in(body: SignIn, request: Request, response: Response) -> dict[str, Any]:
        """Redeem a one-time link. Sets the session's cookie; send `csrf_token` as X-CSRF-Token with every change."""
        if not app.access.offers_links:
            raise Refused("links sign nobody in here; GET /sign-in tells how people come in", rule="sign-in-methods")
        session = app.workforce.access.redeem_link(
            body.token,
            source=source_of(request),
            former_secret=request.cookies.get(COOKIE),
            user_agent=agent_of(request),
        )
        response.set_cookie(**session_cookie(session, is_https=request.url.scheme == "https"))
        return {"person": session.person_id, "csrf_token": session.csrf_token, "expires_at": plain(session.expires_at)}

    @routes.get("/session")
    def who(request: Request, caller: Caller = Depends(signed_in(app))) -> dict[str, Any]:
        """The signed-in person, and the session's token."""
        return {"principal": plain(caller.principal), "csrf_token": csrf_of(app, request)}

    @routes.delete("/session", status_code=204)
    def sign_out(request: Request, response: Response, _caller: Caller = Depends(leaving(app))) -> None:
        """End this session."""
        app.workforce.access.sign_out(request.cookies.get(COOKIE, ""))
        response.delete_cookie(COOKIE)

    @routes.post("/people/{person_id}/link", status_code=201)
    def link(
        person_id: str, request: Request, caller: Caller = Depends(changes(app, "person.link", "person", "person_id"))
    ) -> dict[str, Any]:
        """A one-time link that signs a person in: for yourself, or for anybody if you are an administrator."""
        return {"link": make_link(app, caller.principal, person_id, base_url=base_url_of(app, request))}

    @routes.get("/health")
    def health() -> dict[str, Any]:
        """Whether the database answers and a worker is alive. Needs no session and tells nothing else."""
        working = [worker for worker in app.engine.health()["workers"] if worker["state"] == "alive"]
        return {"status": "ok", "workers": len(working)}

    return routes
