"""What people do with triggers: see them, pause and resume them, fire one, and make up for moments that passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import sqlalchemy as sa

from tiebeam.authority import Authority, Principal
from tiebeam.errors import Conflict, Invalid, NotFound
from tiebeam.graph import Graph
from tiebeam.kit import iso
from tiebeam.spec import Missed, TriggerMode
from tiebeam.store import Store, Unit
from tiebeam.workflow.objects import IntentFacts, recipe_object
from tiebeam.workflow.triggers.declared import (
    DeclaredTrigger,
    declared_trigger,
    declared_triggers,
    event_variables,
    moment_variables,
)
from tiebeam.workflow.triggers.firing import Fired, Firing
from tiebeam.workflow.triggers.rows import (
    StartState,
    change_state,
    forget_start,
    load_event,
    load_states,
    lock_state,
    note_use,
)
from tiebeam.workflow.triggers.schedules import moments, next_moments, schedule_text
from tiebeam.workforce import note_use as note_emergency

MOST_BACKFILLED = 1000
_AT_ONCE = 50
_SHOWN = 5


class NothingStarted(Conflict):
    """The trigger was fired and no run came of it; the message says why."""

    code = "nothing_started"


@dataclass(frozen=True, slots=True)
class TriggerView:
    """A trigger as people see it. `next` are moments in UTC; empty for events, while paused and out of service."""

    id: str
    intent: str
    recipe: str
    event: str | None
    cron: str | None
    timezone: str
    missed: Missed
    mode: TriggerMode
    in_service: bool
    paused_at: datetime | None
    paused_by: str | None
    reason: str | None
    next: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Backfill:
    """`moments` are all of the time asked for, `started` what was started now; the others had been before."""

    trigger_id: str
    moments: tuple[datetime, ...]
    started: tuple[Fired, ...]


class Triggers:
    """Verbs of people. Each that changes something asks `may` itself, whatever face it is called from."""

    def __init__(
        self,
        store: Store,
        *,
        graph: Callable[[], Graph],
        firing: Firing,
        authority: Authority,
        facts: IntentFacts,
    ) -> None:
        self._store = store
        self._graph = graph
        self._firing = firing
        self._authority = authority
        self._facts = facts

    def list(self, conn: sa.Connection, *, intents: frozenset[str] | None = None) -> tuple[TriggerView, ...]:
        """Every trigger of adopted recipes, in order of their ids; `intents` keeps those of some."""
        states = load_states(conn)
        found: list[TriggerView] = []
        for declared in declared_triggers(self._graph()).values():
            if intents is not None and declared.intent.id not in intents:
                continue
            state = states.get(declared.id)
            paused = None if state is None else state.paused_at
            in_service = self._firing.standing(conn, declared) is not None
            trigger = declared.trigger
            runs = trigger.cron is not None and in_service and paused is None
            found.append(
                TriggerView(
                    id=declared.id,
                    intent=declared.intent.id,
                    recipe=declared.recipe.id,
                    event=trigger.event,
                    cron=trigger.cron,
                    timezone=trigger.timezone,
                    missed=trigger.missed,
                    mode=trigger.mode,
                    in_service=in_service,
                    paused_at=paused,
                    paused_by=None if state is None or paused is None else state.paused_by,
                    reason=None if state is None or paused is None else state.reason,
                    next=next_moments(trigger, after=self._store.clock.now(), most=_SHOWN) if runs else (),
                )
            )
        return tuple(found)

    def pause(self, principal: Principal, trigger_id: str, *, reason: str) -> None:
        """Nothing starts by it until it is resumed; what happens meanwhile is not made up for by itself.

        Raises Refused, UnknownTrigger, and Invalid without a reason.
        """
        if not reason.strip():
            raise Invalid("pausing a trigger needs a reason")
        declared = declared_trigger(self._graph(), trigger_id)
        with self._store.unit() as unit:
            self._require(unit, principal, declared, verb="trigger.pause")
            state = lock_state(unit, trigger_id, schedule=schedule_text(declared.trigger))
            if state.paused_at is not None:
                return
            change_state(unit, trigger_id, paused_at=unit.now, paused_by=principal.actor, reason=reason[:1000])
            payload = {"reason": reason[:1000]}
            unit.journal(f"trigger:{trigger_id}", "trigger.paused", actor=principal.actor, payload=payload)

    def resume(self, principal: Principal, trigger_id: str) -> None:
        """Start by it again, from now on. Raises Refused and UnknownTrigger."""
        declared = declared_trigger(self._graph(), trigger_id)
        with self._store.unit() as unit:
            self._require(unit, principal, declared, verb="trigger.pause")
            schedule = schedule_text(declared.trigger)
            if lock_state(unit, trigger_id, schedule=schedule).paused_at is None:
                return
            change_state(
                unit, trigger_id, schedule=schedule, reached=unit.now, paused_at=None, paused_by=None, reason=None
            )
            unit.journal(f"trigger:{trigger_id}", "trigger.resumed", actor=principal.actor, payload={})

    def fire(self, principal: Principal, trigger_id: str, *, event_id: str | None = None) -> Fired:
        """Start a run by it now, as a schedule at this moment or for an event that came before.

        An event whose start failed may be tried again. Raises Refused, UnknownTrigger, Invalid and NothingStarted.
        """
        declared = declared_trigger(self._graph(), trigger_id)
        if (declared.trigger.event is None) != (event_id is None):
            needs = "starts at moments; leave the event out" if event_id else "starts by events; name one by its id"
            raise Invalid(f"{trigger_id!r} {needs}")
        with self._store.unit() as unit:
            self._require(unit, principal, declared, verb="trigger.fire")
            fired = (
                self._at_moment(unit, declared, actor=principal.actor)
                if event_id is None
                else self._for_event(unit, declared, event_id, actor=principal.actor)
            )
            if fired is None or fired.run_id is None:
                told = "it was started for this before" if fired is None else str(fired.detail)
                raise NothingStarted(f"{trigger_id!r} started nothing: {told}", trigger=trigger_id)
        return fired

    def backfill(
        self, principal: Principal, trigger_id: str, *, start: datetime, end: datetime, dry: bool = False
    ) -> Backfill:
        """Start a run for each moment from `start` to `end`, both included, that none was started for.

        `dry` starts nothing. Raises Refused, UnknownTrigger, and Invalid for events, the future and too many moments.
        """
        declared = declared_trigger(self._graph(), trigger_id)
        if declared.trigger.cron is None:
            raise Invalid(f"{trigger_id!r} starts by events; send them again, or fire it for one")
        if not start <= end <= self._store.clock.now():
            raise Invalid("the time to make up for ends before it begins, or lies in the future")
        after = start - timedelta(microseconds=1)
        found = tuple(islice(moments(declared.trigger, after=after, until=end), MOST_BACKFILLED + 1))
        if len(found) > MOST_BACKFILLED:
            raise Invalid(f"these are more than {MOST_BACKFILLED} moments; make up for less at once")
        with self._store.unit() as unit:
            self._require(unit, principal, declared, verb="trigger.fire")
            payload = {"from": iso(start), "to": iso(end), "moments": len(found), "dry": dry}
            unit.journal(f"trigger:{trigger_id}", "trigger.backfilled", actor=principal.actor, payload=payload)
        started: list[Fired] = []
        for first in () if dry else range(0, len(found), _AT_ONCE):
            with self._store.unit() as unit:
                for moment in found[first : first + _AT_ONCE]:
                    fired = self._firing.fire(
                        unit,
                        declared,
                        slot=iso(moment),
                        at=moment,
                        variables=moment_variables(moment),
                        actor=principal.actor,
                    )
                    started += [] if fired is None else [fired]
        return Backfill(trigger_id, found, tuple(started))

    def _at_moment(self, unit: Unit, declared: DeclaredTrigger, *, actor: str) -> Fired | None:
        slot = f"fired:{unit.store.ids.new('slot')}"
        return self._firing.fire(
            unit, declared, slot=slot, at=unit.now, variables=moment_variables(unit.now), actor=actor
        )

    def _for_event(self, unit: Unit, declared: DeclaredTrigger, event_id: str, *, actor: str) -> Fired | None:
        row = load_event(unit.conn, event_id)
        if row is None or row.name != declared.trigger.event:
            raise NotFound(f"there is no event {event_id[:80]!r} called {declared.trigger.event!r}", event=event_id)
        variables = event_variables(name=row.name, key=row.key, payload=row.payload, at=row.at)
        forget_start(unit, declared.id, row.id)
        fired = self._firing.fire(
            unit,
            declared,
            slot=row.id,
            at=row.at,
            variables=variables,
            key=declared.key(variables),
            event_id=row.id,
            actor=actor,
        )
        if fired is not None and fired.run_id is not None and fired.state is StartState.STARTED:
            note_use(unit, row.id, fired.run_id)
        return fired

    def _require(self, unit: Unit, principal: Principal, declared: DeclaredTrigger, *, verb: str) -> None:
        obj = recipe_object(self._facts, declared.intent.id)
        verdict = self._authority.require(principal, verb, obj)
        note_emergency(unit, principal, verdict, verb=verb, obj=obj)
