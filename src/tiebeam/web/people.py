"""Ids of the journal and the graph as names a reader knows."""

from __future__ import annotations

from tiebeam.graph import Graph
from tiebeam.web.wording import sentence

_SYSTEMS = {"system:escalation": "Escalation ladder", "system:tiebeam": "Tiebeam", "system:workflow": "Tiebeam"}


class Names:
    """Looks ids up in the applied graph; what is not (any more) in it keeps its id."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def role(self, role_id: str) -> str:
        record = self._graph.roles.get(role_id)
        return record.title if record else sentence(role_id)

    def person(self, person_id: str | None) -> str:
        if person_id is None:
            return ""
        record = self._graph.people.get(person_id)
        return record.name if record else person_id

    def team(self, team_id: str) -> str:
        record = self._graph.teams.get(team_id)
        return record.title if record else sentence(team_id)

    def intent(self, intent_id: str) -> str:
        record = self._graph.intents.get(intent_id)
        return record.title if record else intent_id

    def actor(self, actor: str) -> str:
        """`person:ada` → Ada Lund, `system:escalation` → Escalation ladder."""
        kind, _, name = actor.partition(":")
        if kind == "person":
            return self.person(name)
        if kind == "system":
            return _SYSTEMS.get(actor, sentence(name))
        if kind == "agent":
            return f"Agent {name}"
        return actor
