"""Events and triggers, put together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tiebeam.app.in_force import Applied
from tiebeam.authority import Authority
from tiebeam.engine import Engine
from tiebeam.store import Store
from tiebeam.workflow import IntentFacts
from tiebeam.workflow.promotion import Promotion
from tiebeam.workflow.runs import Interpreter
from tiebeam.workflow.triggers import EVENT_KIND, Delivering, Events, Firing, Hooks, Schedules, Triggers
from tiebeam.workforce import Workforce


@dataclass(frozen=True, slots=True)
class Triggering:
    """What starts runs, or moves them on, without somebody who starts them."""

    events: Events
    hooks: Hooks
    triggers: Triggers
    schedules: Schedules


def triggering(  # one argument a room, all of them named
    workspace: Path,
    store: Store,
    *,
    graph: Applied,
    engine: Engine,
    interpreter: Interpreter,
    promotion: Promotion,
    authority: Authority,
    facts: IntentFacts,
    workforce: Workforce,
) -> Triggering:
    firing = Firing(graph=graph, promotion=promotion, begin=interpreter.start)
    delivering = Delivering(graph=graph, waiting=interpreter, firing=firing)
    events = Events(
        store,
        graph=graph,
        delivering=delivering,
        engine=engine,
        authority=authority,
        facts=facts,
        workforce=workforce,
    )
    return Triggering(
        events=events,
        hooks=Hooks(store, workspace=workspace, graph=graph, events=events),
        triggers=Triggers(store, graph=graph, firing=firing, authority=authority, facts=facts),
        schedules=Schedules(store, graph=graph, firing=firing),
    )


def register_triggers(engine: Engine, one: Triggering) -> None:
    """What workers do for them."""
    engine.register(EVENT_KIND, one.events.run_segment)
    engine.repeat("schedules", one.schedules.work)
    engine.repeat("events", one.events.work)
    engine.repeat("hooks", one.hooks.work)
