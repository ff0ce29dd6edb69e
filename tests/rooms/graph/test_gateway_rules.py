"""What `tiebeam check` says about upstreams, served models, routes, approvals and the tree of budgets.

ids: EC-22, EC-24, EC-25
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.builders.gateway import budget_record, gateway_workspace, lines, served_record

from tiebeam.graph import Problem, check

ROUTE = lines(name="mosaic", default_class="work")


def task_class(capability: str, *models: str, **said: object) -> str:
    return "\n[[task_class]]\n" + lines(name="work", capability=capability, models=list(models), **said)


APPROVAL = lines(title="Near", provider="near", owner_role="cfo")
RULES = {
    "served-twice": {"served/other.toml": served_record("small", model="far-other")},
    "EC-22": {"approvals/near.toml": APPROVAL},
    "budget-idle": {"budgets/idle.toml": budget_record("Idle", "1", parent="company")},
    "budget-covers": {"budgets/again.toml": budget_record("Again", "1", also_covers=["accounts-payable"])},
    "EC-24": {"budgets/line.toml": budget_record("Line", "1", level="line", also_covers=["x"])},
    "route-idle": {"routes/mosaic.toml": lines(mode="shadow") + ROUTE + task_class("standard", "mid")},
    "EC-25": {"routes/mosaic.toml": ROUTE + task_class("saturated-task", "small", "frontier", output_token_cap=9)},
}
SAID = {
    "served-twice": ("served/small.toml", "'small' is the name of served/other too", "give one of them another name"),
    "EC-22": ("served/frontier.toml", "no approval covers 'far-frontier' of 'far'", "add one below approvals/"),
    "budget-idle": ("budgets/idle.toml", "nothing counts against 'idle'", "name them in `covers`"),
    "budget-covers": ("budgets/again.toml", "'accounts-payable' is declared", "name it in `covers`"),
    "EC-24": ("budgets/line.toml", "nobody reviews the spending of the business line 'line'", "add finops_owner"),
    "route-idle": ("routes/mosaic.toml", "shadow mode has nothing to compare with", "`also_for`"),
    "EC-25": ("routes/mosaic.toml", "may go to 'frontier', a frontier model", "leave frontier models"),
}


def found(folder: Path, records: dict[str, str], **workspace: str) -> list[Problem]:
    made = gateway_workspace(folder / "work", port=1, records=records, **workspace)
    plain = {"specimen-account", "placeholder-person"}
    return [one for one in check(made, known_steps=None) if one.rule not in plain]


def test_a_sound_workspace_has_nothing_to_say(tmp_path: Path) -> None:
    assert found(tmp_path, {}, workflow_usd="10") == []


@pytest.mark.parametrize("rule", sorted(RULES))
def test_each_rule_names_file_line_and_fix(tmp_path: Path, rule: str) -> None:
    problem = next(one for one in found(tmp_path, RULES[rule]) if one.rule == rule)
    file, message, fix = SAID[rule]
    assert problem.file.endswith(file)
    assert problem.line >= 1
    assert message in problem.message
    assert fix in problem.fix


def test_a_child_may_not_stand_above_its_parent_and_should_not_spend_more(tmp_path: Path) -> None:
    upside = budget_record("Upside", "1", level="line", parent="sales", also_covers=["x"], finops_owner="cfo")
    (problem,) = found(tmp_path / "a", {"budgets/upside.toml": upside})
    assert (problem.rule, problem.severity.value) == ("budget-tree", "error")
    assert "a budget of the level line stands below 'sales', a team" in problem.message
    weekly = budget_record("Weekly", "9", window="week", usd_per_window=200, parent="sales", also_covers=["x"])
    (problem,) = found(tmp_path / "b", {"budgets/weekly.toml": weekly})
    assert (problem.rule, problem.severity.value) == ("budget-tree", "warning")
    assert "'weekly' may spend more than 'sales' above it" in problem.message


def test_one_name_is_not_routed_by_two(tmp_path: Path) -> None:
    route = lines(name="mosaic", default_class="work", also_for=["mid"]) + task_class("standard", "mid")
    problems = found(tmp_path, {"routes/one.toml": route, "routes/two.toml": route.replace('"mosaic"', '"other"')})
    assert [one.message for one in problems] == ["calls for 'mid' are routed by 'one' too."]


def test_a_class_whose_first_model_is_too_small_needs_a_floor(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, {"routes/mosaic.toml": ROUTE + task_class("frontier", "small", "frontier")})
    assert "'work' asks for frontier; 'small' is saturated-task" in problem.message
    fallback = ROUTE + task_class("frontier", "frontier", "small")
    assert found(tmp_path / "b", {"routes/mosaic.toml": fallback}) == []
