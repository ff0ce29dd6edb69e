"""Messages told outside the console, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tiebeam.api.access import asks, changes
from tiebeam.app import App
from tiebeam.http import Caller
from tiebeam.kit import plain


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["messages"])

    @routes.get("/messages")
    def listing(
        caller: Caller = Depends(asks(app, "settings.view", "settings")),
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        before: datetime | None = None,
    ) -> dict[str, Any]:
        """What webhooks and mail were told, the newest first, with what became of each delivery."""
        with caller.app.store.read() as conn:
            return {"rows": plain(caller.app.telling.messages(conn, limit=limit, before=before))}

    @routes.post("/messages/{message}/again")
    def again(message: str, caller: Caller = Depends(changes(app, "workspace.apply", "workspace"))) -> dict[str, Any]:
        """Try it anew at every place that has not taken it."""
        with caller.app.store.unit() as unit:
            count = caller.app.telling.again(unit, message, actor=caller.principal.actor)
        return {"message": message, "deliveries": count}

    return routes
