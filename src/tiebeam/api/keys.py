"""Keys of the gateway over HTTP: listed, made, rotated and revoked."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.economics.keys import KeyWish, NewKey
from tiebeam.http import Caller
from tiebeam.kit import plain
from tiebeam.spec import BudgetWindow, Endpoint

Name = Annotated[str, Field(max_length=80)]


class NewKeyBody(Body):
    """Empty `endpoints` and `models` are all; in a model's name `*` stands for any letters."""

    team: Name = Field(description="The team that pays.")
    workflow: Name = Field(description="What the calls are for; `*` where each call says so itself.")
    name: Name = ""
    agent: Name = ""
    environment: Name = ""
    endpoints: list[Endpoint] = Field(default_factory=list[Endpoint], max_length=10)
    models: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=200)
    cap_usd: Decimal | None = Field(default=None, ge=0, max_digits=20, decimal_places=9)
    cap_window: BudgetWindow = BudgetWindow.MONTH
    requests_per_minute: int | None = Field(default=None, ge=1)
    concurrent: int | None = Field(default=None, ge=1)
    expires_at: AwareDatetime | None = None

    def wish(self) -> KeyWish:
        parts = self.model_dump(exclude={"endpoints", "models"})
        return KeyWish(**parts, endpoints=tuple(one.value for one in self.endpoints), models=tuple(self.models))


class RotateBody(Body):
    overlap_seconds: int = Field(default=0, ge=0, le=30 * 86_400, description="How long the former secret works.")


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["gateway"])

    @routes.get("/keys")
    def listing(
        caller: Caller = Depends(asks(app, "key.view", "key")),
        team: Annotated[str | None, Query(max_length=80)] = None,
        ended: bool = False,
        size: Annotated[int, Query(ge=1, le=500)] = 200,
    ) -> dict[str, Any]:
        """The keys there are, newest first; never their secrets. Those that ended too when asked for."""
        with app.store.read() as conn:
            rows = app.keys.list(conn, caller.principal, team=team, with_ended=ended, limit=size)
        return {"rows": plain(rows)}

    @routes.post("/keys", status_code=201)
    def create(
        body: NewKeyBody, caller: Caller = Depends(changes(app, "key.create", "key", inside=True))
    ) -> dict[str, Any]:
        """A new key. `key` is told in this answer alone."""
        return _told(app.keys.create(caller.principal, body.wish()))

    @routes.post("/keys/{key_id}/rotate")
    def rotate(
        key_id: str, body: RotateBody, caller: Caller = Depends(changes(app, "key.rotate", "key", inside=True))
    ) -> dict[str, Any]:
        """A new secret for the same key, with its budget and its limits. `key` is told in this answer alone."""
        made = app.keys.rotate(caller.principal, key_id, overlap=timedelta(seconds=body.overlap_seconds))
        return _told(made)

    @routes.delete("/keys/{key_id}", status_code=204)
    def revoke(key_id: str, caller: Caller = Depends(changes(app, "key.revoke", "key", inside=True))) -> None:
        """End a key: every gateway of the workspace refuses it within a second."""
        app.keys.revoke(caller.principal, key_id)

    return routes


def _told(made: NewKey) -> dict[str, Any]:
    return {"key": made.secret, "id": made.key.id, "details": plain(made.key), "warnings": list(made.warnings)}
