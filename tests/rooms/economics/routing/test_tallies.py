"""Tokens of a class by the day: claimed before they are used, so that no process and no burst passes the cap."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tiebeam.economics.keys import Following
from tiebeam.economics.routing import ClassExhausted, Daily, Tallies, TokenHold
from tiebeam.kit import FixedClock
from tiebeam.store import Store

# ids: EC-25, D15

DAILY = Daily("mosaic/classify", 100_000)


@pytest.fixture
def process(store: Store) -> Callable[[str], Tallies]:
    def made(name: str, daily: Daily = DAILY) -> Tallies:
        tallies = Tallies(store, Following(store), process=name)
        tallies.keep([daily])
        tallies.look()
        return tallies

    return made


def millis(store: Store) -> int:
    return int(store.clock.now().timestamp() * 1000)


def taken(tallies: Tallies, store: Store, tokens: int, daily: Daily = DAILY) -> TokenHold | None:
    try:
        return tallies.reserve(daily, tokens, millis(store))
    except ClassExhausted:
        return None


def test_many_calls_at_once_never_hold_more_than_the_cap(store: Store, process: Callable[[str], Tallies]) -> None:
    tallies, held = process("one"), 0
    for number in range(400):
        if taken(tallies, store, 5_000) is not None:
            held += 5_000
        elif number % 20 == 0:
            tallies.look()
    assert held == tallies.used(DAILY.node) == 100_000


def test_the_refusal_names_the_class_and_when_it_begins_anew(store: Store, process: Callable[[str], Tallies]) -> None:
    tallies = process("one", Daily(DAILY.node, 1_000))
    tallies.reserve(DAILY, 900, millis(store))
    tallies.look()
    with pytest.raises(ClassExhausted) as refused:
        tallies.reserve(Daily(DAILY.node, 1_000), 200, millis(store))
    error = refused.value
    assert (error.code, error.status) == ("task_class_exhausted", 429)
    assert "'mosaic/classify' may use 1,000 tokens a day" in error.message
    assert "100 tokens are left until 2026-03-03T00:00:00" in error.message
    assert error.data["retry_after"] == 15 * 3600 + 1


def test_before_anything_is_claimed_a_call_is_told_to_come_back_soon(store: Store) -> None:
    tallies = Tallies(store, Following(store), process="one")
    with pytest.raises(ClassExhausted) as refused:
        tallies.reserve(DAILY, 10, millis(store))
    assert refused.value.data["retry_after"] == 1
    tallies.look()
    assert taken(tallies, store, 10) is not None


def test_what_was_not_used_in_truth_is_free_again_and_only_once(
    store: Store, process: Callable[[str], Tallies]
) -> None:
    tallies = process("one")
    hold = tallies.reserve(DAILY, 5_000, millis(store))
    tallies.settle(hold, 700)
    tallies.settle(hold, 5_000)
    assert tallies.used(DAILY.node) == 700


def test_a_new_day_begins_with_the_whole_cap(
    store: Store, clock: FixedClock, process: Callable[[str], Tallies]
) -> None:
    tallies = process("one", Daily(DAILY.node, 1_000))
    old = tallies.reserve(DAILY, 1_000, millis(store))
    clock.advance(days=1)
    tallies.look()
    assert taken(tallies, store, 1_000) is not None
    tallies.settle(old, 1_000)
    assert tallies.used(DAILY.node) == 1_000


def test_processes_share_one_cap(store: Store, clock: FixedClock, process: Callable[[str], Tallies]) -> None:
    all_of_them, held = [process(f"p{number}") for number in range(4)], 0
    for _ in range(40):
        clock.advance(seconds=0.25)
        for tallies in all_of_them:
            if taken(tallies, store, 1_000) is not None:
                held += 1_000
            tallies.look()
    assert 95_000 <= held <= 100_000


def test_a_large_call_is_let_in_where_all_of_the_cap_is_left(store: Store, process: Callable[[str], Tallies]) -> None:
    assert taken(process("one"), store, 90_000) is not None


def test_a_process_that_comes_later_gets_its_share_within_two_looks(
    store: Store, process: Callable[[str], Tallies]
) -> None:
    first = process("first")
    second = process("second")
    assert taken(second, store, 40_000) is None
    first.look()
    second.look()
    assert taken(second, store, 40_000) is not None
    assert taken(first, store, 60_000) is None
    assert taken(first, store, 50_000) is not None


def test_what_a_closed_process_claimed_goes_to_the_others(store: Store, process: Callable[[str], Tallies]) -> None:
    first = process("first")
    hold = first.reserve(DAILY, 30_000, millis(store))
    first.settle(hold, 20_000)
    first.close()
    second = process("second")
    assert taken(second, store, 80_001) is None
    assert taken(second, store, 80_000) is not None


def test_what_a_killed_process_claimed_lapses_and_what_it_used_stays(
    store: Store, clock: FixedClock, process: Callable[[str], Tallies]
) -> None:
    dead = process("dead")
    dead.settle(dead.reserve(DAILY, 30_000, millis(store)), 20_000)
    clock.advance(seconds=1)
    dead.look()
    other = process("other")
    assert taken(other, store, 80_000) is None
    clock.advance(seconds=61)
    # Should it be alive after all, it knows that its claim has lapsed.
    assert taken(dead, store, 1) is None
    other.look()
    assert taken(other, store, 80_000) is not None
    assert taken(other, store, 1) is None


def test_while_the_database_is_away_what_was_claimed_can_be_used_for_a_while(
    store: Store, clock: FixedClock, process: Callable[[str], Tallies]
) -> None:
    tallies = process("one")
    tallies._store = None  # pyright: ignore[reportAttributeAccessIssue]
    clock.advance(seconds=30)
    assert taken(tallies, store, 60_000) is not None
    clock.advance(seconds=1)
    with pytest.raises(ClassExhausted) as refused:
        tallies.reserve(DAILY, 1_000, millis(store))
    assert refused.value.data["retry_after"] == 1


def test_rows_of_days_that_are_over_go(store: Store, clock: FixedClock, process: Callable[[str], Tallies]) -> None:
    tallies = process("one")
    clock.advance(days=1)
    tallies.look()
    with store.read() as conn:
        days = conn.execute(sa.text("SELECT day FROM route_tokens")).scalars().all()
    assert days == ["2026-03-03"]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["take", "settle", "look"]), st.integers(1, 4_000)), max_size=60
    ),
    cap=st.integers(1, 30_000),
)
def test_in_any_order_the_cap_holds(store: Store, steps: list[tuple[int, str, int]], cap: int) -> None:
    daily = Daily(f"any/{store.ids.new('x')}", cap)
    processes = [Tallies(store, Following(store), process=f"p{number}") for number in range(3)]
    for one in processes:
        one.keep([daily])
        one.look()
    open_holds: list[tuple[Tallies, TokenHold]] = []
    used = 0
    for number, what, tokens in steps:
        tallies = processes[number]
        if what == "look":
            tallies.look()
        elif what == "settle" and open_holds:
            owner, hold = open_holds.pop(0)
            spent = min(tokens, hold.tokens)
            owner.settle(hold, spent)
            used += spent
        elif (hold := taken(tallies, store, tokens, daily)) is not None:
            open_holds.append((tallies, hold))
        assert used + sum(hold.tokens for _, hold in open_holds) <= cap
