"""Which budgets a call counts against."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from tests.builders.budgets import META, USD, budget, graph_of, path_of, tree_of

from tiebeam.economics.spending import CapChange, KeyCap, Level, NoBudget, Tree
from tiebeam.spec import BudgetWindow, Meta

COMPANY = budget("company", 1000, level="organisation")
LINE = budget("line", 400, level="line", parent="company")
TEAM = budget("team-budget", 50, parent="line", covers=["team"], usd_per_execution=2)
FLOW = budget("flow-budget", 20, level="workflow", parent="team-budget", also_covers=["flow"], usd_per_execution=5)


def ids(tree: Tree, **asked: str) -> list[str]:
    return [node.id for node in path_of(tree, **asked).nodes]


# ids: EC-21
# complaint: 7
def test_a_call_counts_against_its_key_workflow_team_line_and_organisation() -> None:
    tree = tree_of(COMPANY, LINE, TEAM, FLOW, keys={"k1": KeyCap(3 * USD)})
    assert ids(tree, key="k1") == ["key:k1", "flow-budget", "team-budget", "line", "company"]
    assert ids(tree, workflow="other") == ["team-budget", "line", "company"]
    assert ids(tree, team="other", workflow="other") == ["company"]


def test_a_budget_of_the_organisation_covers_every_call() -> None:
    assert ids(tree_of(COMPANY), team="anybody", workflow="anything") == ["company"]


def test_a_team_and_a_workflow_of_different_lines_both_pay() -> None:
    other = budget("other-line", 9, level="line", also_covers=["flow"])
    assert ids(tree_of(LINE, TEAM, other)) == ["team-budget", "line", "other-line"]


def test_nobody_spends_where_no_budget_says_what_may_be_spent() -> None:
    found = tree_of(TEAM).path(team="stranger", workflow="else", key_id="k")
    assert isinstance(found, NoBudget)
    assert "'stranger'" in found.message
    assert "covers" in found.message


def test_the_cap_of_a_key_is_a_budget_of_its_own() -> None:
    path = path_of(tree_of(keys={"k1": KeyCap(3 * USD, BudgetWindow.DAY)}), key="k1")
    assert [(node.id, node.level, node.cap_nano) for node in path.nodes] == [("key:k1", Level.KEY, 3 * USD)]
    assert path.is_hard


# ids: EC-27
def test_one_execution_may_cost_what_the_tightest_budget_on_its_path_says() -> None:
    path = path_of(tree_of(COMPANY, LINE, TEAM, FLOW), run="run-1")
    assert path.run is not None
    assert (path.run.id, path.run.cap_nano) == ("run:run-1@team-budget", 2 * USD)
    assert path.nodes[0] is path.run


def test_a_call_without_an_execution_is_one_of_its_own() -> None:
    path = path_of(tree_of(TEAM))
    assert path.run is None
    assert path.limit is not None
    assert path.limit.cap_nano == 2 * USD


def test_calls_with_the_same_budgets_share_one_list_of_them() -> None:
    tree = tree_of(COMPANY)
    assert path_of(tree, workflow="a").lasting is path_of(tree, workflow="b").lasting


def test_a_retired_budget_holds_nobody_and_its_parent_does() -> None:
    gone = Meta.model_validate({**META.model_dump(), "status": "retired"})
    retired = budget("team-budget", 1, parent="line", covers=["team"], meta=gone)
    below = budget("flow-budget", 20, level="workflow", parent="team-budget", also_covers=["flow"])
    assert ids(tree_of(COMPANY, LINE, retired, below)) == ["flow-budget", "line", "company"]


def test_budgets_that_name_each_other_as_parents_do_not_run_in_a_circle() -> None:
    one, other = budget("one", parent="other", covers=["team"]), budget("other", parent="one")
    assert sorted(ids(tree_of(one, other))) == ["one", "other"]


def test_a_ceiling_is_never_raised_by_rounding() -> None:
    assert tree_of(budget("a", "0.000001")).nodes["a"].cap_nano == 1000


# ids: EC-22
def test_a_decision_changes_a_ceiling_for_one_window_or_from_then_on() -> None:
    start = 1_000
    tree = tree_of(
        budget("a", 10),
        changes=(CapChange("a", 30 * USD, 10 * USD, None), CapChange("a", 50 * USD, 10 * USD, start)),
    )
    node = tree.nodes["a"]
    assert (node.cap_nano, node.cap_in(start), node.cap_in(start + 1)) == (30 * USD, 50 * USD, 30 * USD)


def test_a_decision_ends_when_the_record_says_something_else() -> None:
    tree = tree_of(budget("a", 12), changes=(CapChange("a", 30 * USD, 10 * USD, None),))
    assert tree.nodes["a"].cap_nano == 12 * USD


@pytest.mark.parametrize(("stated", "zone"), [(None, "Asia/Tokyo"), ("Europe/Berlin", "Europe/Berlin")])
def test_a_budget_lives_by_its_own_clock_or_the_companys(stated: str | None, zone: str) -> None:
    tree = Tree.of(graph_of(budget("a", timezone=stated)), {}, zone=ZoneInfo("Asia/Tokyo"))
    assert tree.nodes["a"].window.zone.key == zone
