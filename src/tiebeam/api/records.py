"""The journal over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from tiebeam.api.access import asks
from tiebeam.app import App
from tiebeam.http import EVERYTHING, Caller, journal_object
from tiebeam.kit import plain
from tiebeam.store import search_journal, verify_journal


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["journal"])
    read = asks(app, "journal.view", "journal")

    @routes.get("/journal")
    def listing(
        caller: Caller = Depends(read),
        stream: Annotated[str, Query(max_length=200)] = "",
        actor: Annotated[str | None, Query(max_length=200)] = None,
        kind: Annotated[str | None, Query(max_length=80)] = None,
        before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> list[dict[str, Any]]:
        """Entries of the streams you may see, newest first."""
        streams = caller.streams()
        with app.store.read() as conn:
            found = search_journal(
                conn, stream_prefix=stream, actor=actor, kind=kind, before=before, limit=limit, streams=streams
            )
            return plain(found)

    @routes.get("/journal/verify")
    def verify(
        caller: Caller = Depends(read), stream: Annotated[str | None, Query(max_length=200)] = None
    ) -> dict[str, Any]:
        """Recompute the hashes of one stream, or of all."""
        with app.store.read() as conn:
            caller.require("journal.view", journal_object(app, conn, stream or EVERYTHING))
            breaks = verify_journal(conn, stream)
        return {"sound": not breaks, "breaks": plain(breaks)}

    return routes
