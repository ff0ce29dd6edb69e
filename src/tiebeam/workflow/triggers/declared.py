"""The triggers in force: those of adopted recipes, each under an id of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from tiebeam.errors import Invalid, NotFound
from tiebeam.graph import Graph
from tiebeam.kit import iso
from tiebeam.spec import (
    Adoption,
    Condition,
    ContextField,
    Intent,
    Recipe,
    Trigger,
    TriggerMode,
    checked_input,
    compile_condition,
)

_OF_EVENT = ("event.name", "event.key", "event.payload", "event.at")
_OF_SCHEDULE = ("at",)
LONGEST_KEY = 200


class UnknownTrigger(NotFound):
    """No adopted recipe has such a trigger."""

    code = "unknown_trigger"


@dataclass(frozen=True, slots=True)
class DeclaredTrigger:
    """A trigger of an adopted recipe. Its id is `<intent>:<name of the trigger>`."""

    id: str
    intent: Intent
    adoption: Adoption
    recipe: Recipe
    trigger: Trigger

    @property
    def is_stateful(self) -> bool:
        return self.trigger.mode is TriggerMode.STATEFUL

    def holds(self, variables: Mapping[str, Any]) -> bool:
        """Raises ConditionFailed."""
        return self.trigger.when is None or self._compiled(self.trigger.when).holds(variables)

    def key(self, variables: Mapping[str, Any]) -> str | None:
        """Which run a stateful trigger means; None for one that starts a run each time. Raises ConditionFailed."""
        if self.trigger.key is None or not self.is_stateful:
            return None
        return key_text(self._compiled(self.trigger.key).value(variables))

    def run_input(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Raises ConditionFailed and InputRejected."""
        given = {name: self._compiled(text).value(variables) for name, text in self.trigger.input.items()}
        return checked_input(fields_of(self.intent), given)

    def _compiled(self, text: str) -> Condition:
        return _compiled(text, _OF_SCHEDULE if self.trigger.event is None else _OF_EVENT)


def declared_triggers(graph: Graph) -> dict[str, DeclaredTrigger]:
    """By id. Only adopted recipes have triggers in force."""
    found: dict[str, DeclaredTrigger] = {}
    for intent_id, adoption in sorted(graph.adoptions.items()):
        recipe = graph.recipes[adoption.recipe]
        for trigger in recipe.trigger:
            name = f"{intent_id}:{trigger.id}"
            found[name] = DeclaredTrigger(name, graph.intents[intent_id], adoption, recipe, trigger)
    return found


def declared_trigger(graph: Graph, trigger_id: str) -> DeclaredTrigger:
    """Raises UnknownTrigger."""
    found = declared_triggers(graph).get(trigger_id)
    if found is None:
        raise UnknownTrigger(
            f"no adopted recipe has a trigger {trigger_id!r}; 'tiebeam triggers list' shows them", trigger=trigger_id
        )
    return found


def event_names(graph: Graph) -> dict[str, frozenset[str]]:
    """{event name: intents that it concerns}: adopted recipes that wait for it or are triggered by it."""
    found: dict[str, set[str]] = {}
    for intent, adoption in graph.adoptions.items():
        recipe = graph.recipes[adoption.recipe]
        names = [trigger.event for trigger in recipe.trigger if trigger.event is not None]
        names += [step.event.name for step in recipe.step if step.event is not None]
        for name in names:
            found.setdefault(name, set()).add(intent)
    return {name: frozenset(intents) for name, intents in found.items()}


def fields_of(intent: Intent) -> tuple[ContextField, ...]:
    return intent.context


def event_variables(*, name: str, key: str, payload: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {"event": {"name": name, "key": key, "payload": dict(payload), "at": iso(at)}}


def moment_variables(at: datetime) -> dict[str, Any]:
    return {"at": iso(at)}


def key_text(value: Any) -> str:
    """A key as it is compared: a text or a whole number. Raises Invalid."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not 0 < len(text) <= LONGEST_KEY or not text.isprintable():
        raise Invalid(
            f"a key is a text of at most {LONGEST_KEY} printable characters, or a whole number; this is {value!r:.80}"
        )
    return text


@lru_cache(maxsize=512)
def _compiled(text: str, names: tuple[str, ...]) -> Condition:
    """Kept by its text: the same few expressions see every event."""
    return compile_condition(text, names)
