# ids: DESIGN 6 (ledger), A4, B17, D8, D12, EC-15, EC-16, EC-19
from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tiebeam.economics import (
    Economics,
    EntryKind,
    InvalidEntry,
    LedgerEntry,
    LedgerFilters,
    MissingRate,
    MixedCurrencies,
    Prices,
)
from tiebeam.errors import Invalid
from tiebeam.kit import FixedClock, plain
from tiebeam.spec import Instrumentation
from tiebeam.store import Store

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = AT.date()
INTENT = "finance.invoice-processing-matching"


def entry(kind: EntryKind, quantity: Any, **changes: Any) -> LedgerEntry:
    amount = changes.pop("amount", None)
    base = LedgerEntry(
        kind=kind,
        run_id="run_1",
        step_id="match",
        intent=INTENT,
        recipe=f"{INTENT}/three-way-match",
        team="accounts-payable",
        person=None,
        model=None,
        quantity=Decimal(quantity),
        usd_nano=None,
        amount=Decimal(amount) if amount is not None else None,
        currency="EUR" if amount is not None else None,
        at=AT,
        key=f"run_1:{kind.value}",
    )
    return replace(base, **changes)


def outcome(run: str, *, accepted: bool = True, **changes: Any) -> LedgerEntry:
    return entry(EntryKind.OUTCOME, int(accepted), run_id=run, step_id=None, key=f"{run}:outcome", **changes)


def review(run: str, minutes: str, cost: str) -> LedgerEntry:
    return entry(EntryKind.REVIEW_MINUTES, minutes, run_id=run, key=f"{run}:minutes", amount=cost, person="mara")


@pytest.fixture
def books(store: Store, clock: FixedClock) -> Economics:
    return Economics(store, prices=Prices({}, clock, rates={"USD": Decimal("0.9"), "EUR": Decimal(1)}))


def put(store: Store, books: Economics, *entries: LedgerEntry) -> int:
    with store.unit() as unit:
        return books.record(unit, entries)


def faults(store: Store, books: Economics) -> list[str]:
    with store.read() as conn:
        return books.check_ledger(conn)


def test_a_workflow_shows_its_cost_per_accepted_unit_against_the_baseline(store: Store, books: Economics) -> None:
    value = entry(EntryKind.VALUE, 12, amount="9.40")
    put(
        store,
        books,
        review("run_2", "6", "5.00"),
        outcome("run_1"),
        outcome("run_2"),
        outcome("run_3", accepted=False),
        value,
        replace(value, run_id="run_2", key="run_2:value"),
    )
    instrumentation = Instrumentation(
        accepted_when="true",
        baseline_cost_per_unit=Decimal("9.40"),
        baseline_minutes_per_unit=Decimal(12),
        baseline_source="time study, February 2026",
        metrics=("cost",),
    )
    with store.read() as conn:
        found = books.workflow_summary(conn, INTENT, since=DAY, until=DAY, instrumentation=instrumentation)
    assert (found.units, found.accepted, found.touchless, found.exceptions) == (3, 2, 1, 1)
    assert found.review_minutes == 6
    assert found.total_cost == Decimal("5.00")
    assert found.cost_per_accepted == Decimal("2.50")
    assert found.baseline_cost == Decimal("18.80")
    assert found.value == Decimal("13.80")
    assert found.touchless_share == Decimal(1) / 3
    assert found.baseline_source == "time study, February 2026"
    assert faults(store, books) == []


def test_nothing_accepted_means_no_cost_per_accepted_rather_than_zero(store: Store, books: Economics) -> None:
    put(store, books, outcome("run_1", accepted=False), review("run_1", "3", "2.50"))
    with store.read() as conn:
        found = books.workflow_summary(conn, INTENT, since=DAY, until=DAY)
        quiet = books.workflow_summary(conn, "finance.other", since=DAY, until=DAY)
    assert found.cost_per_accepted is None
    assert found.total_cost == Decimal("2.50")
    assert found.value == Decimal("-2.50")
    assert (quiet.units, quiet.cost_per_accepted, quiet.touchless_share, quiet.usd_per_mtok) == (0, None, None, None)


def test_the_same_line_twice_counts_once(store: Store, books: Economics) -> None:
    line = review("run_1", "3", "2.50")
    assert put(store, books, line, line) == 1
    assert put(store, books, line) == 0
    with store.read() as conn:
        assert books.run_cost(conn, "run_1").total_cost == Decimal("2.50")
    assert faults(store, books) == []


