"""Events as they come in: from people and programs by the API, from steps of runs, and taken once each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tiebeam.authority import Authority, Obj, Principal
from tiebeam.engine import Engine, Segment
from tiebeam.errors import Conflict, Invalid, NotFound, TiebeamError
from tiebeam.graph import Graph
from tiebeam.store import Store, Unit
from tiebeam.workflow.objects import IntentFacts
from tiebeam.workflow.triggers.declared import event_names, key_text
from tiebeam.workflow.triggers.delivering import Delivered, Delivering
from tiebeam.workflow.triggers.rows import (
    EventRow,
    EventState,
    NewEvent,
    earlier_event,
    expire_kept,
    forget_old,
    has_over,
    insert_event,
    load_event,
    note_use,
    set_event,
    uses_of,
)
from tiebeam.workforce import Workforce

KIND = "event"
"""The engine's kind of segments that deliver what steps sent."""
LARGEST_PAYLOAD = 256 * 1024
"""Characters as JSON."""
_LONGEST_ID = 200
_AT_ONCE = 200
_LOOK_SECONDS = 30.0
_GIVE_WAY = frozenset({"40P01", "40001"})
"""PostgreSQL's deadlock and serialization failure."""


class UnknownEvent(NotFound):
    """No adopted recipe waits for an event of this name, or is triggered by it."""

    code = "unknown_event"


class EventDiffers(Conflict):
    """The same sender gave this id to another event before."""

    code = "event_differs"


@dataclass(frozen=True, slots=True)
class Received:
    """What became of an event that came in. `repeated`: it was taken before, and this is what became of it then.

    `runs` are those whose steps took it or that it started.
    """

    event_id: str
    state: EventState
    repeated: bool
    runs: tuple[str, ...]


