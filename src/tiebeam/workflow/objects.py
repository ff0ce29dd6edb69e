"""What is acted upon, as authority rules see it: intents, runs, batches and documents with their real attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from tiebeam.authority import Obj
from tiebeam.graph import Graph
from tiebeam.spec import HandoffProtocol, Recipe, RungAction
from tiebeam.workflow.intake import batch_view, document_view
from tiebeam.workflow.runs import load_run
from tiebeam.workforce import chain_above

Facts = Mapping[str, Any]


class IntentFacts:
    """The attributes every object of an intent has, worked out once for each applied graph.

    `readers` are all roles of the intent: its owner, those it changes, and of the handoffs its recipes name the role
    asked, the owner of the audit trail, the rungs of the ladder and the line above that endorses.
    """

    def __init__(self, graph: Callable[[], Graph]) -> None:
        self._graph = graph
        self._known: tuple[Graph, dict[str, Facts]] | None = None

    def __call__(self, intent: str) -> Facts:
        graph = self._graph()
        known = self._known
        if known is None or known[0] is not graph:
            known = self._known = (graph, {})
        facts = known[1].get(intent)
        if facts is None:
            facts = known[1][intent] = _facts(graph, intent)
        return facts


def _facts(graph: Graph, intent: str) -> Facts:
    record = graph.intents.get(intent)
    protocols = _protocols(graph, intent)
    readers: set[str] = set()
    roles: tuple[str, ...] = ()
    if record is not None:
        roles = tuple(sorted({record.owner_role, *record.impacted_roles}))
        readers |= set(roles)
    for protocol, needs_authority in protocols:
        readers |= _roles_of(graph, protocol, needs_authority=needs_authority)
    return {
        "intent": intent,
        "owner_role": record.owner_role if record is not None else None,
        "roles": roles,
        "readers": tuple(sorted(readers)),
        "audit_owner": tuple(sorted({protocol.audit_owner for protocol, _ in protocols})),
    }


def _protocols(graph: Graph, intent: str) -> list[tuple[HandoffProtocol, bool]]:
    """Every handoff the intent's recipes name, and whether a limit has to cover what is decided there."""
    found: dict[str, bool] = {}
    for recipe in graph.recipes.values():
        if recipe.intent == intent:
            for name, needs_authority in _handoffs(recipe):
                found[name] = found.get(name, False) or needs_authority
    return [(graph.handoffs[name], needed) for name, needed in found.items() if name in graph.handoffs]


def _handoffs(recipe: Recipe) -> list[tuple[str, bool]]:
    named = [(rule.handoff, False) for rule in recipe.escalation]
    reviews = [step.review for step in recipe.step if step.review is not None]
    return named + [(review.handoff, review.authority) for review in reviews if review.handoff is not None]


def _roles_of(graph: Graph, protocol: HandoffProtocol, *, needs_authority: bool) -> set[str]:
    roles = {protocol.to_role, protocol.audit_owner}
    roles |= {rung.role for rung in protocol.ladder if rung.role is not None}
    climbs = any(rung.action is RungAction.RAISE and rung.role is None for rung in protocol.ladder)
    if needs_authority or climbs:
        roles |= set(chain_above(graph, protocol.to_role))
    return roles


def intent_object(facts: IntentFacts, intent: str) -> Obj:
    return Obj("intent", intent, facts(intent))


def recipe_object(facts: IntentFacts, intent: str) -> Obj:
    """The adopted recipe of an intent; its id is the intent's, because an intent has one recipe in force."""
    return Obj("recipe", intent, facts(intent))


def run_object(facts: IntentFacts, conn: sa.Connection, run_id: str, *, holders: frozenset[str] = frozenset()) -> Obj:
    """`holders` are the roles that hold tasks of this run, whoever the intent names. Raises NotFound."""
    return Obj("run", run_id, _run_facts(facts, conn, run_id, holders))


def document_object(
    facts: IntentFacts, conn: sa.Connection, document_id: str, *, holders: Callable[[str], frozenset[str]]
) -> Obj:
    """A document is seen by whoever sees its run. Raises NotFound."""
    run_id = document_view(conn, document_id).run_id
    return Obj("document", document_id, _run_facts(facts, conn, run_id, holders(run_id)))


def batch_object(facts: IntentFacts, conn: sa.Connection, batch_id: str) -> Obj:
    """The runs of one batch together. Raises NotFound."""
    found = batch_view(conn, batch_id)
    return Obj("run", batch_id, {**facts(found.intent), "started_by": found.accepted_by})


def _run_facts(facts: IntentFacts, conn: sa.Connection, run_id: str, holders: frozenset[str]) -> Facts:
    row = load_run(conn, run_id)
    found = facts(row.intent)
    return {
        **found,
        "readers": tuple(sorted({*found["readers"], *holders})),
        "started_by": row.started_by,
        "team": row.team,
        "state": str(row.state),
    }
