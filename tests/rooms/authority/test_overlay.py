"""A workspace's own rules: what they may do, what they may not, and what is said of broken ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from tests.builders.authority import authority
from tests.rooms.authority.people import ADA, AGENT, EVE, ROOT, ZOE, intent, money, of, task
from tiebeam.authority import Authority, Finding, check_rules, compile_workspace
from tiebeam.spec import AccessRule, Meta

# ids: B14, C5

META = Meta(since=date(2026, 1, 1), reviewed=date(2026, 1, 1))
ROLES = ("ap-analyst", "auditor")


def rule(cedar: str, *, name: str = "ours", because: str = "so we decided") -> Mapping[str, AccessRule]:
    return {name: AccessRule(id=name, meta=META, title="Ours", because=because, cedar=cedar)}


def in_force(cedar: str, *, because: str = "so we decided") -> Authority:
    policies = compile_workspace(rule(cedar, because=because), files={"ours": "access/ours.toml"})
    return Authority(lambda: policies)


def found(cedar: str, *, name: str = "ours", because: str = "so we decided") -> list[Finding]:
    return check_rules(rule(cedar, name=name, because=because), ROLES)


def test_a_workspace_forbids_in_its_own_words_and_by_its_own_id() -> None:
    ours = in_force(
        'forbid (principal, action == Action::"task.release_money", resource)\n'
        'when { context.amount.greaterThan(decimal("500.00")) };',
        because="{principal} stops at 500, and {object} is about {amount}",
    )
    verdict = ours.may(ADA, "task.release_money", task(), money("500.01", "1000"))
    assert (verdict.rule, verdict.reason) == ("ours", "Ada stops at 500, and task 'task_1' is about 500.01")
    assert ours.may(ADA, "task.release_money", task(), money("500", "1000")).allowed
    assert ours.may(ADA, "task.release_money", task(), money(None, None)).rule == "ours"
    assert verdict.policy_version == ours.version != authority().version


def test_a_workspace_permits_what_nothing_forbids() -> None:
    ours = in_force(
        'permit (principal is Person, action == Action::"settings.view", resource) when { principal.id == "eve" };'
    )
    assert ours.may(EVE, "settings.view", of("settings")).rule == "ours"
    assert not ours.may(ZOE, "settings.view", of("settings")).allowed


def test_a_permit_of_a_workspace_reaches_past_no_built_in_forbid() -> None:
    ours = in_force("permit (principal, action, resource);")
    assert ours.may(ADA, "task.decide", task(excluded_people=("ada",))).rule == "separation-of-duties"
    assert ours.may(AGENT, "task.decide", task()).rule == "agents-never-decide"
    assert ours.may(EVE, "task.release_money", task(), money("2", "1")).rule == "approval-limit"
    assert ours.may(EVE, "recipe.override", intent()).rule == "override-without-reason"
    assert ours.may(EVE, "spaceship.launch", task()).rule == "default-deny"


@pytest.mark.parametrize(
    ("cedar", "code", "says"),
    [
        ("permit (principal action, resource);", "access-syntax", "no Cedar policy"),
        ("// nothing yet", "access-syntax", "no policy"),
        ("permit (principal == ?principal, action, resource);", "access-syntax", "slots"),
        ('forbid (principal, action == Action::"task.burn", resource);', "access-schema", "task.burn"),
        ("forbid (principal is Robot, action, resource);", "access-schema", "Robot"),
        (
            'forbid (principal, action == Action::"task.decide", resource) when { resource.colour == "red" };',
            "access-schema",
            "colour",
        ),
        (
            'forbid (principal, action == Action::"task.decide", resource) when { resource.claimed_by == "x" };',
            "access-schema",
            "claimed_by",
        ),
        (
            'forbid (principal, action == Action::"run.view", resource)\n'
            'when { resource has team && resource.team == "it" };',
            "access-reading",
            "resource.team",
        ),
        ('@id("role-acts-on-task")\nforbid (principal, action, resource);', "access-id", "built-in"),
    ],
)
def test_a_rule_that_cannot_be_put_in_force_is_named_with_its_fix(cedar: str, code: str, says: str) -> None:
    errors = [one for one in found(cedar) if not one.is_warning]
    assert [one.code for one in errors] == [code] * len(errors)
    assert errors
    assert says in errors[0].message
    assert errors[0].fix


@pytest.mark.parametrize(
    ("cedar", "code"),
    [
        ('permit (principal, action == Action::"task.decide", resource);', "access-open"),
        (
            'forbid (principal, action == Action::"task.decide", resource)\n'
            "when { principal is Person && principal is Agent };",
            "access-never",
        ),
        ('forbid (principal, action == Action::"task.decide", resource) when { false };', "access-never"),
        (
            'forbid (principal, action == Action::"task.decide", resource) when { principal.roles.contains("cfoo") };',
            "access-role",
        ),
        (
            'forbid (principal, action == Action::"task.decide", resource)\n'
            'unless { principal.roles.containsAny(["auditor", "audior"]) };',
            "access-role",
        ),
    ],
)
def test_a_rule_that_would_disappoint_is_a_warning(cedar: str, code: str) -> None:
    assert [(one.code, one.is_warning) for one in found(cedar)] == [(code, True)]


def test_a_sound_rule_has_no_findings() -> None:
    cedar = 'forbid (principal, action == Action::"task.decide", resource)'
    assert found(f'{cedar} when {{ principal.roles.contains("auditor") }};') == []


def test_several_rules_in_one_file_need_ids_of_their_own_and_are_found_on_their_lines() -> None:
    cedar = (
        '@id("first")\nforbid (principal, action == Action::"task.snooze", resource);\n\n// and\n'
        'forbid (principal, action == Action::"task.claim", resource);\n'
        '@id("first")\nforbid (principal, action == Action::"task.claim", resource);\n'
    )
    assert [(one.code, one.line) for one in found(cedar)] == [("access-id", 5), ("access-id", 6)]


def test_a_rule_of_a_workspace_takes_no_built_in_rules_place() -> None:
    (problem,) = found('forbid (principal, action == Action::"task.decide", resource);', name="administrator-manages")
    assert problem.code == "access-id"


def test_a_reason_names_only_what_can_be_filled_in() -> None:
    cedar = 'forbid (principal, action == Action::"task.decide", resource);'
    (problem,) = found(cedar, because="{nonsense} and {principal}")
    assert problem.code == "access-words"
    (problem,) = found(cedar, because="{principal.__class__}")
    assert problem.code == "access-words"


def test_what_comes_from_outside_is_never_read_as_a_template() -> None:
    ours = in_force('forbid (principal, action == Action::"task.decide", resource);', because="{object} is not for you")
    strange = task()
    verdict = ours.may(ADA, "task.decide", type(strange)("task", "{principal} }{", strange.attributes))
    assert verdict.reason == "task '{principal} }{' is not for you"


def test_rules_that_no_longer_fit_shut_the_house_but_for_putting_them_right() -> None:
    ours = in_force('forbid (principal, action == Action::"task.burn", resource);')
    verdict = ours.may(ADA, "task.decide", task())
    assert verdict.rule == "rules-unusable"
    assert "task.burn" in verdict.reason
    assert not ours.may(ROOT, "task.reassign", task()).allowed
    assert ours.may(ROOT, "workspace.apply", of("workspace")).allowed
    assert not ours.may(ADA, "workspace.apply", of("workspace")).allowed


def test_equal_rules_have_an_equal_version_and_words_count() -> None:
    cedar = 'forbid (principal, action == Action::"task.decide", resource) when { principal.id == "x" };'
    assert in_force(cedar).version == in_force(cedar).version
    assert in_force(cedar).version != in_force(cedar, because="otherwise").version
    assert authority().version != authority(voucher_counts=False).version


def test_a_rule_that_reaches_its_facts_in_a_roundabout_way_is_given_all_of_them() -> None:
    ours = in_force(
        'forbid (principal is Person, action == Action::"task.claim", resource)\n'
        'when { (if principal.administrator then principal else principal).own_roles.contains("ap-analyst") };'
    )
    assert ours.may(ADA, "task.claim", task()).rule == "ours"
    assert ours.may(ZOE, "task.claim", task(role="auditor")).allowed


def test_amounts_on_a_task_can_be_compared() -> None:
    ours = in_force(
        'forbid (principal, action == Action::"task.claim", resource)\n'
        'when { resource has amount && resource.amount.greaterThan(decimal("100.0")) };'
    )
    assert ours.may(ADA, "task.claim", task(amount=Decimal("100.01"))).rule == "ours"
    assert ours.may(ADA, "task.claim", task(amount=Decimal("1e40"))).rule == "ours"
    assert ours.may(ADA, "task.claim", task(amount=Decimal(100))).allowed
