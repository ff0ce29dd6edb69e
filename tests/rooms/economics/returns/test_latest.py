"""The latest executions: whole, newest first, once each, and only those one may see."""

# ids: EC-19, EC-21
from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.builders.adopted import INTENT, case_lines
from tests.builders.use import charge, put

from tiebeam.economics import Economics, Prices
from tiebeam.economics.returns import LatestExecution, latest_executions
from tiebeam.economics.totals import Scope, Span, UseFilters
from tiebeam.kit import FixedClock
from tiebeam.store import Store

DAY = date(2026, 3, 2)
EVERYTHING = Scope(everything=True)


def prices(store: Store) -> Prices:
    return Prices({}, FixedClock(store.clock.now()), rates={"USD": Decimal("0.8"), "EUR": Decimal(1)})


def latest(
    store: Store, *, scope: Scope = EVERYTHING, limit: int = 50, workflow: str | None = None
) -> list[LatestExecution]:
    span, filters = Span(DAY, DAY + timedelta(days=3)), UseFilters(workflow=workflow)
    with store.read() as conn:
        return latest_executions(conn, span=span, prices=prices(store), filters=filters, limit=limit, scope=scope)


def test_an_execution_is_listed_once_with_all_it_ever_cost(store: Store) -> None:
    before = DAY - timedelta(days=9)
    put(
        store,
        [
            charge("old", before, execution="long", nano=5),
            charge("a", DAY, execution="short", nano=7),
            charge("b", DAY + timedelta(days=1), execution="long", nano=11),
            charge("retry", DAY + timedelta(days=1), execution="long", nano=1, concluded=False),
            charge("c", DAY + timedelta(days=2), execution="late", nano=13),
            charge("nameless", DAY + timedelta(days=3), nano=17),
            charge("elsewhere", before, execution="gone", nano=19),
        ],
    )
    found = latest(store)
    assert [(one.execution, one.usd_nano, one.calls) for one in found] == [
        ("late", 13, 1),
        ("long", 17, 2),
        ("short", 7, 1),
    ]
    assert [one.execution for one in latest(store, limit=2)] == ["late", "long"]


def test_what_one_may_not_see_is_neither_listed_nor_added(store: Store) -> None:
    put(
        store,
        [
            charge("a", DAY, execution="mine", nano=1),
            charge("b", DAY, execution="mine", nano=2, team="sales", workflow="offers"),
            charge("c", DAY, execution="theirs", nano=4, team="sales", workflow="offers"),
        ],
    )
    found = latest(store, scope=Scope(teams=frozenset({"support"})))
    assert [(one.execution, one.team, one.usd_nano) for one in found] == [("mine", "support", 1)]
    assert {one.execution for one in latest(store, workflow="offers")} == {"mine", "theirs"}
    assert latest(store, scope=Scope()) == []


def test_a_run_of_ours_brings_its_value_at_the_rate_of_the_workspace(store: Store) -> None:
    lines = case_lines(DAY, 1)
    with store.unit() as unit:
        Economics(store, prices=prices(store)).record(unit, lines)
    run = lines[0].run_id
    put(store, [charge("a", DAY, execution=run, team="accounts-payable", workflow=INTENT, nano=3)])
    (one,) = latest(store)
    # Five euros at 0.8 euros for a dollar.
    assert (one.accepted, one.value_nano) == (1, 6_250_000_000)
