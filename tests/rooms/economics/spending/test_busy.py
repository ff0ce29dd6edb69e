"""A database that many write to at once is busy, not away (ids: EC-21)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from tests.builders.budgets import USD, budget, graph_of, path_of, tree_of

from tiebeam.economics.spending import Bank, Keeper, Short, Spending, Why, refusal
from tiebeam.kit import RandomIds, SystemClock
from tiebeam.store import Store, is_busy
from tiebeam.store.tables import metadata

A = budget("a", 10, level="organisation", window="ever", usd_per_window=10)


@pytest.fixture
def file(tmp_path: Path) -> Store:
    clock = SystemClock()
    store = Store(f"sqlite:///{tmp_path / 'busy.sqlite'}", clock=clock, ids=RandomIds(clock))
    metadata.create_all(store.engine)
    return store


def test_a_locked_file_is_told_from_one_that_is_gone(file: Store, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "busy.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    impatient = sqlite3.connect(tmp_path / "busy.sqlite", timeout=0, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError) as locked:
        impatient.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as unknown:
        impatient.execute("SELECT * FROM nothing")

    assert is_busy(locked.value)
    assert is_busy(OperationalError("BEGIN", None, locked.value))
    assert not is_busy(unknown.value)
    assert not is_busy(OSError("gone"))
    for one in (other, impatient):
        one.close()
    file.close()


def test_calls_of_a_busy_file_wait_and_are_then_told_to_try_again(file: Store) -> None:
    tree = tree_of(A)
    spending = Spending(tree)
    keeper = Keeper(Bank(file), spending, process="p1", clock=file.clock)
    path, now = path_of(spending), int(file.clock.now().timestamp() * 1000)

    found = [spending.reserve(path, USD, now + waited) for waited in (0, 5_000, 20_000)]

    assert all(isinstance(one, Short) and one.why is Why.NEEDS_LEASE for one in found)
    assert isinstance(found[-1], Short)
    error = refusal(found[-1], tree=tree, graph=graph_of(A))
    assert (error.code, error.status, error.data["retry_after"]) == ("budgets_busy", 429, 1)
    assert not keeper.is_away
    file.close()