def test_a_unit_that_fails_leaves_neither_line_nor_rollup(store: Store, books: Economics) -> None:
    def fail_after_recording() -> None:
        with store.unit() as unit:
            books.record(unit, [review("run_1", "3", "2.50")])
            raise RuntimeError("the step failed")

    with pytest.raises(RuntimeError):
        fail_after_recording()
    with store.read() as conn:
        assert books.run_cost(conn, "run_1").review_minutes == 0
        assert books.daily(conn, INTENT, DAY, DAY)[0].total_cost == 0


def test_a_run_that_a_person_touched_without_counted_minutes_is_no_touchless_one(
    store: Store, books: Economics
) -> None:
    put(store, books, outcome("run_1", touched=True), outcome("run_2"))
    with store.read() as conn:
        found = books.workflow_summary(conn, INTENT, since=DAY, until=DAY)
    assert (found.touchless, found.exceptions) == (1, 1)


def test_a_runs_cost_is_shown_by_step(store: Store, books: Economics) -> None:
    tokens = entry(EntryKind.TOKENS, 1500, model="gpt-4o-mini", usd_nano=2_000_000_000, step_id="read")
    put(store, books, tokens, review("run_1", "2", "1.50"), entry(EntryKind.TOOL_CALL, 1))
    with store.read() as conn:
        cost = books.run_cost(conn, "run_1")
    assert cost.total_cost == Decimal("3.30")
    assert cost.by_step["read"].token_cost == Decimal("1.80")
    assert cost.by_step["match"].review_cost == Decimal("1.50")
    assert cost.tokens == 1500


def test_derived_figures_travel_with_the_tally(store: Store, books: Economics) -> None:
    put(store, books, outcome("run_1"), review("run_1", "2", "1.50"))
    with store.read() as conn:
        shown = plain(books.workflow_summary(conn, INTENT, since=DAY, until=DAY))
        cost = plain(books.run_cost(conn, "run_1"))
    assert (shown["total_cost"], shown["cost_per_accepted"], shown["value"]) == ("1.50", "1.50", "-1.50")
    assert set(cost["by_step"]) == {"", "match"}


def test_what_a_million_tokens_really_cost_is_answered_from_the_ledger(store: Store, books: Economics) -> None:
    # ids: EC-19
    put(store, books, entry(EntryKind.TOKENS, 2_000_000, model="m", usd_nano=5_000_000_000))
    with store.read() as conn:
        assert books.workflow_summary(conn, INTENT, since=DAY, until=DAY).usd_per_mtok == Decimal("2.5")


@pytest.mark.parametrize(
    "wrong",
    [
        entry(EntryKind.TOKENS, 10, model="m"),
        entry(EntryKind.TOKENS, 10, usd_nano=1),
        entry(EntryKind.REVIEW_MINUTES, 3),
        entry(EntryKind.VALUE, 3),
        entry(EntryKind.OUTCOME, 2),
        entry(EntryKind.TOOL_CALL, -1),
        entry(EntryKind.TOOL_CALL, "NaN"),
        entry(EntryKind.CHARGE, 1, amount="1", currency=None),
        entry(EntryKind.CHARGE, 1, amount="Infinity"),
        entry(EntryKind.TOOL_CALL, 1, at=datetime(2026, 3, 2)),  # noqa: DTZ001 - the mistake under test
    ],
)
def test_a_line_that_would_make_the_books_untrue_is_refused(store: Store, books: Economics, wrong: LedgerEntry) -> None:
    with pytest.raises(InvalidEntry):
        put(store, books, wrong)


def test_dollars_without_a_rate_are_an_error_not_zero(store: Store, clock: FixedClock) -> None:
    books = Economics(store, prices=Prices({}, clock))
    with pytest.raises(MissingRate, match="USD"):
        put(store, books, entry(EntryKind.TOKENS, 10, model="m", usd_nano=1))


def test_currencies_are_never_added_up(store: Store, books: Economics) -> None:
    put(
        store,
        books,
        review("run_1", "1", "1.00"),
        replace(review("run_2", "1", "1.00"), currency="PLN"),
    )
    with store.read() as conn, pytest.raises(MixedCurrencies):
        books.workflow_summary(conn, INTENT, since=DAY, until=DAY)


def test_every_day_of_a_range_has_a_line_and_an_endless_range_is_refused(store: Store, books: Economics) -> None:
    put(store, books, outcome("run_1"), outcome("run_2", at=AT + timedelta(days=2)))
    with store.read() as conn:
        days = books.daily(conn, INTENT, AT, AT + timedelta(days=3))
        assert [line.accepted for line in days] == [1, 0, 1, 0]
        assert days[1].day == date(2026, 3, 3)
        with pytest.raises(Invalid, match="shorter"):
            books.daily(conn, INTENT, date(2000, 1, 1), DAY)


