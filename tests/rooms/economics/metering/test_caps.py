"""What is leased, journalled and booked together keeps a cap, whoever dies (ids: EC-21, EC-27)."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from tests.builders.budgets import USD, budget, path_of, tree_of
from tests.builders.metering import NOON, attempt, settlement

from tiebeam.economics.metering import ChargeJournal, adopt, check_usage, spent_of
from tiebeam.economics.metering.follower import Follower
from tiebeam.economics.spending import Bank, Hold, Spending
from tiebeam.economics.spending.tables import spend_lease
from tiebeam.economics.tables import usage_charge
from tiebeam.store import Store

CAP = USD
COST = CAP // 100


def _tree() -> Spending:
    return Spending(tree_of(budget("company", 1, level="organisation")))


def _call(spending: Spending, bank: Bank, journal: ChargeJournal, name: str, *, settles: bool = True) -> bool:
    """One call at its worst; whether there was room for it."""
    path = path_of(spending)
    hold = spending.reserve(path, COST, NOON)
    if not isinstance(hold, Hold):
        spending.granted(bank.take(journal.id, spending.wishes(NOON)), NOON)
        hold = spending.reserve(path, COST, NOON)
    if not isinstance(hold, Hold):
        return False
    journal.attempt(attempt(name, worst=COST, nodes=hold.nodes))
    if settles:
        journal.settle(settlement(name, nano=COST))
        spending.settle(hold, COST)
    return True


def _count(store: Store) -> int:
    with store.read() as conn:
        return conn.scalar(sa.select(sa.func.count()).select_from(usage_charge)) or 0


def test_a_cap_holds_while_nobody_writes_the_journal(store: Store, tmp_path: Path) -> None:
    # complaint: 8
    bank, spending = Bank(store), _tree()
    journal = ChargeJournal(tmp_path, id="p1")

    made = sum(_call(spending, bank, journal, f"a{number}") for number in range(150))

    assert _count(store) == 0
    assert 95 <= made <= 100
    follower = Follower(store, journal.folder, leases=bank)
    while follower.step():
        pass
    more = sum(_call(spending, bank, journal, f"b{number}") for number in range(50))
    assert _count(store) == made
    assert made + more <= 100
    journal.close()


def test_a_dead_process_s_lease_comes_back_less_what_it_spent_and_had_open(store: Store, tmp_path: Path) -> None:
    # complaint: 3
    bank = Bank(store)
    dead = ChargeJournal(tmp_path, id="dead")
    spending = _tree()
    for number in range(30):
        assert _call(spending, bank, dead, f"a{number}", settles=number % 3 > 0)
    dead.close()

    adopt(tmp_path, store, leases=bank)

    node = ("company", _window_start(spending))
    with store.read() as conn:
        assert conn.execute(sa.select(spend_lease.c.process)).scalars().all() == []
        spent = spent_of(conn, [node])[node]
        assert check_usage(conn) == []
    assert (spent.nano, spent.estimated_nano) == (30 * COST, 10 * COST)
    alive = ChargeJournal(tmp_path, id="alive")
    after = _tree()
    made = sum(_call(after, bank, alive, f"b{number}") for number in range(100))
    assert 65 <= made <= 70
    alive.close()


def _window_start(spending: Spending) -> int:
    (node,) = spending.snapshot()
    return node.window_start