class Events:
    """Safe with several workers and replicas: an event is stored once, in the unit that delivers it."""

    def __init__(
        self,
        store: Store,
        *,
        graph: Callable[[], Graph],
        delivering: Delivering,
        engine: Engine,
        authority: Authority,
        facts: IntentFacts,
        workforce: Workforce,
    ) -> None:
        self._store = store
        self._graph = graph
        self._delivering = delivering
        self._engine = engine
        self._authority = authority
        self._facts = facts
        self._workforce = workforce

    def send(
        self,
        principal: Principal,
        name: str,
        *,
        key: str,
        payload: Mapping[str, Any],
        source_id: str | None = None,
        at: datetime | None = None,
    ) -> Received:
        """Take an event from somebody signed in. With `source_id` the same event is taken once, however often sent.

        Raises Refused, UnknownEvent, Invalid, PayloadRefused, KeptFull and EventDiffers.
        """
        asked = self.object_of(name)
        verdict = self._authority.require(principal, "event.send", asked)
        self.known(name)
        new = self.checked(
            name=name,
            key=key,
            payload=payload,
            source=principal.actor,
            source_id=source_id or self._store.ids.new("sent"),
            at=at or self._store.clock.now(),
        )
        self._workforce.note_use(principal, verdict, verb="event.send", obj=asked)
        return self.take(new, actor=principal.actor)

    def take(self, new: NewEvent, *, actor: str, left: str | None = None) -> Received:
        """Store and deliver an event, or say what became of it when it came before. Raises what `send` does.

        `left` says why it concerns nobody; it is then stored and nothing more.
        """
        for is_last in (False, False, True):
            try:
                with self._store.unit() as unit:
                    return self._taken(unit, new, actor=actor, left=left)
            except DBAPIError as problem:
                # A run that sends or waits at this very moment may hold what this event wants, and want what it holds.
                if is_last or getattr(problem.orig, "sqlstate", None) not in _GIVE_WAY:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _taken(self, unit: Unit, new: NewEvent, *, actor: str, left: str | None) -> Received:
        state = EventState.SENT if left is None else EventState.LEFT
        row = insert_event(unit, new, state=state, detail=left)
        if row is None:
            return self._repeated(unit.conn, new)
        if left is not None:
            return Received(row.id, EventState.LEFT, False, ())
        found = self._delivering.deliver(unit, row, actor=actor)
        return Received(row.id, found.state, False, _runs_of(found))

    def send_from_run(  # one argument a fact of the event, all of them named
        self, unit: Unit, *, run_id: str, step: str, team: str, name: str, key: Any, payload: Mapping[str, Any]
    ) -> str:
        """Send an event from a step, in the step's unit; it is delivered right after it. Returns the event's id.

        Sending again from the same step is the same event. Raises UnknownEvent and Invalid.
        """
        self.known(name)
        new = self.checked(
            name=name, key=key_text(key), payload=payload, source=f"run:{run_id}", source_id=step, at=unit.now
        )
        row = insert_event(unit, new, state=EventState.SENT)
        if row is None:
            return earlier_event(unit.conn, new).id
        # Delivered in a unit of its own: the run that is sent to may be the very one that sends.
        self._engine.enqueue(unit, kind=KIND, key=row.id, seq=0, queue="work", team=team)
        return row.id

    def run_segment(self, segment: Segment) -> None:
        """The engine's handler for kind `event`: delivers what a step sent."""
        with self._store.unit() as unit:
            row = load_event(unit.conn, segment.key)
            if row is None or row.state is not EventState.SENT:
                return
            try:
                with unit.part():
                    self._delivering.deliver(unit, row)
            except TiebeamError as refusal:
                set_event(unit, row.id, state=EventState.REFUSED, detail=refusal.message)

    def kept(
        self, unit: Unit, name: str, key: str, schema: Mapping[str, Any] | None, *, by: tuple[str, str]
    ) -> EventRow | None:
        """The event that was kept for a step that begins to wait in this unit; None when it has to wait.

        `by` are the run and the instance of its step.
        """
        row = self._delivering.take_kept(unit, name=name, key=key, schema=schema)
        if row is not None:
            note_use(unit, row.id, by[0], step=by[1])
        return row

    def work(self) -> float:
        """One turn of the worker's loop: what was kept long enough, or remembered long enough, is let go."""
        settings = self._graph().settings
        now = self._store.clock.now()
        with self._store.read() as conn:
            is_over = has_over(conn, now)
        done = 0
        if is_over:
            with self._store.unit() as unit:
                done = expire_kept(unit, most=_AT_ONCE)
        if settings is not None:
            before = now - timedelta(days=settings.events.remember_days)
            done = max(done, forget_old(self._store, before=before, most=_AT_ONCE))
        return 0.1 if done == _AT_ONCE else _LOOK_SECONDS

    def known(self, name: str) -> None:
        """Raises UnknownEvent with the nearest name."""
        names = event_names(self._graph())
        if name in names:
            return
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(names)[:20]) or 'none'}"
        raise UnknownEvent(f"no adopted recipe waits for an event {name[:160]!r} or is triggered by it; {hint}")

    def object_of(self, name: str) -> Obj:
        """An event as the rules see it: with the roles of every workflow that it concerns."""
        intents = event_names(self._graph()).get(name, frozenset())
        facts = [self._facts(intent) for intent in sorted(intents)]
        merged = {
            part: tuple(sorted({role for one in facts for role in one[part] or ()}))
            for part in ("roles", "readers", "audit_owner")
        }
        return Obj("event", name, merged)

    def checked(  # one argument a fact of the event, all of them named
        self, *, name: str, key: str, payload: Mapping[str, Any], source: str, source_id: str, at: datetime
    ) -> NewEvent:
        """Raises Invalid."""
        if not 0 < len(source_id) <= _LONGEST_ID or not source_id.isprintable():
            raise Invalid(f"an event's id is a text of at most {_LONGEST_ID} printable characters")
        return NewEvent(
            name=name,
            key=key_text(key),
            payload=checked_payload(payload),
            source=source,
            source_id=source_id,
            at=at,
        )

    def _repeated(self, conn: sa.Connection, new: NewEvent) -> Received:
        row = earlier_event(conn, new)
        if row.digest != new.digest:
            raise EventDiffers(
                f"{new.source} sent another event with the id {new.source_id!r} before ({row.id}); give each its own",
                event=row.id,
            )
        return Received(row.id, row.state, True, uses_of(conn, row.id))


def checked_payload(payload: Any) -> dict[str, Any]:
    """A JSON object small enough to keep. Raises Invalid."""
    if not isinstance(payload, Mapping):
        raise Invalid("the payload of an event is a JSON object")
    try:
        text = json.dumps(payload, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, TypeError, RecursionError) as problem:
        raise Invalid(f"the payload is no plain JSON: {problem}") from problem
    if len(text) > LARGEST_PAYLOAD:
        raise Invalid(f"the payload is larger than {LARGEST_PAYLOAD // 1024} KiB; send less, or a reference to it")
    return {str(name): value for name, value in payload.items()}


def _runs_of(found: Delivered) -> tuple[str, ...]:
    started: Sequence[str | None] = [one.run_id for one in found.starts]
    return tuple(dict.fromkeys([*(run for run, _ in found.steps), *(run for run in started if run is not None)]))