def test_workflows_are_summed_up_side_by_side(store: Store, books: Economics) -> None:
    put(store, books, outcome("run_1"), outcome("run_2", intent="finance.other"))
    with store.read() as conn:
        assert [one.intent for one in books.summaries(conn, since=DAY, until=DAY)] == [INTENT, "finance.other"]


def test_ledger_lines_are_paged_and_filtered(store: Store, books: Economics) -> None:
    put(store, books, *(outcome(f"run_{number}") for number in range(5)), review("run_9", "1", "1"))
    with store.read() as conn:
        first = books.ledger_lines(conn, LedgerFilters(kind=EntryKind.OUTCOME), limit=2)
        assert [line["run_id"] for line in first.lines] == ["run_4", "run_3"]
        rest = books.ledger_lines(conn, LedgerFilters(kind=EntryKind.OUTCOME), limit=10, before=first.before)
        assert [line["run_id"] for line in rest.lines] == ["run_2", "run_1", "run_0"]
        assert rest.before is None
        assert len(books.ledger_lines(conn, LedgerFilters(run_id="run_9", since=DAY, until=DAY)).lines) == 1
        assert books.ledger_lines(conn, LedgerFilters(since=DAY + timedelta(days=1))).lines == ()


def test_a_rollup_that_was_tampered_with_is_noticed(store: Store, books: Economics) -> None:
    put(store, books, review("run_1", "3", "2.50"), outcome("run_1"))
    with store.unit() as unit:
        unit.conn.execute(sa.text("UPDATE ledger_daily SET amount = '0.50' WHERE kind = 'review_minutes'"))
    assert len(faults(store, books)) == 1
    with store.unit() as unit:
        unit.conn.execute(sa.text("DELETE FROM ledger_daily"))
    assert len(faults(store, books)) == 2


def test_workers_recording_at_once_lose_nothing(store: Store, books: Economics) -> None:
    def work(worker: int) -> None:
        for number in range(10):
            run = f"run_{worker}_{number}"
            put(store, books, review(run, "1", "0.10"), outcome(run))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as conn:
        found = books.workflow_summary(conn, INTENT, since=DAY, until=DAY)
    assert (found.units, found.review_cost) == (40, Decimal("4.00"))
    assert faults(store, books) == []


def test_a_sum_of_endless_fractions_beside_large_amounts_is_exact(store: Store, books: Economics) -> None:
    third = Decimal("0.3333333333333333333333333333")
    costs = [Decimal("1e24"), third, Decimal("0.0002"), third, Decimal("0.6343")]
    for number, cost in enumerate(costs):
        put(store, books, entry(EntryKind.REVIEW_MINUTES, 1, key=f"k{number}", run_id=f"run_{number}", amount=cost))
    with store.read() as conn:
        found = books.workflow_summary(conn, INTENT, since=DAY, until=DAY)
    assert found.total_cost == Decimal("1000000000000000000000001.3011666666666666666666666666")
    assert faults(store, books) == []


_numbers = count()
_lines = st.lists(
    st.tuples(
        st.sampled_from([EntryKind.REVIEW_MINUTES, EntryKind.OUTCOME, EntryKind.VALUE, EntryKind.CHARGE]),
        st.integers(0, 6),
        st.decimals("0", "1e24", places=4),
        st.integers(0, 3),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=_lines)
def test_the_rollup_is_always_the_sum_of_its_lines(
    store: Store, books: Economics, lines: list[tuple[EntryKind, int, Decimal, int]]
) -> None:
    intent = f"finance.example-{next(_numbers)}"
    entries = [
        entry(
            kind,
            number % 2 if kind is EntryKind.OUTCOME else number,
            run_id=f"{intent}:{number}",
            key=f"{intent}:{kind.value}:{number}",
            intent=intent,
            amount=None if kind is EntryKind.OUTCOME else amount,
            at=AT + timedelta(days=days),
        )
        for kind, number, amount, days in lines
    ]
    for half in (entries[: len(entries) // 2], entries):
        put(store, books, *half)
    kept = {one.key: one for one in reversed(entries)}.values()
    with store.read() as conn:
        found = books.workflow_summary(conn, intent, since=DAY, until=DAY + timedelta(days=3))
    spent = [one for one in kept if one.kind in {EntryKind.REVIEW_MINUTES, EntryKind.CHARGE}]
    with localcontext(prec=100):
        assert found.total_cost == sum((one.amount or Decimal(0) for one in spent), Decimal(0))
    assert found.units == sum(one.kind is EntryKind.OUTCOME for one in kept)
    assert found.touchless + found.exceptions <= found.units
    assert faults(store, books) == []
