"""Starting a run by a trigger, once for each slot, in the unit of what caused it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.errors import TiebeamError
from tiebeam.graph import Graph
from tiebeam.kit import iso
from tiebeam.store import Unit
from tiebeam.workflow.beginning import Begin, house_facts, subject_of
from tiebeam.workflow.promotion import NotInService, Promotion, Standing
from tiebeam.workflow.runs import keyed_run
from tiebeam.workflow.triggers.declared import DeclaredTrigger
from tiebeam.workflow.triggers.rows import StartState, claim_start, lock_key, settle_start

ACTOR = "system:triggers"


@dataclass(frozen=True, slots=True)
class Fired:
    """What came of one start. `run_id` is None where it failed; `detail` says why."""

    trigger_id: str
    slot: str
    state: StartState
    run_id: str | None = None
    detail: str | None = None


class Firing:
    def __init__(self, *, graph: Callable[[], Graph], promotion: Promotion, begin: Begin) -> None:
        self._graph = graph
        self._promotion = promotion
        self._begin = begin

    def standing(self, conn: sa.Connection, declared: DeclaredTrigger) -> Standing | None:
        """None while the recipe takes no work."""
        try:
            return self._promotion.require_in_service(conn, declared.intent.id)
        except NotInService:
            return None

    def asks(self, declared: DeclaredTrigger, variables: Mapping[str, Any]) -> tuple[bool, str | None]:
        """(whether it is to start something, why that cannot be told)."""
        try:
            return declared.holds(variables), None
        except TiebeamError as problem:
            return True, problem.message

    def fire(  # one argument a fact of the start, all of them named
        self,
        unit: Unit,
        declared: DeclaredTrigger,
        *,
        slot: str,
        at: datetime,
        variables: Mapping[str, Any],
        key: str | None = None,
        event_id: str | None = None,
        failure: str | None = None,
        actor: str = ACTOR,
    ) -> Fired | None:
        """Start the run of this slot, or say why not; None when the slot was started before.

        A start that cannot be made is kept as failed, with its reason, and takes nothing else down. `failure` says that
        it cannot, when the caller found out.
        """
        if not claim_start(unit, trigger_id=declared.id, slot=slot, at=at, actor=actor, event_id=event_id):
            return None
        if failure is not None:
            fired = Fired(declared.id, slot, StartState.FAILED, detail=failure)
        else:
            fired = self._started(unit, declared, slot=slot, variables=variables, key=key, actor=actor)
        settle_start(unit, declared.id, slot, state=fired.state, run_id=fired.run_id, detail=fired.detail)
        payload = {"slot": slot, "at": iso(at), "run": fired.run_id, "event": event_id, "detail": fired.detail}
        unit.journal(f"trigger:{declared.id}", f"trigger.{fired.state}", actor=actor, payload=payload)
        return fired

    def _started(
        self,
        unit: Unit,
        declared: DeclaredTrigger,
        *,
        slot: str,
        variables: Mapping[str, Any],
        key: str | None,
        actor: str,
    ) -> Fired:
        recipe, name = declared.recipe, declared.trigger.id
        if key is not None:
            # Two events for the same run that come at once: the second one finds the run of the first.
            lock_key(unit.conn, declared.id, key)
        open_run = None if key is None else keyed_run(unit.conn, recipe=recipe.id, trigger=name, key=key)
        if open_run is not None:
            return Fired(declared.id, slot, StartState.JOINED, open_run)
        try:
            with unit.part():
                standing = self._promotion.require_in_service(unit.conn, declared.intent.id)
                run_input = declared.run_input(variables)
                row = self._begin(
                    unit,
                    recipe,
                    team=declared.adoption.team,
                    subject=subject_of(declared.intent, run_input),
                    run_input={**run_input, **house_facts(self._graph(), declared.adoption, recipe, standing)},
                    actor=actor,
                    trigger=name,
                    key=key,
                )
        except TiebeamError as problem:
            return Fired(declared.id, slot, StartState.FAILED, detail=problem.message)
        return Fired(declared.id, slot, StartState.STARTED, row.id)
