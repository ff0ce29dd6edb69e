"""Triggers with their next moments and last starts; events that came, and messages that were refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.authority import Obj
from tiebeam.http import Ask, seen_events
from tiebeam.spec import Missed, TriggerMode
from tiebeam.web.views import (
    Commands,
    EventLine,
    EventPage,
    Fact,
    Link,
    Pill,
    RefusedLine,
    StartLine,
    TriggerLine,
    TriggersPage,
)
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import moment
from tiebeam.workflow import recipe_object
from tiebeam.workflow.triggers import (
    EventItem,
    EventState,
    StartItem,
    StartState,
    TriggerView,
    event_view,
    last_starts,
    list_events,
    list_refused,
    list_starts,
    starts_of_event,
)

_MOST = 25
_EVENT_STATES = {
    EventState.DELIVERED: Pill("Delivered", "ok"),
    EventState.KEPT: Pill("Kept", "accent"),
    EventState.EXPIRED: Pill("Nobody waited", "warn"),
    EventState.LEFT: Pill("Left alone", "neutral"),
    EventState.REFUSED: Pill("Refused", "bad"),
    EventState.SENT: Pill("On its way", "neutral"),
}
_START_STATES = {
    StartState.STARTED: Pill("Started", "ok"),
    StartState.JOINED: Pill("Open run", "accent"),
    StartState.FAILED: Pill("Failed", "bad"),
    StartState.SKIPPED: Pill("Skipped", "neutral"),
}
_REASONS = {
    "signature": "Signature not accepted",
    "size": "Too large",
    "rate": "Too many a minute",
    "payload": "Payload of another shape",
    "kept": "Too many kept",
    "differs": "Id used for something else",
    "message": "Message not understood",
    "house": "Our own settings",
}
_MISSED = {
    Missed.SKIP: "missed moments are left out",
    Missed.ONCE: "one run for what was missed",
    Missed.ALL: "a run for each missed moment",
}


def triggers(visit: Visit) -> Response:
    return visit.page("pages/triggers.html", triggers=_page(visit))


def _page(visit: Visit) -> TriggersPage:
    app, intents = visit.app, visit.caller.intents()
    with app.store.read() as conn:
        found = app.triggering.triggers.list(conn, intents=intents)
        ids = frozenset(one.id for one in found)
        last = last_starts(conn, ids)
        starts = list_starts(conn, ids, limit=_MOST)
        events = list_events(conn, names=seen_events(visit.caller), limit=_MOST)
        refused = list_refused(conn, limit=_MOST) if visit.allows("settings.view", Obj("settings", "*")) else None
    return TriggersPage(
        triggers=tuple(_line(visit, one, last.get(one.id)) for one in found),
        starts=tuple(map(_start, starts)),
        events=tuple(_event(visit, one) for one in events),
        refused=None
        if refused is None
        else tuple(
            RefusedLine(
                source=_source(visit, f"source:{one.source}"),
                reason=_REASONS.get(one.reason, one.reason),
                day=one.day,
                times=f"{one.times:,}",
                last_at=one.last_at,
                detail=one.detail,
            )
            for one in refused
        ),
        commands=Commands("tiebeam triggers list", "GET /api/v1/triggers"),
    )


def _line(visit: Visit, one: TriggerView, last: StartItem | None) -> TriggerLine:
    obj = recipe_object(visit.app.intent_facts, one.intent)
    paused = one.paused_at is not None
    state = Pill("Paused", "warn") if paused else Pill("Runs", "ok") if one.in_service else Pill("Out of service")
    stateful = one.mode is TriggerMode.STATEFUL
    by_note = f"{one.timezone}; {_MISSED[one.missed]}" if one.cron else "one open run a key" if stateful else ""
    note = f"{visit.names.actor(one.paused_by or '')}: {one.reason}" if paused else ""
    intent = visit.graph.intents[one.intent]
    return TriggerLine(
        id=one.id,
        name=one.id.partition(":")[2],
        workflow=Link(intent.title, f"/workflows/{one.intent}"),
        by=one.cron or f"event {one.event}",
        by_note=by_note,
        state=state,
        note=note,
        next=one.next[:3],
        last=None if last is None else _START_STATES[last.state],
        last_at=None if last is None else last.made_at,
        last_run="" if last is None else last.run_id or "",
        may_pause=visit.allows("trigger.pause", obj),
        may_fire=one.cron is not None and one.in_service and visit.allows("trigger.fire", obj),
        is_paused=paused,
        is_schedule=one.cron is not None,
    )


def _start(one: StartItem) -> StartLine:
    return StartLine(
        trigger=one.trigger_id,
        at=one.at,
        state=_START_STATES[one.state],
        run=one.run_id or "",
        event=one.event_id or "",
        why=one.detail or "",
    )


def _of_event(visit: Visit, one: StartItem) -> StartLine:
    obj = recipe_object(visit.app.intent_facts, one.trigger_id.partition(":")[0])
    may_retry = one.state is StartState.FAILED and visit.allows("trigger.fire", obj)
    return replace(_start(one), may_retry=may_retry)


def _event(visit: Visit, one: EventItem) -> EventLine:
    return EventLine(
        id=one.id,
        received_at=one.received_at,
        name=one.name,
        key=one.key,
        source=_source(visit, one.source),
        state=_EVENT_STATES[one.state],
        note=one.detail or _kept(visit, one.state, one.keep_until),
    )


def _kept(visit: Visit, state: EventState, until: datetime | None) -> str:
    return "" if state is not EventState.KEPT or until is None else f"until {moment(until, visit.zone, visit.now)}"


def _source(visit: Visit, source: str) -> str:
    kind, _, name = source.partition(":")
    if kind == "source":
        record = visit.graph.event_sources.get(name)
        return name if record is None else record.title
    return f"Run {name}" if kind == "run" else visit.names.actor(source)


def event(visit: Visit) -> Response:
    return visit.page("pages/event.html", event=_event_page(visit, visit.path("event")))


def _event_page(visit: Visit, event_id: str) -> EventPage:
    with visit.app.store.read() as conn:
        view = event_view(conn, event_id)
        found = visit.app.triggering.triggers.list(conn, intents=visit.caller.intents())
        concerned = frozenset(one.id for one in found if one.event == view.item.name)
        starts = starts_of_event(conn, event_id, concerned)
    item = view.item
    facts = [
        Fact("Key", item.key, is_mono=True),
        Fact("From", _source(visit, item.source)),
        Fact("Its id there", view.source_id, is_mono=True),
        Fact("Happened", moment(item.at, visit.zone, visit.now)),
        Fact("Received", moment(item.received_at, visit.zone, visit.now)),
    ]
    if note := item.detail or _kept(visit, item.state, item.keep_until):
        facts.append(Fact("Note", note))
    return EventPage(
        id=item.id,
        name=item.name,
        state=_EVENT_STATES[item.state],
        facts=tuple(facts),
        payload=json.dumps(view.payload, ensure_ascii=False, indent=2),
        runs=tuple(
            Link(one.run_id, f"/runs/{one.run_id}", f"step {one.step}" if one.step else "started by it")
            for one in view.taken
        ),
        starts=tuple(_of_event(visit, one) for one in starts),
        commands=Commands(f"tiebeam events show {item.id}", f"GET /api/v1/events/{item.id}"),
    )


def pause(visit: Visit) -> Response:
    name = visit.path("trigger")
    visit.app.triggering.triggers.pause(visit.principal, name, reason=visit.said("reason"))
    return visit.back_to("/triggers", saying=f"{name} is paused")


def resume(visit: Visit) -> Response:
    name = visit.path("trigger")
    visit.app.triggering.triggers.resume(visit.principal, name)
    return visit.back_to("/triggers", saying=f"{name} starts again, from now on")


def fire(visit: Visit) -> Response:
    name = visit.path("trigger")
    fired = visit.app.triggering.triggers.fire(visit.principal, name, event_id=visit.said("event") or None)
    return visit.back_to(f"/runs/{quote(fired.run_id or '')}", saying=f"Started by {name}")


def routes(console: Console) -> list[Route]:
    pausing = Ask("trigger.pause", "trigger", "trigger", inside=True)
    firing = Ask("trigger.fire", "trigger", "trigger", inside=True)
    post = ("POST",)
    return [
        route(console, "/triggers", triggers, asks=Ask("intent.view", "intent")),
        route(console, "/triggers/{trigger}/pause", pause, asks=pausing, methods=post),
        route(console, "/triggers/{trigger}/resume", resume, asks=pausing, methods=post),
        route(console, "/triggers/{trigger}/fire", fire, asks=firing, methods=post),
        route(console, "/events/{event}", event, asks=Ask("event.view", "event", "event")),
    ]
