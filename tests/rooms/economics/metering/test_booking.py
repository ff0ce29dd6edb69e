"""Charges from elsewhere, corrections, proof, and months that leave the database (ids: EC-21, EC-20)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.builders.metering import NODES, NOON, attempt, prices, settlement

from tiebeam.economics.entries import EntryKind
from tiebeam.economics.ledger import Economics
from tiebeam.economics.metering import (
    Correction,
    CorrectsCorrection,
    Ended,
    Metered,
    Projection,
    RunPlace,
    UnknownCharge,
    Usage,
    book,
    check_usage,
    correct,
    empty_charges,
    spent_of,
)
from tiebeam.economics.prices import Prices
from tiebeam.economics.tables import ledger_entry, usage_charge, usage_daily, usage_journal, usage_spend
from tiebeam.errors import Invalid
from tiebeam.store import Store, read_journal

DAY = 86_400_000


def _charge(name: str, *, day: int = 0, **changes: Any) -> Metered:
    made = attempt(
        name, at=NOON + day * DAY, **{k: v for k, v in changes.items() if k in ("team", "nodes", "execution")}
    )
    rest = {k: v for k, v in changes.items() if k not in ("team", "nodes", "execution")}
    return Metered(made, settlement(name, **rest))


def _rows(store: Store, table: sa.Table = usage_charge) -> list[dict[str, Any]]:
    with store.read() as conn:
        return [dict(row) for row in conn.execute(sa.select(table)).mappings()]


def _faults(store: Store) -> list[str]:
    with store.read() as conn:
        return check_usage(conn)


def _runs(conn: sa.Connection, ids: Collection[str]) -> dict[str, RunPlace]:
    return {one: RunPlace("finance.invoices", "finance.invoices/exact", "finance") for one in ids if one == "run_1"}


def test_what_is_booked_twice_counts_once(store: Store) -> None:
    charges = [_charge("a"), _charge("b"), _charge("a")]
    with store.unit() as unit:
        new = book(unit, charges, prices={"digest-of-small": {"source": "a bill"}})
    with store.unit() as unit:
        again = book(unit, charges)

    assert ([one.attempt.id for one in new], again) == (["a", "b"], [])
    assert sum(row["usd_nano"] for row in _rows(store, usage_daily)) == 280_000
    assert _faults(store) == []


def test_a_correction_is_a_further_charge_and_nothing_is_changed(store: Store) -> None:
    with store.unit() as unit:
        book(unit, [_charge("a")])
    before = _rows(store)
    with store.unit() as unit:
        (name,) = correct(unit, [Correction("a", 150_000)], actor="person:ada", reason="the bill says 15 cents")
    with store.unit() as unit:
        none = correct(unit, [Correction("a", 150_000)], actor="person:ada", reason="the bill says 15 cents")

    rows = _rows(store)
    assert rows[0] == before[0]
    further = rows[1]
    assert (further["id"], further["corrects"], further["usd_nano"]) == (name, "a", 10_000)
    assert (further["call_id"], further["day"], further["nodes"]) == ("call-a", "2026-03-02", before[0]["nodes"])
    assert further["route"] == "correction: the bill says 15 cents"
    assert none == []
    (day,) = _rows(store, usage_daily)
    assert (day["requests"], day["attempts"], day["usd_nano"], day["input_tokens"]) == (1, 1, 150_000, 1000)
    with store.read() as conn:
        assert spent_of(conn, [NODES[0]])[NODES[0]].nano == 150_000
        (fact,) = read_journal(conn, "ledger:use")
    assert (fact.actor, fact.payload["usd_nano_by_charge"]) == ("person:ada", {"a": 10_000})
    assert _faults(store) == []


def test_reconciling_a_lost_attempt_takes_the_estimate_back_and_gives_its_budget_room(store: Store) -> None:
    # complaint: 2
    lost = _charge("a", nano=10_000_000, usage=Usage(), ended=Ended.LOST, estimated=True)
    with store.unit() as unit:
        book(unit, [lost])
    with store.unit() as unit:
        ids = correct(
            unit, [Correction("a", 140_000, Usage(input=900, output=80))], actor="person:ada", reason="the bill"
        )

    assert len(ids) == 2
    with store.read() as conn:
        spent = spent_of(conn, [NODES[0]])[NODES[0]]
    assert (spent.nano, spent.estimated_nano, spent.requests) == (140_000, 0, 1)
    (day,) = _rows(store, usage_daily)
    assert (day["usd_nano"], day["estimated_nano"], day["input_tokens"], day["output_tokens"]) == (140_000, 0, 900, 80)
    assert _faults(store) == []
    with store.unit() as unit:
        assert correct(unit, [Correction("a", 140_000)], actor="person:ada", reason="again") == []


@given(wishes=st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 5_000)), min_size=1, max_size=5))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_corrections_a_charge_comes_to_the_last_one(store: Store, wishes: list[tuple[int, int]]) -> None:
    name = store.ids.new("charge")
    with store.unit() as unit:
        book(unit, [_charge(name, estimated=len(wishes) % 2 == 0)])
    for nano, tokens in wishes:
        with store.unit() as unit:
            correct(unit, [Correction(name, nano, Usage(input=tokens))], actor="person:ada", reason="a bill")

    rows = [row for row in _rows(store) if name in (row["id"], row["corrects"])]
    assert sum(row["usd_nano"] for row in rows) == wishes[-1][0]
    assert sum(row["input_tokens"] for row in rows) == wishes[-1][1]
    assert sum(row["output_tokens"] for row in rows) == 0
    assert sum(row["usd_nano"] for row in rows if row["estimated"]) == 0
    assert _faults(store) == []


def test_corrections_that_make_no_sense_are_refused(store: Store) -> None:
    with store.unit() as unit:
        book(unit, [_charge("a")])
        (further,) = correct(unit, [Correction("a", 1)], actor="person:ada", reason="a bill")

    def refused(wanted: list[Correction], reason: str = "a bill") -> None:
        with store.unit() as unit:
            correct(unit, wanted, actor="person:ada", reason=reason)

    with pytest.raises(UnknownCharge, match="'never'"):
        refused([Correction("never", 1)])
    with pytest.raises(CorrectsCorrection, match="name 'a' instead"):
        refused([Correction(further, 1)])
    with pytest.raises(Invalid, match="say why"):
        refused([Correction("a", 2)], reason=" ")
    with pytest.raises(Invalid, match="each charge once"):
        refused([Correction("a", 2), Correction("a", 3)])
    assert len(_rows(store)) == 2


def test_a_run_s_attempts_are_lines_of_the_ledger_of_runs_and_so_are_their_corrections(store: Store) -> None:
    economics = Economics(store, prices=prices(store.clock))
    projection = Projection(store, economics.prices, _runs)
    ours = Metered(attempt("a", execution="run_1", step_id="extract", is_run=True), settlement("a"))
    theirs = Metered(attempt("b", execution="their-agent-7", is_run=False), settlement("b"))
    strange = Metered(attempt("c", execution="run_2", is_run=True), settlement("c"))
    free = Metered(attempt("d", execution="run_1", is_run=True), settlement("d", nano=0, usage=Usage()))
    with store.unit() as unit:
        booked = book(unit, [ours, theirs, strange, free])
        projection.add(unit, booked)
    with store.unit() as unit:
        correct(unit, [Correction("a", 150_000)], actor="person:ada", reason="a bill", projection=projection)

    with store.read() as conn:
        cost = economics.run_cost(conn, "run_1")
        lines = [dict(row) for row in conn.execute(sa.select(ledger_entry)).mappings()]
        assert economics.check_ledger(conn) == []
    assert lines[0]["key"] == "charge:a"
    assert len(lines) == 2
    assert (lines[0]["kind"], lines[0]["step_id"], lines[0]["model"]) == (EntryKind.TOKENS, "extract", "small-1")
    assert (cost.token_usd_nano, cost.tokens) == (150_000, 1100)


def test_a_run_s_charge_without_a_rate_of_exchange_is_booked_in_dollars(store: Store) -> None:
    projection = Projection(store, prices(store.clock), _runs)
    projection.use(Prices({}, store.clock, currency="EUR"))
    ours = Metered(attempt("a", execution="run_1", is_run=True), settlement("a"))
    with store.unit() as unit:
        projection.add(unit, book(unit, [ours]))

    (line,) = _rows(store, ledger_entry)
    assert (line["currency"], line["usd_nano"]) == ("USD", 140_000)


def test_a_closed_month_leaves_in_batches_and_the_books_can_still_be_proved(store: Store) -> None:
    # complaint: 20
    charges = [
        _charge(
            f"d{day}-{number}", day=day, nano=day + number, nodes=(("organisation", 0), (f"team-{number % 3}", day))
        )
        for day in range(-3, 2)
        for number in range(7)
    ]
    with store.unit() as unit:
        book(unit, charges)
        correct(unit, [Correction("d-3-1", 500)], actor="person:ada", reason="a bill")
        last = unit.conn.scalar(sa.select(sa.func.max(usage_charge.c.seq)))
    with store.unit() as unit:
        late = _charge("late", day=-3)
        book(unit, [late])
    sums_before = _rows(store, usage_daily), _rows(store, usage_spend)

    gone = empty_charges(store, before=date(2026, 3, 1), last_seq=last, batch=4)

    assert gone == 15
    left = {row["id"] for row in _rows(store)}
    assert "late" in left
    assert {row["day"] for row in _rows(store)} == {"2026-02-27", "2026-03-01", "2026-03-02", "2026-03-03"}
    assert (_rows(store, usage_daily), _rows(store, usage_spend)) == sums_before
    assert _faults(store) == []
    assert empty_charges(store, before=date(2026, 3, 1), last_seq=last) == 0
    with pytest.raises(UnknownCharge), store.unit() as unit:
        correct(unit, [Correction("d-3-2", 1)], actor="person:ada", reason="a bill")


def test_the_proof_finds_what_was_changed_behind_it(store: Store) -> None:
    with store.unit() as unit:
        book(unit, [_charge("a"), _charge("b", day=-3)])
    empty_charges(store, before=date(2026, 3, 1), last_seq=10**9)
    with store.unit() as unit:
        unit.conn.execute(sa.update(usage_charge).where(usage_charge.c.id == "a").values(usd_nano=139_999))
    changed_row = _faults(store)
    with store.unit() as unit:
        unit.conn.execute(sa.update(usage_charge).where(usage_charge.c.id == "a").values(usd_nano=140_000))
        unit.conn.execute(
            sa.update(usage_daily).where(usage_daily.c.day == "2026-02-27").values(usd_nano=usage_daily.c.usd_nano + 1)
        )
        unit.conn.execute(sa.delete(usage_spend).where(usage_spend.c.node == "finance"))

    faults = _faults(store)

    assert len(changed_row) == 4
    assert "usd_nano 139999 ≠ 140000" in changed_row[0]
    assert len(faults) == 3
    assert faults[0].startswith("2026-02-27")
    assert "days ≠ month" in faults[1]
    assert "'finance'" in faults[2]


def test_positions_of_journals_long_gone_are_dropped(store: Store) -> None:
    with store.unit() as unit:
        for name, days in (("old", 40), ("new", 1)):
            values = {"journal": name, "segment": 1, "offset": 0, "slot": 0, "seen_at": unit.now - timedelta(days=days)}
            unit.conn.execute(sa.insert(usage_journal).values(values))
    empty_charges(store, before=date(2026, 1, 1), last_seq=0)

    assert [row["journal"] for row in _rows(store, usage_journal)] == ["new"]
