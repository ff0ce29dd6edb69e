"""Events: sent by people and programs that are signed in, or posted by other programs that sign their messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field
from starlette.concurrency import run_in_threadpool

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.http import Caller, seen_events
from tiebeam.kit import plain
from tiebeam.workflow.triggers import EventState, Received, event_view, list_events, list_refused


class Sent(Body):
    """An event. With `id` the same one is taken once, however often it is sent."""

    name: str = Field(min_length=1, max_length=160)
    key: str = Field(min_length=1, max_length=200)
    payload: dict[str, Any] = Field(default_factory=dict)
    id: str | None = Field(default=None, min_length=1, max_length=200)
    at: AwareDatetime | None = None
    """When it happened; now, where it is left out."""


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["events"])
    _looking(app, routes)
    _sending(app, routes)
    return routes


def _looking(app: App, routes: APIRouter) -> None:
    @routes.get("/events")
    def listing(
        caller: Caller = Depends(asks(app, "event.view", "event")),
        state: EventState | None = None,
        key: Annotated[str | None, Query(max_length=200)] = None,
        before: datetime | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> dict[str, Any]:
        """Events you may see, newest first, with what became of each."""
        names = seen_events(caller)
        with app.store.read() as conn:
            rows = list_events(conn, names=names, state=state, key=key, before=before, limit=limit)
        return {"rows": plain(rows)}

    @routes.get("/events/refused")
    def refused(
        _caller: Caller = Depends(asks(app, "settings.view", "settings")),
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> dict[str, Any]:
        """How often each source of signed messages was refused, by day, and what was wrong the last time."""
        with app.store.read() as conn:
            return {"rows": plain(list_refused(conn, limit=limit))}

    @routes.get("/events/{event_id}")
    def one(event_id: str, _caller: Caller = Depends(asks(app, "event.view", "event", "event_id"))) -> dict[str, Any]:
        """An event with its payload and the runs that took it."""
        with app.store.read() as conn:
            return plain(event_view(conn, event_id))


def _sending(app: App, routes: APIRouter) -> None:
    sending = changes(app, "event.send", "event", inside=True)

    @routes.post("/events", status_code=202)
    def send(body: Sent, caller: Caller = Depends(sending)) -> dict[str, Any]:
        """Send an event: to the steps that wait for it, or to the triggers that start by it; else it is kept."""
        received = app.triggering.events.send(
            caller.principal, body.name, key=body.key, payload=body.payload, source_id=body.id, at=body.at
        )
        return _told(received, with_runs=True)

    @routes.post(
        "/hooks/{source}",
        status_code=202,
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}},
    )
    async def hook(request: Request, source: Annotated[str, Path(max_length=200)]) -> JSONResponse:
        """Post a signed message of another program; `event-sources/<source>.toml` says how it is signed.

        202 once it is taken for good, 200 when it was taken before, 401 for anything that is not signed right.
        """
        hooks = app.triggering.hooks
        most, body = hooks.largest(source), bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > most:
                raise await run_in_threadpool(hooks.refuse_large, source)
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = await run_in_threadpool(hooks.take, source, headers=headers, body=bytes(body))
        return JSONResponse(_told(received, with_runs=False), status_code=200 if received.repeated else 202)


def _told(received: Received, *, with_runs: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"event": received.event_id, "state": received.state, "repeated": received.repeated}
    return {**told, "runs": list(received.runs)} if with_runs else told
