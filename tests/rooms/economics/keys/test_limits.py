"""Limits of a key: never more than it may, and what was turned away or cancelled uses nothing up."""

from __future__ import annotations

import random
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.economics.keys import Busy, Key, Limits, Slot
from tiebeam.spec import BudgetWindow

KEY = Key(
    id="tb_k_1",
    team="sales",
    workflow="enquiries",
    agent="",
    environment="",
    endpoints=frozenset(),
    models=(),
    cap_nano=None,
    cap_window=BudgetWindow.MONTH,
    requests_per_minute=None,
    concurrent=None,
    expires_at=None,
)
START = 1_772_442_000_000


def entered(limits: Limits, key: Key, at: int = START) -> Slot:
    slot = limits.enter(key, at)
    assert isinstance(slot, Slot)
    return slot


def test_a_thousand_calls_cancelled_at_random_leave_no_slot_taken() -> None:
    # complaint: 18
    key, limits, chance = replace(KEY, concurrent=7, requests_per_minute=50), Limits(), random.Random(7)
    open_slots: list[Slot] = []
    for _ in range(1_000):
        slot = limits.enter(key, START)
        if isinstance(slot, Slot):
            open_slots.append(slot)
        while open_slots and (len(open_slots) > 6 or chance.random() < 0.5):
            # Cancelled, some of them twice over, as a time-out and a disconnect may both be noticed.
            slot = open_slots.pop(chance.randrange(len(open_slots)))
            slot.leave(counts=False)
            slot.leave(counts=True)
    for slot in open_slots:
        slot.leave(counts=False)
    assert limits.inside(key.id) == 0
    assert [isinstance(limits.enter(key, START), Slot) for _ in range(8)] == [True] * 7 + [False]


def test_a_rejected_call_uses_up_no_minute() -> None:
    # complaint: 18
    key, limits = replace(KEY, requests_per_minute=2), Limits()
    for _ in range(100):
        entered(limits, key).leave(counts=False)
    entered(limits, key).leave(counts=True)
    entered(limits, key).leave(counts=True)
    for _ in range(100):
        busy = limits.enter(key, START)
        assert isinstance(busy, Busy)
        assert busy.limit == "requests_per_minute"
    later = START + busy.retry_after_ms
    assert isinstance(limits.enter(key, later), Slot)


def test_the_refusal_says_which_limit_and_when_to_come_back() -> None:
    key, limits = replace(KEY, concurrent=1), Limits()
    entered(limits, key)
    busy = limits.enter(key, START)
    assert isinstance(busy, Busy)
    error = busy.error()
    assert (error.code, error.status, error.data["retry_after"]) == ("key_limit_reached", 429, 1)
    assert "1 requests at once" in error.message


def test_keys_without_limits_are_never_busy_but_counted() -> None:
    limits = Limits()
    slots = [entered(limits, KEY) for _ in range(100)]
    assert limits.inside(KEY.id) == 100
    for slot in slots:
        slot.leave(counts=True)
    assert limits.inside(KEY.id) == 0


@given(
    most=st.integers(1, 6),
    calls=st.lists(st.tuples(st.integers(0, 20_000), st.booleans()), min_size=1, max_size=80),
)
def test_never_more_than_the_limit_in_any_sixty_seconds(most: int, calls: list[tuple[int, bool]]) -> None:
    key, limits, at, counted = replace(KEY, requests_per_minute=most), Limits(), START, list[int]()
    for wait, counts in calls:
        at += wait
        slot = limits.enter(key, at)
        if isinstance(slot, Slot):
            slot.leave(counts=counts)
            if counts:
                counted.append(at)
    for start in counted:
        assert sum(start <= one < start + 60_000 for one in counted) <= most


@given(most=st.integers(1, 100), processes=st.integers(1, 8))
def test_processes_share_a_limit_by_parts(most: int, processes: int) -> None:
    key = replace(KEY, concurrent=most)
    admitted = 0
    for number in range(processes):
        limits = Limits(processes=processes, number=number)
        while isinstance(limits.enter(key, START), Slot):
            admitted += 1
    assert admitted == max(most, processes)


def test_threads_never_pass_the_limit_together() -> None:
    key, limits, taken = replace(KEY, concurrent=5), Limits(), list[Slot]()

    def take() -> None:
        for _ in range(50):
            slot = limits.enter(key, START)
            if isinstance(slot, Slot):
                taken.append(slot)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 5


@pytest.mark.parametrize("counts", [True, False])
def test_quiet_keys_are_forgotten(counts: bool) -> None:
    key, limits = replace(KEY, requests_per_minute=1), Limits()
    entered(limits, key).leave(counts=counts)
    limits.forget(START + 120_000)
    assert limits._minutes == {}
