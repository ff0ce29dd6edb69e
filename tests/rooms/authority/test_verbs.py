"""Every verb, asked by every kind of principal: no verb without a rule, none without a refusal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.builders.authority import authority, built_in_policies
from tests.rooms.authority.people import ADA, AGENT, EVE, FEED, MIA, ROOT, SYSTEM, ZOE, intent, money, of, run, task
from tiebeam.authority import ESCALATION, VERBS, Obj, Principal

# ids: B14, C5, HO-02

POLICIES = built_in_policies()
REASON: dict[str, Any] = {"reason": "the plant stands still"}
OBJECTS: dict[str, Obj] = {
    "run": run(started_by="person:ada"),
    "task": task(claimed_by="ada"),
    "intent": intent(),
    "event": Obj("event", "order.paid", intent().attributes),
    "trigger": intent(),
    "document": Obj("document", "doc_1", run().attributes),
    "ledger": Obj("ledger", "finance.invoices", intent().attributes),
    "outcome": Obj("ledger", "finance.invoices", intent().attributes),
    "statement": Obj("ledger", "finance.invoices", intent().attributes),
    "recipe": intent(),
    "journal": of("journal", audit_owner="auditor"),
    "evidence": run(),
    "person": of("person", person="ada"),
    "session": of("session", person="ada"),
    "token": of("token", person="ada"),
    "delegation": of("delegation", person="ada", receiver="bob", role="ap-analyst"),
    "emergency": of("emergency", person="ada", role="auditor", roles=("ap-analyst",)),
    "decision": of("decision", person="ada", role="budget-owner"),
    "budget": of("budget", roles=("ap-analyst",)),
    "key": of("key", roles=("ap-analyst",)),
    "route": of("route", roles=("ap-analyst",)),
    "settings": of("settings"),
    "workspace": of("workspace"),
    "policy": of("policy"),
}
PRINCIPALS: dict[str, Principal] = {
    "analyst": ADA,
    "manager": MIA,
    "auditor": ZOE,
    "administrator": ROOT,
    "stranger": EVE,
    "agent": AGENT,
    "service": FEED,
    "system": SYSTEM,
    "ladder": ESCALATION,
}
WORK = "run.view event.view task.view intent.view document.view ledger.view run.start"
OWN = (
    "event.view event.send run.view run.start run.cancel run.retry run.pause run.resume task.view task.decide "
    "task.release_money task.claim task.release task.reassign task.snooze intent.view document.view ledger.view "
    "person.view person.link session.view session.revoke token.create token.view token.revoke delegation.create "
    "delegation.view delegation.revoke emergency.open emergency.view policy.view decision.view decision.record "
    "budget.view budget.ask key.view key.create key.rotate key.revoke route.view route.record_quality "
    "outcome.report statement.issue"
)
ADMINISTRATION = (
    "event.view event.send trigger.pause trigger.fire run.view run.start run.cancel run.retry run.pause "
    "run.resume run.fork run.migrate run.replay task.view task.release task.reassign intent.view document.view "
    "ledger.view recipe.promote recipe.override journal.view journal.export journal.redact journal.anchor "
    "evidence.export settings.view workspace.apply workspace.backup workspace.archive person.view person.link "
    "session.view session.revoke token.view token.revoke delegation.create delegation.view delegation.revoke "
    "emergency.view emergency.review policy.view decision.view decision.record budget.view budget.ask key.view "
    "key.create key.rotate key.revoke route.view route.record_quality outcome.report statement.issue"
)
MAY: dict[str, str] = {
    "analyst": OWN,
    "manager": "event.send trigger.pause trigger.fire outcome.report statement.issue run.start run.cancel run.retry "
    "run.pause run.resume run.fork run.migrate run.replay recipe.promote recipe.override evidence.export "
    "person.view policy.view decision.view route.view",
    "auditor": "run.replay task.reassign "
    "journal.view journal.export journal.anchor evidence.export person.view policy.view "
    "emergency.view emergency.review decision.view route.view",
    "administrator": ADMINISTRATION,
    "stranger": "",
    "agent": "run.start",
    "service": "run.start",
    "system": f"{WORK} run.cancel run.retry journal.anchor",
    "ladder": f"{WORK} run.cancel run.retry journal.anchor task.decide task.release_money task.reassign",
}
"""Who may what to the objects above, which belong to ada; what is not listed is denied."""


def ask(principal: Principal, verb: str) -> bool:
    context = REASON if verb != "task.release_money" else money("10", "10")
    obj = intent() if verb == "run.start" else OBJECTS[verb.split(".", maxsplit=1)[0]]
    return authority().may(principal, verb, obj, context).allowed


@pytest.mark.parametrize("verb", sorted(VERBS))
@pytest.mark.parametrize("who", sorted(PRINCIPALS))
def test_each_kind_of_principal_may_what_the_table_says(who: str, verb: str) -> None:
    assert ask(PRINCIPALS[who], verb) is (verb in MAY[who].split())


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_is_permitted_to_somebody_and_denied_to_somebody(verb: str) -> None:
    answers = {ask(principal, verb) for principal in PRINCIPALS.values()}
    assert answers == {True, False}
    assert any(rule.effect == "permit" and verb in rule.verbs for rule in POLICIES.rules)


def test_the_schema_and_the_list_of_verbs_agree() -> None:
    assert set(POLICIES.shape.verbs) == set(VERBS)
    assert all(POLICIES.shape.kinds_of(verb) for verb in VERBS)


def test_a_machine_reads_with_a_token_for_it_and_no_further() -> None:
    reader = replace(FEED, scopes=frozenset({"run.view"}))
    assert authority().may(reader, "run.view", run()).rule == "role-reads"
    assert authority().may(reader, "task.view", task()).rule == "token-out-of-scope"
    assert not authority().may(reader, "run.view", run(readers=("auditor",))).allowed
