"""Answers that outgrow what was held for them."""

from __future__ import annotations

from pathlib import Path

import msgspec
from tests.builders.budgets import USD, budget, path_of, tree_of
from tests.builders.metering import NOON, attempt

from tiebeam.economics.metering import ChargeJournal, adopt, check_usage, spent_of
from tiebeam.economics.spending import Bank, Hold, Spending
from tiebeam.store import Store


def held(spending: Spending, bank: Bank, nano: int) -> Hold:
    path = path_of(spending)
    found = spending.reserve(path, nano, NOON)
    if not isinstance(found, Hold):
        spending.granted(bank.take("dead", spending.wishes(NOON)), NOON)
        found = spending.reserve(path, nano, NOON)
    assert isinstance(found, Hold)
    return found


# ids: EC-27
def test_a_process_that_dies_in_an_answer_that_outgrew_its_bound_is_charged_all_it_held(
    store: Store, tmp_path: Path
) -> None:
    bank = Bank(store)
    spending = Spending(tree_of(budget("company", 1, level="organisation")))
    journal = ChargeJournal(tmp_path, id="dead")
    first = held(spending, bank, USD // 10)
    made = attempt("a1", worst=first.nano, nodes=first.nodes)
    journal.attempt(made)
    more = held(spending, bank, USD // 4)
    journal.attempt(msgspec.structs.replace(made, worst=first.nano + more.nano))
    journal.close()
    adopt(tmp_path, store, leases=bank)
    with store.read() as conn:
        (spent,) = spent_of(conn, first.nodes).values()
        assert check_usage(conn) == []
    assert (spent.nano, spent.estimated_nano) == (USD * 35 // 100, USD * 35 // 100)


def test_holds_of_one_call_end_together(store: Store) -> None:
    bank, spending = Bank(store), Spending(tree_of(budget("company", 1, level="organisation")))
    first, more = held(spending, bank, USD // 10), held(spending, bank, USD // 4)
    spending.settle(first, USD // 5, also=[more])
    spending.settle(more, USD)
    (stands,) = spending.snapshot()
    assert (stands.held_nano, stands.spent_nano) == (0, USD // 5)
    assert not [one for one in spending.wishes(NOON) if one.overdrawn_nano]
