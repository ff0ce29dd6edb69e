"""Each built-in rule: one question it answers, and one beside it that it leaves alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.builders.authority import authority, built_in_policies
from tests.rooms.authority.people import (
    ADA,
    AGENT,
    EVE,
    FEED,
    GLASS,
    MIA,
    ROOT,
    SYSTEM,
    ZOE,
    intent,
    money,
    of,
    run,
    task,
)
from tiebeam.authority import ESCALATION, Obj, Principal

# ids: HO-02, B11, B14, C3, C5

NOTHING: Mapping[str, Any] = {}
WHY = {"reason": "the plant stands still"}
DELEGATION = of("delegation", person="ada", receiver="zoe", role="ap-analyst")
GRANT = of("emergency", person="ada", role="ap-analyst", roles=("ap-analyst",))
BY_TOKEN = replace(ADA, method="token", scopes=frozenset({"task.view", "token.create"}))


@dataclass(frozen=True)
class Case:
    """`speaks` is answered by the rule; `silent`, which differs in one thing, is not."""

    rule: str
    verb: str
    speaks: tuple[Principal, Obj]
    silent: tuple[Principal, Obj]
    context: Mapping[str, Any] | None = None
    silent_context: Mapping[str, Any] | None = None


CASES = (
    Case("agents-never-decide", "task.decide", (AGENT, task()), (ADA, task())),
    Case("services-never-decide", "task.decide", (FEED, task()), (ADA, task())),
    Case("token-out-of-scope", "task.decide", (BY_TOKEN, task()), (ADA, task())),
    Case("separation-of-duties", "task.decide", (ADA, task(excluded_people=("ada",))), (ADA, task())),
    Case("claimed-by-another", "task.snooze", (ADA, task(claimed_by="bob")), (ADA, task(claimed_by="ada"))),
    Case(
        "approval-limit",
        "task.release_money",
        (ADA, task()),
        (ADA, task()),
        money("1000.01", "1000"),
        money("1000", "1000"),
    ),
    Case("restricted-to-roles", "run.view", (ADA, run(restricted_roles=("auditor",))), (ADA, run())),
    Case("override-without-reason", "recipe.override", (MIA, intent()), (MIA, intent()), NOTHING, WHY),
    Case("redaction-without-reason", "journal.redact", (ROOT, of("journal")), (ROOT, of("journal")), NOTHING, WHY),
    Case("emergency-without-reason", "emergency.open", (ADA, GRANT), (ADA, GRANT), {"reason": "  "}, WHY),
    Case("emergency-for-oneself", "emergency.open", (ROOT, GRANT), (ADA, GRANT), WHY, WHY),
    Case("reviewed-by-another", "emergency.review", (ADA, GRANT), (replace(ADA, person_id="bob"), GRANT)),
    Case("tokens-for-oneself", "token.create", (ROOT, of("token", person="ada")), (ROOT, of("token"))),
    Case(
        "tokens-beget-no-access",
        "token.create",
        (BY_TOKEN, of("token", person="ada")),
        (ADA, of("token", person="ada")),
    ),
    Case("delegation-to-oneself", "delegation.create", (replace(ROOT, person_id="zoe"), DELEGATION), (ADA, DELEGATION)),
    Case("declared-escalation", "task.decide", (ESCALATION, task()), (SYSTEM, task())),
    Case("system-runs-work", "run.start", (SYSTEM, intent()), (SYSTEM, intent(restricted_roles=()))),
    Case("machines-start-runs", "run.start", (FEED, intent()), (replace(FEED, scopes=None), intent())),
    Case("role-reads", "run.view", (ADA, run()), (ZOE, run())),
    Case("starter-reads", "run.view", (ZOE, run(started_by="person:zoe")), (ZOE, run(started_by="agent:zoe"))),
    Case("lists-are-filtered", "run.view", (ZOE, Obj("run", "*", {"readers": ()})), (ZOE, run())),
    Case(
        "colleagues-know-each-other",
        "person.view",
        (ADA, of("person", person="bob")),
        (EVE, of("person", person="bob")),
    ),
    Case("rules-are-open", "policy.view", (ADA, of("policy")), (ADA, of("policy", person="bob"))),
    Case("decisions-are-open", "decision.view", (ADA, of("decision", person="bob")), (EVE, of("decision"))),
    Case(
        "answers-for-the-decision",
        "decision.record",
        (ADA, of("decision", role="ap-analyst")),
        (ADA, of("decision", role="ap-manager")),
    ),
    Case("budgets-are-for-who-spends", "budget.ask", (ADA, of("budget", roles=("ap-analyst",))), (ADA, of("budget"))),
    Case("keys-are-for-who-pays", "key.view", (ADA, of("key", roles=("ap-analyst",))), (ADA, of("key"))),
    Case("routes-are-open", "route.view", (ADA, of("route")), (EVE, of("route"))),
    Case("answers-for-the-spending", "key.create", (MIA, of("key", roles=("ap-manager",))), (ADA, of("key"))),
    Case(
        "services-record-results",
        "route.record_quality",
        (replace(FEED, scopes=frozenset({"route.record_quality"})), of("route", roles=("ap-analyst",))),
        (replace(FEED, scopes=frozenset({"route.record_quality"})), of("route", roles=("ap-manager",))),
    ),
    Case("role-acts-on-task", "task.decide", (ADA, task()), (ZOE, task())),
    Case("role-starts-runs", "run.start", (ADA, intent()), (ZOE, intent())),
    Case("owner-answers-for-it", "recipe.promote", (MIA, intent()), (ADA, intent())),
    Case("own-work", "run.cancel", (ADA, run(started_by="ada")), (ADA, run(started_by="bob"))),
    Case("own-claim", "task.release", (ADA, task(claimed_by="ada")), (ADA, task(claimed_by="bob"))),
    Case("own-access", "session.revoke", (ADA, of("session", person="ada")), (ADA, of("session", person="bob"))),
    Case(
        "breaks-the-glass",
        "emergency.open",
        (ADA, GRANT),
        (ADA, of("emergency", person="ada", roles=("auditor",))),
        WHY,
        WHY,
    ),
    Case("receiver-of-a-role", "delegation.revoke", (ZOE, DELEGATION), (MIA, DELEGATION)),
    Case(
        "audit-owner",
        "journal.view",
        (ZOE, of("journal", audit_owner="auditor")),
        (ADA, of("journal", audit_owner="auditor")),
    ),
    Case(
        "manages-the-machine",
        "token.create",
        (MIA, of("token", owner_role="ap-manager")),
        (ADA, of("token", owner_role="ap-manager")),
    ),
    Case("holders-review-emergencies", "emergency.review", (replace(ADA, person_id="bob"), GRANT), (ZOE, GRANT)),
    Case("administrator-manages", "workspace.apply", (ROOT, of("workspace")), (ADA, of("workspace"))),
    Case("break-glass", "task.decide", (GLASS, task()), (ZOE, task())),
    Case("break-glass-owner", "recipe.promote", (GLASS, intent()), (ZOE, intent())),
    Case("break-glass-reads", "run.view", (GLASS, run()), (ZOE, run())),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_rule_speaks_where_it_should_and_not_beside_it(case: Case) -> None:
    rule = built_in_policies().rule(case.rule)
    assert rule is not None
    spoken = authority().may(case.speaks[0], case.verb, case.speaks[1], case.context)
    assert (spoken.rule, spoken.allowed) == (case.rule, rule.effect == "permit")
    assert "{" not in spoken.reason
    silent = authority().explain(case.silent[0], case.verb, case.silent[1], case.silent_context or case.context)
    if case.rule != "system-runs-work":
        assert case.rule not in [said.rule for said in silent.spoke]
    if rule.effect == "permit" and case.rule != "system-runs-work":
        assert not silent.verdict.allowed
    if rule.effect == "forbid":
        assert silent.verdict.allowed


def test_no_rule_is_without_a_case() -> None:
    assert {case.rule for case in CASES} == {rule.id for rule in built_in_policies().rules}


def test_a_voucher_has_taken_part_where_the_workspace_counts_it() -> None:
    vouched = replace(ADA, vouched_by="sam")
    asked = task(excluded_people=("sam",))
    verdict = authority().may(vouched, "task.decide", asked)
    assert (verdict.rule, verdict.allowed) == ("separation-of-duties", False)
    assert "sam opened this session for Ada" in verdict.reason
    assert authority(voucher_counts=False).may(vouched, "task.decide", asked).allowed


def test_who_vouched_for_a_session_does_not_review_its_emergency() -> None:
    asker = replace(ROOT, vouched_by="ada")
    assert authority().may(asker, "emergency.review", GRANT).rule == "reviewed-by-another"


@pytest.mark.parametrize(
    ("amount", "limit", "allowed"),
    [
        ("1000", "1000", True),
        ("1000.00001", "1000", False),
        ("1000", "999.99999", False),
        (None, "50000", False),
        (None, None, True),
        ("922337203685477.5807", "922337203685477.5807", False),
        ("9" * 30, "9" * 31, False),
        ("9" * 30, None, True),
        ("NaN", "100", False),
        ("0", "NaN", False),
        ("-1e15", "-1e20", False),
        ("1", "NaN", False),
        ("-5", "0", True),
    ],
)
def test_a_limit_holds_for_any_amount_and_fails_closed_beyond_what_can_be_compared(
    amount: str | None, limit: str | None, allowed: bool
) -> None:
    assert authority().may(ADA, "task.release_money", task(), money(amount, limit)).allowed is allowed


def test_money_without_a_stated_limit_is_not_released() -> None:
    assert not authority().may(ADA, "task.release_money", task(), {"amount": money("1", None)["amount"]}).allowed


def test_broken_glass_never_lifts_a_forbid() -> None:
    for facts in ({"excluded_people": ("zoe",)}, {"claimed_by": "bob"}):
        assert not authority().may(GLASS, "task.decide", task(**facts)).allowed
    assert not authority().may(GLASS, "workspace.apply", of("workspace")).allowed


def test_what_the_schema_does_not_know_is_denied_and_said() -> None:
    for obj in (task(colour="red"), Obj("spaceship", "x"), task(amount="12"), task(role=("a", "b"))):
        verdict = authority().may(ADA, "task.decide", obj)
        assert (verdict.allowed, verdict.rule) == (False, "not-decidable")
    assert "colour" in authority().may(ADA, "task.decide", task(colour="red")).reason
    assert not authority().may(ADA, "task.decide", task(), {"mood": "good"}).allowed
    assert authority().may(ADA, "task.decide", intent()).rule == "not-decidable"


def test_an_explanation_names_rules_facts_and_the_version() -> None:
    told = authority().explain(ADA, "task.decide", task(claimed_by="bob"))
    assert told.verdict.policy_version == authority().version
    assert [said.rule for said in told.spoke] == ["claimed-by-another"]
    assert told.spoke[0].facts == {"principal.id": "ada", "resource.claimed_by": "bob"}
    assert "role-acts-on-task" in {said.rule for said in told.silent}
    assert told.as_json()["object"]["claimed_by"] == "bob"
