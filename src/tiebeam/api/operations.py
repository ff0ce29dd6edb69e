"""Operations over HTTP: who works, what waits, what is kept safe."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends

from tiebeam.api.access import asks
from tiebeam.app import App, operations_of
from tiebeam.http import Caller
from tiebeam.kit import plain


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["operations"])

    @routes.get("/operations")
    def operations(_caller: Caller = Depends(asks(app, "settings.view", "settings"))) -> dict[str, Any]:
        """Workers, queues and teams that wait, timers, waits, what is put aside, runs by state, the last backups and
        what the archive holds."""
        with app.store.read() as conn:
            archive = {"runs": app.archiving.count(conn), "files": app.archiving.files(conn, limit=20)}
        return {**plain(operations_of(app)), "archive": plain(archive)}

    return routes
