"""What becomes of an event, in the unit that stores it: it reaches the steps that wait, or starts runs, or is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import sqlalchemy as sa

from tiebeam.errors import Conflict, Invalid, TiebeamError
from tiebeam.graph import Graph
from tiebeam.spec import SchemaProblem, schema_problems
from tiebeam.store import Unit
from tiebeam.workflow.runs import load_run
from tiebeam.workflow.triggers.declared import DeclaredTrigger, declared_triggers, event_variables
from tiebeam.workflow.triggers.firing import ACTOR, Fired, Firing
from tiebeam.workflow.triggers.rows import (
    EventRow,
    EventState,
    StartState,
    forget_kept,
    is_paused,
    keep_event,
    kept_count,
    kept_events,
    note_use,
    set_event,
)


class PayloadRefused(Invalid):
    """The step that waits for the event states what it must hold, and this one does not. It waits on."""

    code = "payload_refused"

    def __init__(self, name: str, problems: Sequence[SchemaProblem]) -> None:
        told = "; ".join(f"{one.path or 'the whole'}: {one.message}" for one in problems)
        faults = [{"path": one.path, "message": one.message} for one in problems]
        super().__init__(f"the payload of {name!r} is not what the waiting step expects: {told}", problems=faults)


class KeptFull(Conflict):
    """As many events of this name and key as may be are kept for a step already."""

    code = "events_kept_full"


class EventWait(Protocol):
    """An instance of a step that waits for an event."""

    @property
    def run_id(self) -> str: ...
    @property
    def instance(self) -> str: ...
    @property
    def payload_schema(self) -> Mapping[str, Any] | None: ...


class Waiting(Protocol):
    """The steps that wait for events, as the interpreter knows them."""

    def event_waits(self, conn: sa.Connection, name: str, key: str) -> Sequence[Any]: ...

    def event_arrived(
        self, unit: Unit, wait: Any, *, payload: Mapping[str, Any], event_id: str, actor: str
    ) -> bool: ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of an event. `steps` are (run, instance) that had waited; `starts` what triggers made of it."""

    steps: tuple[tuple[str, str], ...] = ()
    starts: tuple[Fired, ...] = ()
    kept: bool = False

    @property
    def state(self) -> EventState:
        used = bool(self.steps) or any(one.state is StartState.STARTED for one in self.starts)
        return EventState.DELIVERED if used else EventState.KEPT


class Delivering:
    def __init__(self, *, graph: Callable[[], Graph], waiting: Waiting, firing: Firing) -> None:
        self._graph = graph
        self._waiting = waiting
        self._firing = firing

    def deliver(self, unit: Unit, row: EventRow, *, actor: str = ACTOR) -> Delivered:
        """To every step that waits for its name and key; else to the open run of a stateful trigger; else by triggers.

        A recipe of which a step took the event is not started by it. Raises PayloadRefused when steps wait and the
        payload fits none of them, and KeptFull; the caller's unit is then undone.
        """
        variables = event_variables(name=row.name, key=row.key, payload=row.payload, at=row.at)
        meant = list(self._meant(unit.conn, row, variables))
        keys = {row.key, *(key for _, key, _ in meant if key is not None)}
        steps = self._to_steps(unit, row, sorted(keys), actor=actor)
        reached = {load_run(unit.conn, run_id).intent for run_id, _ in steps}
        starts = tuple(
            fired
            for declared, key, failure in meant
            if declared.intent.id not in reached
            and (fired := self._fire(unit, declared, row, variables, key=key, failure=failure)) is not None
        )
        for fired in starts:
            if fired.run_id is not None and fired.state is StartState.STARTED:
                note_use(unit, row.id, fired.run_id)
        found = Delivered(steps, starts, kept=_must_keep(steps, starts))
        if found.kept:
            self._keep(unit, row, keys)
        failed = [one.detail or "" for one in starts if one.state is StartState.FAILED]
        set_event(unit, row.id, state=found.state, detail="; ".join(failed) or None)
        return found

    def take_kept(self, unit: Unit, *, name: str, key: str, schema: Mapping[str, Any] | None) -> EventRow | None:
        """The oldest event kept for a step that begins to wait now, if its payload fits. It is nobody else's then.

        The caller holds the lock under which waits for this name and key are looked for.
        """
        for row in kept_events(unit.conn, name, key, now=unit.now):
            if schema is not None and schema_problems(schema, dict(row.payload)):
                continue
            if forget_kept(unit, row.id):
                set_event(unit, row.id, state=EventState.DELIVERED)
                return row
        return None

    def _to_steps(self, unit: Unit, row: EventRow, keys: Sequence[str], *, actor: str) -> tuple[tuple[str, str], ...]:
        waits = [wait for key in keys for wait in self._waiting.event_waits(unit.conn, row.name, key)]
        problems: list[SchemaProblem] = []
        taken: list[tuple[str, str]] = []
        # Always in the same order, so that two events never hold each other's runs.
        for wait in sorted(waits, key=lambda one: (one.run_id, one.instance)):
            schema = wait.payload_schema
            found = [] if schema is None else schema_problems(schema, dict(row.payload))
            problems += found
            if found:
                continue
            if self._waiting.event_arrived(unit, wait, payload=row.payload, event_id=row.id, actor=actor):
                taken.append((wait.run_id, wait.instance))
                note_use(unit, row.id, wait.run_id, step=wait.instance)
        if problems and not taken:
            raise PayloadRefused(row.name, problems)
        return tuple(taken)

    def _meant(
        self, conn: sa.Connection, row: EventRow, variables: Mapping[str, Any]
    ) -> list[tuple[DeclaredTrigger, str | None, str | None]]:
        """(trigger, key of the run it means, why that cannot be told) of those that this event may start."""
        found: list[tuple[DeclaredTrigger, str | None, str | None]] = []
        for declared in declared_triggers(self._graph()).values():
            if declared.trigger.event != row.name or self._firing.standing(conn, declared) is None:
                continue
            if is_paused(conn, declared.id):
                continue
            try:
                if declared.holds(variables):
                    found.append((declared, declared.key(variables), None))
            except TiebeamError as problem:
                found.append((declared, None, problem.message))
        return found

    def _fire(
        self,
        unit: Unit,
        declared: DeclaredTrigger,
        row: EventRow,
        variables: Mapping[str, Any],
        *,
        key: str | None,
        failure: str | None,
    ) -> Fired | None:
        return self._firing.fire(
            unit,
            declared,
            slot=row.id,
            at=row.at,
            variables=variables,
            key=key,
            event_id=row.id,
            failure=failure,
        )

    def _keep(self, unit: Unit, row: EventRow, keys: set[str]) -> None:
        settings = self._graph().settings
        assert settings is not None
        use = settings.events
        for key in keys:
            if kept_count(unit.conn, row.name, key, most=use.most_kept) >= use.most_kept:
                raise KeptFull(
                    f"{use.most_kept} events {row.name!r} with the key {key!r} are kept already and no step took one; "
                    "see 'tiebeam events list', or raise [events] most_kept",
                    event=row.name,
                    key=key,
                )
        keep_event(unit, row, keys=keys, hours=timedelta(hours=float(use.keep_hours)))


def _must_keep(steps: Sequence[tuple[str, str]], starts: Sequence[Fired]) -> bool:
    """Whatever nobody used waits for a step that will want it; so does what an open run is meant to get and did not."""
    reached = {run_id for run_id, _ in steps}
    if any(one.state is StartState.JOINED and one.run_id not in reached for one in starts):
        return True
    return not steps and not any(one.state is StartState.STARTED for one in starts)
