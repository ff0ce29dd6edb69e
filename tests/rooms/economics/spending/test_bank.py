"""Leases, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest
import sqlalchemy as sa
from tests.builders.budgets import USD, budget, path_of, standing, tree_of

from tiebeam.economics.metering import spent_of
from tiebeam.economics.spending import (
    Bank,
    Held,
    Hold,
    Keeper,
    LeaseWish,
    Short,
    Spending,
    StillRenewed,
    UnknownProcess,
    Why,
    WrongCap,
    change_cap,
    decisions,
    process_leases,
    release_leases,
)
from tiebeam.economics.spending.tables import spend_lease
from tiebeam.economics.tables import usage_spend
from tiebeam.kit import FixedClock
from tiebeam.store import Store, Unit, read_journal

A = budget("a", 10, level="organisation", window="ever", usd_per_window=10)
PLACE = ("a", 0)


def wish(least: float = 0, *, want: float = 0, granted: float = 0, cap: float = 10, hard: bool = True) -> LeaseWish:
    return LeaseWish("a", 0, int(cap * USD), hard, int(granted * USD), 0, int(least * USD), int(want * USD))


def take(bank: Bank, process: str, least: float, **more: float) -> float:
    """What a process gets, in dollars."""
    return bank.take(process, [wish(least, **more)])[0].added_nano / USD


def book(unit: Unit, bank: Bank, process: str, sums: Mapping[tuple[str, int], int]) -> None:
    """What the writer of a journal does: charges come into the books, and leave the lease, in one commit."""
    for (node, start), nano in sums.items():
        where = (usage_spend.c.node == node, usage_spend.c.window_start == start)
        changed = sa.update(usage_spend).where(*where).values(spent_nano=usage_spend.c.spent_nano + nano)
        if unit.conn.execute(changed).rowcount == 0:
            unit.conn.execute(
                sa.insert(usage_spend).values(
                    node=node, window_start=start, slot=0, spent_nano=nano, estimated_nano=0, requests=1
                )
            )
    bank.written(unit, process, sums)


def outstanding(store: Store) -> dict[str, float]:
    with store.read() as conn:
        rows = conn.execute(sa.select(spend_lease))
        return {row.process: (row.leased_nano - row.written_nano) / USD for row in rows}


def keeper_of(store: Store, spending: Spending, process: str, bank: Bank | None = None) -> Keeper:
    """A keeper of which every turn does everything."""
    turns = iter(range(0, 10**9, 1000))
    return Keeper(bank or Bank(store), spending, process=process, clock=store.clock, ticks=lambda: float(next(turns)))


@pytest.fixture
def bank(store: Store) -> Bank:
    return Bank(store)


# ids: EC-21
# complaint: 5
def test_two_processes_never_lease_more_than_the_ceiling_together(bank: Bank) -> None:
    got = {"p1": 0.0, "p2": 0.0}
    for _ in range(40):
        for process, before in got.items():
            got[process] = before + take(bank, process, 0.7, granted=before)
    assert 9.3 < sum(got.values()) <= 10
    assert take(bank, "p3", 0.7) == 0


def test_what_calls_wait_for_is_given_when_it_is_there(bank: Bank) -> None:
    assert take(bank, "p1", 1, want=4) == 4
    assert take(bank, "p2", 6.1) == 0
    assert take(bank, "p2", 6) == 6


# ids: EC-21
def test_a_charge_moves_from_its_lease_to_the_books_and_is_counted_once(store: Store, bank: Bank) -> None:
    assert take(bank, "p1", 4) == 4
    with store.unit() as unit:
        book(unit, bank, "p1", {PLACE: 3 * USD})
    assert outstanding(store) == {"p1": 1}
    assert take(bank, "p2", 6.1) == 0
    assert take(bank, "p2", 6) == 6


def test_an_answer_that_was_lost_on_its_way_is_taken_back(bank: Bank) -> None:
    assert take(bank, "p1", 9) == 9
    # The process never heard of it, and says so with its next wish.
    assert take(bank, "p1", 9.5, granted=0) == 9.5


def test_what_goes_back_is_there_for_others(bank: Bank) -> None:
    take(bank, "p1", 9)
    bank.tell("p1", [Held("a", 0, 2 * USD, 0, 2 * USD)])
    assert take(bank, "p2", 8) == 8
    bank.tell("p1", [Held("a", 0, 5 * USD, 0, 2 * USD)])
    assert take(bank, "p3", 0.1) == 0


# ids: EC-21
def test_a_dead_process_keeps_its_lease_until_everything_it_began_is_in_the_books(store: Store, bank: Bank) -> None:
    take(bank, "dead", 9)
    assert take(bank, "p2", 2) == 0
    with store.unit() as unit:
        book(unit, bank, "dead", {PLACE: 3 * USD})
        bank.closed(unit, "dead")
    assert outstanding(store) == {"p2": 0}
    assert take(bank, "p2", 7) == 7


# ids: EC-21
def test_an_expired_lease_returns_only_what_no_open_call_holds(store: Store, bank: Bank, clock: FixedClock) -> None:
    take(bank, "quiet", 9)
    assert bank.expire(lambda _: {}) == []
    clock.advance(seconds=31)
    assert bank.overdue() == ["quiet"]
    # Nobody can see its journal, or it lives: nothing comes back.
    assert bank.expire(lambda _: None) == []
    assert outstanding(store) == {"quiet": 9}
    assert bank.expire(lambda _: {PLACE: 2 * USD}) == ["quiet"]
    assert outstanding(store) == {"quiet": 2}
    assert take(bank, "p2", 8) == 8


def test_a_process_that_renews_is_not_overdue(bank: Bank, clock: FixedClock) -> None:
    take(bank, "p1", 1)
    for _ in range(4):
        clock.advance(seconds=20)
        bank.renew("p1")
    assert bank.overdue() == []


# ids: EC-22
def test_a_lowered_ceiling_stops_leasing_at_once_even_for_who_has_not_heard_of_it(store: Store) -> None:
    bank = Bank(store, version=lambda _conn: "new")
    old = bank.take("p1", [wish(1)], version="old")[0]
    assert (old.added_nano, old.version) == (0, "new")
    assert bank.take("p1", [wish(1)], version="new")[0].added_nano == USD
    assert bank.take("p1", [wish(0.5, cap=1, granted=1)], version="new")[0].added_nano == 0


def test_a_soft_ceiling_leases_whatever_is_asked_and_counts_it(store: Store, bank: Bank) -> None:
    owed = LeaseWish("a", 0, USD, False, 0, 5 * USD, 5 * USD, 5 * USD)
    assert bank.take("p1", [owed])[0].added_nano >= 5 * USD
    assert bank.take("p2", [LeaseWish("a", 0, USD, True, 0, 0, USD, USD)])[0].added_nano == 0


def test_a_lease_is_forgotten_once_all_of_it_is_spent_and_booked(store: Store, bank: Bank) -> None:
    take(bank, "p1", 1)
    held = Held("a", 0, USD, 0, USD)
    assert bank.retire("p1", [held]) == []
    with store.unit() as unit:
        book(unit, bank, "p1", {PLACE: USD})
    assert bank.retire("p1", [held]) == [held]
    assert outstanding(store) == {}


def test_ceilings_nobody_leases_of_are_forgotten_and_their_spending_is_not(
    store: Store, bank: Bank, clock: FixedClock
) -> None:
    take(bank, "p1", 1)
    with store.unit() as unit:
        book(unit, bank, "p1", {PLACE: USD})
    clock.advance(days=2)
    assert bank.tidy() == 0
    bank.close("p1")
    assert bank.tidy() == 1
    assert take(bank, "p2", 9) == 9
    with store.read() as conn:
        assert spent_of(conn, [PLACE])[PLACE].nano == USD


# complaint: 5
def test_what_lies_unused_in_one_process_comes_to_another_that_needs_it(store: Store, clock: FixedClock) -> None:
    tree = tree_of(A)
    idle, busy = Spending(tree), Spending(tree)
    keepers = [keeper_of(store, idle, "idle"), keeper_of(store, busy, "busy")]
    path = path_of(tree)
    now = int(store.clock.now().timestamp() * 1000)
    assert isinstance(idle.reserve(path, 8 * USD, now), Short)
    keepers[0].step()
    held = idle.reserve(path, 8 * USD, now)
    assert isinstance(held, Hold)
    idle.settle(held, USD)
    assert isinstance(busy.reserve(path, 8 * USD, now), Short)
    keepers[1].step()
    found = busy.reserve(path, 8 * USD, now)
    assert isinstance(found, Short)
    assert found.why is Why.HOLDS_IN_FLIGHT
    woken: list[bool] = []
    busy.when_room(found, lambda: woken.append(True))
    clock.advance(seconds=1)
    now += 1000
    keepers[0].step()
    keepers[1].step()
    assert woken == [True]
    assert isinstance(busy.reserve(path, 8 * USD, now), Hold)


# complaint: 4
# complaint: 17
def test_the_database_may_be_away_at_the_start_and_come_later(store: Store, bank: Bank) -> None:
    spending = Spending(tree_of(A))
    path = path_of(spending)
    away = _Away(store)
    keeper = keeper_of(store, spending, "p1", away)
    now = int(store.clock.now().timestamp() * 1000)
    assert isinstance(spending.reserve(path, USD, now), Short)
    with pytest.raises(sa.exc.OperationalError):
        keeper.step()
    spending.away()
    found = spending.reserve(path, USD, now)
    assert isinstance(found, Short)
    assert found.why is Why.STORE_AWAY
    away.is_away = False
    spending.back()
    spending.reserve(path, USD, now)
    keeper.step()
    assert isinstance(spending.reserve(path, USD, now), Hold)


class _Away(Bank):
    is_away = True

    def take(self, process: str, wishes: list[LeaseWish], *, version: str = "") -> list:  # pyright: ignore[reportIncompatibleMethodOverride]
        if self.is_away:
            raise sa.exc.OperationalError("SELECT 1", {}, Exception("gone"))
        return super().take(process, wishes, version=version)


# ids: EC-21
def test_a_process_that_ends_leaves_nothing_behind(store: Store, bank: Bank) -> None:
    spending = Spending(tree_of(A))
    path = path_of(spending)
    keeper = keeper_of(store, spending, "p1", bank)
    now = int(store.clock.now().timestamp() * 1000)
    spending.reserve(path, USD, now)
    keeper.step()
    held = spending.reserve(path, USD, now)
    assert isinstance(held, Hold)
    spending.settle(held, USD // 2)
    with store.unit() as unit:
        book(unit, bank, "p1", {PLACE: USD // 2})
    keeper.stop()
    assert outstanding(store) == {}


def test_a_call_still_open_at_the_end_keeps_its_lease(store: Store, bank: Bank) -> None:
    spending = Spending(tree_of(A))
    path = path_of(spending)
    keeper = keeper_of(store, spending, "p1", bank)
    now = int(store.clock.now().timestamp() * 1000)
    spending.reserve(path, USD, now)
    keeper.step()
    assert isinstance(spending.reserve(path, USD, now), Hold)
    keeper.stop()
    assert outstanding(store) == {"p1": 1}
    assert standing(spending, "a").held_nano == USD


# ids: EC-22
def test_a_decision_about_a_ceiling_is_kept_and_journalled(store: Store) -> None:
    with store.unit() as unit:
        change_cap(unit, A, cap_usd=Decimal(25), by="person:jonas", reason="month end", window_start=0)
    with store.read() as conn:
        kept = decisions(conn, "a")
        fact = read_journal(conn, "budget:a")[-1]
    assert [(one.cap_usd, one.instead_of_usd, one.window_start, one.by) for one in kept] == [
        (Decimal(25), Decimal(10), 0, "person:jonas")
    ]
    assert (fact.kind, fact.payload["cap_usd"]) == ("budget.changed", "25")


@pytest.mark.parametrize("usd", ["-1", "0.0000000001", "3000000000"])
def test_a_ceiling_nobody_can_mean_is_refused(store: Store, usd: str) -> None:
    with store.unit() as unit, pytest.raises(WrongCap):
        change_cap(unit, A, cap_usd=Decimal(usd), by="person:jonas", reason="a slip")


def test_the_leases_of_a_lost_machine_are_given_up_by_a_person_with_a_reason(store: Store, clock: FixedClock) -> None:
    bank = Bank(store)
    take(bank, "lost", 9)
    with store.unit() as unit, pytest.raises(StillRenewed):
        release_leases(unit, "lost", by="person:ada", reason="burnt")
    clock.advance(seconds=31)
    with store.read() as conn:
        (found,) = process_leases(conn, at=clock.now())
    assert (found.process, found.unbooked_usd, found.is_overdue) == ("lost", Decimal(9), True)
    with store.unit() as unit:
        release_leases(unit, "lost", by="person:ada", reason="burnt")
    with store.unit() as unit, pytest.raises(UnknownProcess):
        release_leases(unit, "lost", by="person:ada", reason="burnt")
    assert take(bank, "p2", 10) == 10
    with store.read() as conn:
        fact = read_journal(conn, "workspace")[-1]
    assert (fact.kind, fact.payload["reason"]) == ("leases.released", "burnt")


def test_leases_that_nobody_can_need_any_more_go_back_by_themselves(store: Store, clock: FixedClock) -> None:
    take(Bank(store), "gone", 9)
    clock.advance(seconds=31)
    turns = iter(range(0, 10**9, 1000))
    keeper = Keeper(
        Bank(store),
        Spending(tree_of(A)),
        process="p2",
        clock=clock,
        held_of=lambda process: {} if process == "gone" else None,
        ticks=lambda: float(next(turns)),
    )
    keeper.step()
    assert outstanding(store) == {"gone": 0}


# ids: EC-22
def test_a_tree_that_is_not_read_anew_yet_leases_nothing_and_asks_no_faster_than_the_beat(store: Store) -> None:
    spending = Spending(tree_of(A))
    keeper = keeper_of(store, spending, "p1", Bank(store, version=lambda _conn: "newer"))
    spending.reserve(path_of(spending), USD, 0)
    keeper.step()
    assert outstanding(store) == {"p1": 0}
    assert not keeper._asked.is_set()  # pyright: ignore[reportPrivateUsage]
