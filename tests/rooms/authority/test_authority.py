"""One function says who may do what, and why not."""

from __future__ import annotations

import pytest

from tests.builders.authority import authority
from tiebeam.authority import ESCALATION, VERBS, Obj, Principal, PrincipalKind
from tiebeam.errors import Refused

# ids: B11, C3

may = authority().may
require = authority().require
ADA = Principal("ada", "Ada", roles=("ap-analyst",))
SAM = Principal("sam", "Sam", roles=("buyer",), administrator=True)
TASK = Obj("task", "task_1", {"role": "ap-analyst", "audit_owner": "auditor", "excluded_people": ("bob",)})


def with_(**attributes: object) -> Obj:
    return Obj("task", "task_1", {**TASK.attributes, **attributes})


def test_what_no_rule_permits_is_denied_and_the_reason_says_who_may() -> None:
    verdict = may(Principal("zoe", "Zoe", roles=("auditor",)), "task.decide", TASK)
    assert not verdict.allowed
    assert verdict.rule == "default-deny"
    assert "ap-analyst" in verdict.reason
    assert "Zoe holds auditor" in verdict.reason


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_stranger_without_roles_may_do_nothing_to_an_object_of_others(verb: str) -> None:
    assert not may(Principal("eve", "Eve"), verb, Obj("thing", "x", {"role": "ap-analyst"})).allowed


def test_an_unknown_verb_is_denied_even_to_administrators() -> None:
    assert may(SAM, "task.burn", TASK).rule == "default-deny"


def test_the_holder_of_the_role_decides() -> None:
    assert may(ADA, "task.decide", TASK).rule == "role-acts-on-task"


def test_an_administrator_manages_tasks_but_does_not_decide_them_by_being_one() -> None:
    assert may(SAM, "task.reassign", TASK).allowed
    assert may(SAM, "task.release", TASK).allowed
    assert not may(SAM, "task.decide", TASK).allowed


def test_separation_of_duties_binds_administrators_with_the_right_role_too() -> None:
    admin = Principal("bob", "Bob", roles=("ap-analyst",), administrator=True)
    verdict = may(admin, "task.decide", TASK)
    assert (verdict.allowed, verdict.rule) == (False, "separation-of-duties")


def test_a_deputy_does_not_act_for_somebody_who_is_kept_out() -> None:
    deputy = Principal("zoe", "Zoe", roles=("auditor",), deputising=(("ap-analyst", "bob"),))
    assert may(deputy, "task.decide", TASK).rule == "separation-of-duties"
    other = Principal("zoe", "Zoe", roles=("auditor",), deputising=(("ap-analyst", "bob"), ("ap-analyst", "ada")))
    assert may(other, "task.decide", TASK).allowed


def test_a_claim_keeps_others_out() -> None:
    assert may(ADA, "task.decide", with_(claimed_by="tom")).rule == "claimed-by-another"
    assert may(ADA, "task.decide", with_(claimed_by="ada")).allowed


def test_agents_never_decide_even_with_the_role() -> None:
    agent = Principal("coder", "Coder", roles=("ap-analyst",), kind=PrincipalKind.AGENT)
    assert may(agent, "task.decide", TASK).rule == "agents-never-decide"


def test_the_escalation_ladder_decides_but_other_system_principals_do_not() -> None:
    assert may(ESCALATION, "task.decide", TASK).rule == "declared-escalation"
    other = Principal("system:intake", "Intake", kind=PrincipalKind.SYSTEM)
    assert not may(other, "task.decide", TASK).allowed
    assert may(other, "run.start", Obj("intent", "x")).allowed


def test_nobody_becomes_the_ladder_by_taking_its_name() -> None:
    fake = Principal("system:escalation", "Eve", roles=("buyer",))
    assert not may(fake, "task.decide", TASK).allowed


def test_an_override_needs_a_reason() -> None:
    recipe = Obj("recipe", "r", {"owner_role": "ap-analyst"})
    assert may(ADA, "recipe.override", recipe).rule == "override-without-reason"
    assert may(ADA, "recipe.override", recipe, {"reason": "pilot customer"}).allowed


def test_an_intents_working_roles_start_runs_but_its_owner_alone_promotes_and_overrides() -> None:
    intent = Obj("intent", "x", {"owner_role": "ap-manager", "roles": ("ap-analyst",)})
    assert may(ADA, "run.start", intent).rule == "role-starts-runs"
    assert not may(ADA, "recipe.promote", intent).allowed
    assert not may(ADA, "recipe.override", intent, {"reason": "in a hurry"}).allowed
    assert not may(ADA, "run.cancel", intent).allowed
    owner = Principal("mia", "Mia", roles=("ap-manager",))
    assert may(owner, "recipe.promote", intent).rule == "owner-answers-for-it"


def test_work_is_open_to_its_readers_unless_kept_for_some_roles() -> None:
    assert may(ADA, "run.view", Obj("run", "r", {"readers": ("ap-analyst",)})).rule == "role-reads"
    assert not may(ADA, "run.view", Obj("run", "r", {"readers": ("auditor",)})).allowed
    assert not may(ADA, "run.view", Obj("run", "r")).allowed
    kept = {"readers": ("ap-analyst",), "restricted_roles": ("auditor",)}
    assert may(ADA, "run.view", Obj("run", "r", kept)).rule == "restricted-to-roles"


def test_the_journal_is_for_administrators_and_audit_owners() -> None:
    stream = Obj("journal", "run:1", {"audit_owner": "auditor"})
    assert not may(ADA, "journal.view", stream).allowed
    assert may(SAM, "journal.view", stream).allowed
    assert may(Principal("zoe", "Zoe", roles=("auditor",)), "journal.view", stream).rule == "audit-owner"


def test_people_make_links_for_themselves_and_administrators_for_all() -> None:
    assert may(ADA, "person.link", Obj("person", "ada", {"person": "ada"})).allowed
    assert not may(ADA, "person.link", Obj("person", "bob", {"person": "bob"})).allowed
    assert may(SAM, "person.link", Obj("person", "bob", {"person": "bob"})).allowed


def test_require_raises_with_the_reason_and_the_rule() -> None:
    with pytest.raises(Refused, match="claimed by 'tom'") as refused:
        require(ADA, "task.decide", with_(claimed_by="tom"))
    assert refused.value.data["rule"] == "claimed-by-another"
