"""What faces ask about: each kind of object by its id, with the attributes authority rules look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tiebeam.authority import Obj
from tiebeam.economics.spending import budget_of
from tiebeam.economics.totals import below, names_of, responsible_roles
from tiebeam.errors import NotFound
from tiebeam.graph import Graph
from tiebeam.spec import Proposal
from tiebeam.workflow import batch_object as _batch_object
from tiebeam.workflow import document_object as _document_object
from tiebeam.workflow import intent_object as _intent_object
from tiebeam.workflow import recipe_object as _recipe_object
from tiebeam.workflow import run_object as _run_object
from tiebeam.workflow.triggers import declared_trigger, event_view
from tiebeam.workforce import task_holders

if TYPE_CHECKING:
    from tiebeam.app import App

Builder = Callable[["App", sa.Connection, str], Obj]

EVERYTHING = "everything"
"""The id of all journal streams together, and of the whole ledger, for those who see it all."""
_OPEN_RECORDS = frozenset({"people", "teams", "roles"})
"""Kinds of records everybody with a role may read: colleagues know each other."""
_INTENTS = frozenset({"intents", "adoptions"})


def run_object(app: App, conn: sa.Connection, run_id: str) -> Obj:
    """Raises NotFound, as all builders do."""
    return _run_object(app.intent_facts, conn, run_id, holders=task_holders(conn, run_id))


def task_object(app: App, conn: sa.Connection, task_id: str) -> Obj:
    return app.workforce.task_object(conn, task_id)


def document_object(app: App, conn: sa.Connection, document_id: str) -> Obj:
    return _document_object(app.intent_facts, conn, document_id, holders=lambda run_id: task_holders(conn, run_id))


def batch_object(app: App, conn: sa.Connection, batch_id: str) -> Obj:
    return _batch_object(app.intent_facts, conn, batch_id)


def intent_object(app: App, conn: sa.Connection, intent: str) -> Obj:
    del conn
    name = intent.split("/", 1)[0]
    if name not in app.graph().intents:
        raise NotFound(f"there is no intent {intent!r}", intent=intent)
    return _intent_object(app.intent_facts, name)


def recipe_object(app: App, conn: sa.Connection, intent: str) -> Obj:
    """`intent` is an intent's id or that of its adopted recipe."""
    del conn
    name, _, _ = app.promotion.adopted(intent)
    return _recipe_object(app.intent_facts, name)


def evidence_object(app: App, conn: sa.Connection, subject: str) -> Obj:
    """The run whose evidence is asked for, by its own id or by that of a task decided in it."""
    return run_object(app, conn, app.evidence.subject(conn, subject).run)


def ledger_object(app: App, conn: sa.Connection, intent: str) -> Obj:
    """The lines of one intent; of all with the id `everything`, for those who read every intent's."""
    del conn
    if intent == EVERYTHING:
        readers = [set(app.intent_facts(one)["readers"]) for one in app.graph().adoptions]
        return Obj("ledger", intent, {"readers": tuple(sorted(set.intersection(*readers))) if readers else ()})
    return Obj("ledger", intent, app.intent_facts(intent))


def journal_object(app: App, conn: sa.Connection, stream: str) -> Obj:
    """A stream, owned by whoever owns the audit trail of its intent.

    The id "*" is the list, of which every owner of an audit trail sees a part; `everything` is all of it.
    """
    kind, _, name = stream.partition(":")
    if stream == "*":
        protocols = app.graph().handoffs.values()
        return Obj("journal", stream, {"audit_owner": tuple(sorted({one.audit_owner for one in protocols}))})
    if kind == "person" and name:
        return Obj("journal", stream, {"person": name})
    if kind == "forecast" and name in app.graph().intents:
        return Obj("journal", stream, {"audit_owner": app.intent_facts(name)["audit_owner"]})
    if kind not in {"run", "batch"} or not name:
        return Obj("journal", stream)
    try:
        facts = BUILDERS[kind](app, conn, name).attributes
    except NotFound:
        # Nobody's, so that who may not see it learns no more than of a stream that is there.
        return Obj("journal", stream)
    return Obj("journal", stream, {"audit_owner": facts["audit_owner"]})


def person_object(app: App, conn: sa.Connection, person_id: str) -> Obj:
    """The record of a person, whether there is one or not: who may not ask learns neither."""
    del app, conn
    return Obj("person", person_id, {"person": person_id})


def session_object(app: App, conn: sa.Connection, session: str) -> Obj:
    """One session by its id, or all of a person by theirs."""
    if session.startswith("session_"):
        return app.workforce.access.object_of_session(conn, session)
    return Obj("session", session, {"person": session})


def token_object(app: App, conn: sa.Connection, token: str) -> Obj:
    """One token by its id, or all of `person:ada`, `service:erp-feed` or `agent:invoice-clerk`."""
    if token.startswith("tb_"):
        return app.workforce.access.object_of_token(conn, token)
    return app.workforce.access.object_of_holder(token)


def key_object(app: App, conn: sa.Connection, key: str) -> Obj:
    return app.keys.object_of(conn, key)


