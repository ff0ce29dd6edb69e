"""Triggers: what starts recipes by itself; and runs that somebody starts on an input."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, Field

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.http import Caller
from tiebeam.kit import plain
from tiebeam.workflow.runs import run_view
from tiebeam.workflow.triggers import list_starts


class Start(Body):
    """The fields that the intent expects."""

    input: dict[str, Any]
    subject: str | None = Field(default=None, max_length=200)


class Pause(Body):
    reason: str = Field(min_length=1, max_length=1000)


class Fire(Body):
    event: str | None = Field(default=None, max_length=40)
    """The event to start a run for; a schedule starts one for now."""


class MakeUp(Body):
    """From the first to the last moment, both included. `dry` starts nothing."""

    start: AwareDatetime
    end: AwareDatetime
    dry: bool = False


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["triggers"])
    _looking(app, routes)
    _operating(app, routes)
    return routes


def _looking(app: App, routes: APIRouter) -> None:
    @routes.post("/workflows/{intent}/runs", status_code=202)
    def start(
        intent: str, body: Start, caller: Caller = Depends(changes(app, "run.start", "intent", "intent", inside=True))
    ) -> dict[str, Any]:
        """Start one run of the adopted recipe on an input. The answer comes at once; follow the run with GET."""
        row = app.starting.start(caller.principal, intent, body.input, subject=body.subject)
        with app.store.read() as conn:
            return plain(run_view(conn, row.id).item)

    @routes.get("/triggers")
    def listing(caller: Caller = Depends(asks(app, "intent.view", "intent"))) -> dict[str, Any]:
        """Triggers of the adopted recipes you may see, with their next moments."""
        with app.store.read() as conn:
            return {"rows": plain(app.triggering.triggers.list(conn, intents=caller.intents()))}

    @routes.get("/triggers/{trigger}/starts")
    def starts(
        trigger: str,
        _caller: Caller = Depends(asks(app, "intent.view", "trigger", "trigger")),
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> dict[str, Any]:
        """What it started, and what it could not start and why, newest first."""
        with app.store.read() as conn:
            return {"rows": plain(list_starts(conn, frozenset({trigger}), limit=limit))}


def _operating(app: App, routes: APIRouter) -> None:
    pausing = changes(app, "trigger.pause", "trigger", "trigger", inside=True)
    firing = changes(app, "trigger.fire", "trigger", "trigger", inside=True)

    @routes.post("/triggers/{trigger}/pause")
    def pause(trigger: str, body: Pause, caller: Caller = Depends(pausing)) -> dict[str, Any]:
        """Nothing starts by it until it is resumed."""
        app.triggering.triggers.pause(caller.principal, trigger, reason=body.reason)
        return {"trigger": trigger, "paused": True}

    @routes.post("/triggers/{trigger}/resume")
    def resume(trigger: str, caller: Caller = Depends(pausing)) -> dict[str, Any]:
        """Start by it again, from now on."""
        app.triggering.triggers.resume(caller.principal, trigger)
        return {"trigger": trigger, "paused": False}

    @routes.post("/triggers/{trigger}/fire", status_code=202)
    def fire(trigger: str, body: Fire, caller: Caller = Depends(firing)) -> dict[str, Any]:
        """Start a run by it now, or for an event that came before."""
        return plain(app.triggering.triggers.fire(caller.principal, trigger, event_id=body.event))

    @routes.post("/triggers/{trigger}/backfill", status_code=202)
    def backfill(trigger: str, body: MakeUp, caller: Caller = Depends(firing)) -> dict[str, Any]:
        """Start a run for every moment of a time for which none was started."""
        made = app.triggering.triggers.backfill(caller.principal, trigger, start=body.start, end=body.end, dry=body.dry)
        return plain(made)
