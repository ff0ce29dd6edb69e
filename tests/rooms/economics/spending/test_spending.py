"""Reserving and settling in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.budgets import USD, budget, graph_of, path_of, standing, tree_of

from tiebeam.economics.spending import (
    BudgetExhausted,
    BudgetsUnreachable,
    Hold,
    KeyCap,
    Lease,
    Path,
    Short,
    Spending,
    Tree,
    Why,
    crossings,
    refusal,
)

NOW = 1_772_442_000_000
"""Monday 2 March 2026, nine in the morning UTC."""
DAY = 86_400_000


def lease(spending: Spending, usd: float = 0, *, node: str = "a", left: float = 0, elsewhere: float = 0) -> None:
    """What the database would answer to the wish for one ceiling."""
    wish = next(one for one in spending.wishes(NOW) if one.node == node)
    spending.granted(
        [
            Lease(
                node=node,
                window_start=wish.window_start,
                added_nano=int(usd * USD),
                remaining_nano=int(left * USD),
                elsewhere_nano=int(elsewhere * USD),
                slice_nano=0,
                version="",
            )
        ],
        NOW,
    )


def leased(
    tree: Tree, usd: float, *, nodes: Iterable[str] = ("a",), at: int = NOW, **asked: str
) -> tuple[Spending, Path]:
    """A process with so much of each ceiling."""
    spending = Spending(tree)
    path = path_of(spending, **asked)
    assert isinstance(spending.reserve(path, 1, NOW), Short)
    for node in nodes:
        lease(spending, usd, node=node)
    return spending, path


def hold(spending: Spending, path: Path, usd: float, at: int = NOW) -> Hold:
    found = spending.reserve(path, int(usd * USD), at)
    assert isinstance(found, Hold), found
    return found


def short(spending: Spending, path: Path, usd: float, at: int = NOW) -> Short:
    found = spending.reserve(path, int(usd * USD), at)
    assert isinstance(found, Short), found
    return found


A = budget("a", 10, level="organisation")


def test_nothing_is_spent_before_it_was_leased() -> None:
    spending = Spending(tree_of(A))
    assert short(spending, path_of(spending), 1).why is Why.NEEDS_LEASE
    wish = spending.wishes(NOW)[0]
    assert (wish.node, wish.least_nano, wish.cap_nano) == ("a", USD, 10 * USD)


def test_what_a_call_did_not_use_is_there_for_the_next() -> None:
    spending, path = leased(tree_of(A), 1)
    first = hold(spending, path, 1)
    assert short(spending, path, 0.5).why is Why.NEEDS_LEASE
    spending.settle(first, USD // 4)
    assert isinstance(hold(spending, path, 0.75), Hold)


# ids: EC-21
def test_settling_twice_counts_once() -> None:
    spending, path = leased(tree_of(A), 1)
    held = hold(spending, path, 1)
    spending.settle(held, USD // 4)
    spending.settle(held, USD)
    stands = standing(spending, "a")
    assert (stands.held_nano, stands.spent_nano) == (0, USD // 4)


# complaint: 7
def test_the_tightest_ceiling_refuses_and_is_named_and_none_is_left_holding() -> None:
    tree = tree_of(budget("company", 1000, level="organisation"), budget("team-budget", 5, covers=["team"]))
    spending, path = leased(tree, 4, nodes=("company", "team-budget"))
    found = short(spending, path, 6)
    assert (found.node.id, found.why) == ("team-budget", Why.CAP)
    assert {one.held_nano for one in spending.snapshot()} == {0}


# complaint: 7
@pytest.mark.parametrize("tightest", ["key:k1", "flow-budget", "team-budget", "line", "company"])
def test_whichever_level_is_the_tightest_refuses(tightest: str) -> None:
    def usd(name: str) -> int:
        return 1 if name == tightest else 100

    tree = tree_of(
        budget("company", usd("company"), level="organisation"),
        budget("line", usd("line"), level="line", parent="company"),
        budget("team-budget", usd("team-budget"), parent="line", covers=["team"]),
        budget("flow-budget", usd("flow-budget"), level="workflow", also_covers=["flow"]),
        keys={"k1": KeyCap(usd("key:k1") * USD)},
    )
    spending = Spending(tree)
    found = short(spending, path_of(spending, key="k1"), 2)
    assert (found.node.id, found.why) == (tightest, Why.CAP)


# ids: EC-27
def test_an_execution_stops_at_its_own_ceiling_while_others_go_on() -> None:
    tree = tree_of(budget("a", 10, level="organisation", usd_per_execution=1))
    spending, path = leased(tree, 5, run="one", nodes=("a", "run:one@a"))
    found = short(spending, path, 2)
    assert (found.node.id, found.why) == ("run:one@a", Why.CAP)
    other = path_of(spending, run="two")
    assert short(spending, other, 1).node.id == "run:two@a"
    assert short(spending, path_of(spending), 1.5).why is Why.CAP
    assert isinstance(hold(spending, path_of(spending), 1), Hold)


def test_a_call_waits_for_calls_under_way_before_it_is_refused() -> None:
    spending, path = leased(tree_of(A), 1)
    first = hold(spending, path, 1)
    assert short(spending, path, 1).why is Why.NEEDS_LEASE
    lease(spending, 0)
    found = short(spending, path, 1)
    assert found.why is Why.HOLDS_IN_FLIGHT
    told: list[str] = []
    spending.when_room(found, lambda: told.append("woken"))
    assert told == []
    spending.settle(first, 0)
    assert told == ["woken"]
    assert isinstance(hold(spending, path, 1), Hold)


def test_who_waits_for_what_nobody_holds_any_more_is_told_to_go() -> None:
    spending, path = leased(tree_of(A), 1)
    first = hold(spending, path, 1)
    short(spending, path, 1)
    lease(spending, 0)
    told: list[str] = []
    spending.when_room(short(spending, path, 1), lambda: told.append("woken"))
    spending.settle(first, USD)
    assert told == ["woken"]
    assert short(spending, path, 1).why is Why.CAP


def test_what_other_processes_hold_may_still_come() -> None:
    spending = Spending(tree_of(A))
    path = path_of(spending)
    short(spending, path, 1)
    lease(spending, 0, elsewhere=3)
    assert short(spending, path, 1).why is Why.HOLDS_IN_FLIGHT


def test_who_waits_no_more_is_not_woken_and_keeps_nobody_waiting() -> None:
    spending, path = leased(tree_of(A), 1)
    first = hold(spending, path, 1)
    told: list[str] = []
    leave = spending.when_room(short(spending, path, 1), lambda: told.append("large"))
    spending.when_room(short(spending, path, 0.5), lambda: told.append("small"))
    leave()
    spending.settle(first, USD // 2)
    assert told == ["small"]


def test_those_who_wait_are_served_in_the_order_they_came() -> None:
    spending, path = leased(tree_of(A), 1)
    first = hold(spending, path, 1)
    told: list[int] = []
    for number in range(4):
        spending.when_room(short(spending, path, 0.4), lambda number=number: told.append(number))
    spending.settle(first, 0)
    assert told == [0, 1]
    for _ in told:
        hold(spending, path, 0.4)
    assert [one.want_nano for one in spending.wishes(NOW)] == [int(0.6 * USD)]


# complaint: 19
def test_a_hold_belongs_to_the_window_in_which_it_was_reserved() -> None:
    tree = tree_of(budget("a", 10, level="organisation", window="day", usd_per_window=10))
    spending, path = leased(tree, 5)
    held = hold(spending, path, 3)
    tomorrow = NOW + DAY
    assert short(spending, path, 1, at=tomorrow).why is Why.NEEDS_LEASE
    spending.settle(held, 2 * USD)
    today = next(one for one in spending.snapshot() if one.window_start < NOW < one.window_start + DAY)
    assert (today.spent_nano, today.held_nano) == (2 * USD, 0)
    assert held.nodes == (("a", today.window_start),)


def test_what_is_left_of_a_window_that_ended_goes_back() -> None:
    tree = tree_of(budget("a", 10, level="organisation", window="day", usd_per_window=10))
    spending, path = leased(tree, 5)
    spending.settle(hold(spending, path, 3), USD)
    told = spending.to_tell(NOW + DAY)
    assert [(one.granted_nano, one.spent_nano) for one in told] == [(USD, USD)]
    spending.retired(spending.to_retire(NOW + DAY))
    assert spending.snapshot() == []


# ids: EC-22
def test_a_lowered_ceiling_takes_back_what_is_not_spent() -> None:
    spending, path = leased(tree_of(A), 4)
    held = hold(spending, path, 1)
    spending.use(tree_of(budget("a", 2, level="organisation")))
    assert standing(spending, "a").granted_nano == USD
    assert [one.granted_nano for one in spending.to_tell(NOW)] == [USD]
    assert short(spending, path, 0.5).why is Why.NEEDS_LEASE
    assert spending.wishes(NOW)[0].cap_nano == 2 * USD
    assert short(spending, path, 3).why is Why.CAP
    spending.settle(held, USD)
    assert standing(spending, "a").spent_nano == USD


def test_an_answer_to_an_older_tree_gives_nothing_and_is_asked_for_again() -> None:
    spending = Spending(tree_of(A))
    path = path_of(spending)
    short(spending, path, 1)
    wish = spending.wishes(NOW)[0]
    spending.granted([Lease("a", wish.window_start, 0, 0, 0, 0, "another")], NOW)
    assert [one.node for one in spending.wishes(NOW)] == ["a"]
    assert short(spending, path, 1).why is Why.NEEDS_LEASE


def test_a_soft_budget_never_refuses_and_what_passes_it_is_told() -> None:
    spending = Spending(tree_of(budget("a", 1, level="organisation", hard=False)))
    held = hold(spending, path_of(spending), 5)
    assert not held.unenforced
    assert [(one.overdrawn_nano, one.hard) for one in spending.wishes(NOW)] == [(5 * USD, False)]


# complaint: 4
def test_a_closed_budget_refuses_while_the_database_is_away_once_its_lease_is_spent() -> None:
    spending, path = leased(tree_of(A), 1)
    spending.away()
    assert isinstance(hold(spending, path, 1), Hold)
    found = short(spending, path, 1)
    assert found.why is Why.STORE_AWAY
    error = refusal(found, tree=spending.tree, graph=graph_of(A))
    assert isinstance(error, BudgetsUnreachable)
    assert error.status == 503


# complaint: 4
def test_an_open_budget_lets_calls_through_marked_and_owes_them_when_the_database_is_back() -> None:
    spending, path = leased(tree_of(budget("a", 10, level="organisation", when_store_is_away="open")), 1)
    spending.away()
    assert not hold(spending, path, 1).unenforced
    assert hold(spending, path, 3).unenforced
    spending.back()
    assert short(spending, path, 1).why is Why.NEEDS_LEASE
    assert [one.overdrawn_nano for one in spending.wishes(NOW)] == [3 * USD]


# complaint: 4
def test_one_closed_budget_on_the_path_refuses_what_an_open_one_would_let_through() -> None:
    tree = tree_of(
        budget("company", 100, level="organisation"),
        budget("team-budget", 10, covers=["team"], when_store_is_away="open"),
    )
    spending = Spending(tree)
    spending.away()
    found = short(spending, path_of(spending), 1)
    assert (found.node.id, found.why) == ("company", Why.STORE_AWAY)


# complaint: 17
def test_a_database_that_never_answers_is_away_after_a_moment() -> None:
    spending = Spending(tree_of(A))
    path = path_of(spending)
    assert short(spending, path, 1).why is Why.NEEDS_LEASE
    assert short(spending, path, 1, at=NOW + 3_000).why is Why.STORE_AWAY


def test_a_call_that_cost_more_than_its_worst_case_is_counted_in_full() -> None:
    spending, path = leased(tree_of(A), 1)
    spending.settle(hold(spending, path, 1), 2 * USD)
    assert [one.overdrawn_nano for one in spending.wishes(NOW)] == [USD]


# complaint: 1
def test_of_four_hundred_at_once_exactly_as_many_pass_as_there_is_room_for() -> None:
    spending, path = leased(tree_of(budget("a", 20, level="organisation")), 20)
    start = threading.Barrier(40)
    found: list[Hold | Short] = []

    def ten() -> None:
        start.wait()
        found.extend(spending.reserve(path, USD, NOW) for _ in range(10))

    threads = [threading.Thread(target=ten) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 400
    assert sum(isinstance(one, Hold) for one in found) == 20


# ids: EC-21
def test_a_refusal_names_the_budget_its_owner_its_next_window_and_how_to_ask_for_more() -> None:
    tree = tree_of(A)
    error = refusal(short(Spending(tree), path_of(tree), 11), tree=tree, graph=graph_of(A))
    assert isinstance(error, BudgetExhausted)
    for part in ("'a'", "'controller'", "2026-04-01 00:00 UTC", "tiebeam budgets ask a", "11 USD", "of 10 USD"):
        assert part in error.message
    assert error.data["budget"] == "a"
    assert error.data["resets_at"] == "2026-04-01T00:00:00.000000Z"
    assert error.data["ask_for_more"]["budget"] == "a"


# complaint: 17
def test_a_database_that_answers_too_late_is_no_spent_budget() -> None:
    tree = tree_of(A)
    error = refusal(short(Spending(tree), path_of(tree), 1), tree=tree, graph=graph_of(A))
    assert (error.code, error.status) == ("budgets_busy", 429)


def test_a_refusal_of_a_key_sends_to_whoever_made_it() -> None:
    tree = tree_of(keys={"k1": KeyCap(USD)})
    error = refusal(short(Spending(tree), path_of(tree, key="k1"), 2), tree=tree, graph=graph_of())
    assert "key 'k1'" in error.message
    assert "does not begin anew" in error.message
    assert error.data["ask_for_more"] is None


def test_a_refusal_of_an_execution_names_the_budget_that_limits_it() -> None:
    tree = tree_of(budget("a", 10, level="organisation", usd_per_execution=1))
    error = refusal(short(Spending(tree), path_of(tree, run="r1"), 2), tree=tree, graph=graph_of())
    assert "budget 'a' lets one execution cost 1 USD" in error.message
    assert error.data["node"] == "run:r1@a"


def test_room_is_what_is_here_and_what_the_database_had_left_at_the_tightest_ceiling() -> None:
    tree = tree_of(budget("company", 1000, level="organisation"), budget("team-budget", 5, covers=["team"]))
    spending = Spending(tree)
    path = path_of(spending)
    assert spending.room(path, NOW) == 5 * USD
    short(spending, path, 1)
    lease(spending, 1, node="company", left=900)
    lease(spending, 1, node="team-budget", left=2)
    assert spending.room(path, NOW) == 3 * USD


# ids: EC-21
@given(
    cap=st.integers(1, 10**6),
    percents=st.sets(st.integers(1, 100), max_size=4),
    steps=st.lists(st.integers(0, 10**5), min_size=1, max_size=20),
)
def test_every_threshold_is_crossed_once_however_the_spending_comes(
    cap: int, percents: set[int], steps: list[int]
) -> None:
    before, told = 0, list[int]()
    for step in steps:
        told += crossings(before, before + step, cap_nano=cap, percents=percents)
        before += step
    assert told == sorted(told)
    assert set(told) == {one for one in percents if 100 * before >= one * cap}
    assert len(told) == len(set(told))