def budget_object(app: App, conn: sa.Connection, budget: str) -> Obj:
    """A budget by the id of its record. Raises UnknownBudget."""
    del conn
    budget_of(app.graph(), budget)
    return Obj("budget", budget, {"roles": _readers_of_budget(app, budget)})


def event_object(app: App, conn: sa.Connection, event_id: str) -> Obj:
    """An event that came, with the roles of every workflow it concerns."""
    return app.triggering.events.object_of(event_view(conn, event_id).item.name)


def trigger_object(app: App, conn: sa.Connection, trigger_id: str) -> Obj:
    """The adopted recipe that it starts."""
    del conn
    return _recipe_object(app.intent_facts, declared_trigger(app.graph(), trigger_id).intent.id)


def route_object(app: App, conn: sa.Connection, served: str) -> Obj:
    """A model that the gateway serves."""
    del conn
    return app.routing.object_of(served)


def workspace_object(app: App, conn: sa.Connection, name: str) -> Obj:
    del conn
    return Obj("workspace", name or app.workspace.name)


def settings_object(app: App, conn: sa.Connection, name: str) -> Obj:
    del app, conn
    return Obj("settings", name)


def policy_object(app: App, conn: sa.Connection, name: str) -> Obj:
    del app, conn
    return Obj("policy", name)


def record_object(app: App, conn: sa.Connection, node: str) -> Obj:
    """A declared record, `kind/id`: what is shipped with the library is open, what a workspace declares is for the
    readers of the intents it belongs to.
    """
    del conn
    kind, _, record_id = node.partition("/")
    graph = app.graph()
    graph.of(kind, record_id)
    if kind == "intents":
        facts = dict(app.intent_facts(record_id))
    elif kind == "frames":
        facts = {"readers": graph.frames[record_id].readers}
    else:
        facts = {"readers": _readers_of_record(app, kind, record_id)}
    if kind == "pricing":
        model = graph.pricing[record_id]
        facts["readers"] = tuple(sorted({*facts["readers"], model.owner, *model.readers}))
    if kind == "budgets":
        facts["readers"] = _readers_of_budget(app, record_id)
    if kind == "proposals":
        facts["readers"] = _readers_of_proposal(graph, graph.proposals[record_id])
    if kind in _OPEN_RECORDS or graph.file_of(kind, record_id).startswith("library/"):
        facts["readers"] = tuple(sorted(graph.roles))
    return Obj("intent", record_id, facts)


def _readers_of_budget(app: App, budget_id: str) -> tuple[str, ...]:
    """Who answers for it, for one above it or one below it; who reads an intent, or has a role in a team, that counts
    against it.
    """
    graph = app.graph()
    under = (budget_id, *below(graph.budgets, budget_id))
    over = [one for one in graph.budgets if budget_id in below(graph.budgets, one)]
    readers = {role for one in (*under, *over) for role in responsible_roles(graph.budgets[one])}
    names = {name for one in under for name in names_of(graph.budgets[one])}
    for person in graph.people.values():
        if person.team in names:
            readers |= set(person.roles)
    for one in under:
        readers |= set(_readers_of_record(app, "budgets", one))
    return tuple(sorted(readers))


def _readers_of_proposal(graph: Graph, proposal: Proposal) -> tuple[str, ...]:
    if not proposal.readers:
        return tuple(sorted(graph.roles))
    return tuple(sorted({*proposal.readers, *graph.people[proposal.owner].roles}))


def _readers_of_record(app: App, kind: str, record_id: str) -> tuple[str, ...]:
    """Who reads one of the intents that use the record, or that it covers."""
    graph, readers = app.graph(), set[str]()
    # Of what it depends on only its intents count: whoever reads some other intent that shares a part is a stranger.
    covered = [node for node in graph.depends_on(kind, record_id) if node[0] in _INTENTS]
    waiting = [(kind, record_id), *covered]
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        if node[0] in _INTENTS:
            readers |= set(app.intent_facts(node[1])["readers"])
            continue
        fresh = [one for one in graph.used_by(*node) if one not in seen and one[0] not in _OPEN_RECORDS]
        seen.update(fresh)
        waiting.extend(fresh)
    return tuple(sorted(readers))


def catalogue_object(app: App, conn: sa.Connection, intent: str) -> Obj:
    """An intent as the library shows it, adopted or not."""
    return record_object(app, conn, f"intents/{intent}")


BUILDERS: Mapping[str, Builder] = {
    "run": run_object,
    "task": task_object,
    "document": document_object,
    "batch": batch_object,
    "intent": intent_object,
    "recipe": recipe_object,
    "evidence": evidence_object,
    "ledger": ledger_object,
    "journal": journal_object,
    "person": person_object,
    "session": session_object,
    "token": token_object,
    "budget": budget_object,
    "key": key_object,
    "route": route_object,
    "event": event_object,
    "trigger": trigger_object,
    "workspace": workspace_object,
    "settings": settings_object,
    "policy": policy_object,
    "record": record_object,
    "catalogue": catalogue_object,
}
"""By the name under which routes, pages, commands and `tiebeam policy explain` know a kind of object."""
