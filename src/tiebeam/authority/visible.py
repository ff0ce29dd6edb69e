"""What of many objects a principal may view, in a form in which a list can be filtered where it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Ask = Callable[[Mapping[str, Any]], bool]
"""Whether the principal may view an object with these attributes."""


@dataclass(frozen=True, slots=True)
class Visible:
    """A line is visible when its intent is in `intents`, or is in `begun` and this person started it, or is in
    `held` and it belongs to a task that waits for one of `roles`.
    """

    actor: str
    roles: frozenset[str]
    intents: frozenset[str]
    begun: frozenset[str]
    held: frozenset[str]

    @property
    def nothing(self) -> bool:
        return not (self.intents or self.begun or self.held)

    def covers(self, intents: Iterable[str]) -> bool:
        """Whether everything of all these intents is visible."""
        return self.intents.issuperset(intents)


def look_around(ask: Ask, *, actor: str, roles: frozenset[str], intents: Mapping[str, Mapping[str, Any]]) -> Visible:
    """At most three questions for each intent, however many objects there are: `intents` maps ids to attributes."""
    whole: set[str] = set()
    begun: set[str] = set()
    held: set[str] = set()
    for intent, facts in intents.items():
        if ask(facts):
            whole.add(intent)
            continue
        if ask({**facts, "started_by": actor}):
            begun.add(intent)
        if roles and ask({**facts, "readers": frozenset(facts.get("readers", ())) | roles}):
            held.add(intent)
    return Visible(actor, roles, frozenset(whole), frozenset(begun), frozenset(held))
