"""Sums of model use are exact, and lead to the charges behind them."""

# ids: EC-19, EC-21
from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from shutil import copyfile

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.shared_data import shared_data
from tests.builders.use import charge, put

from tiebeam.economics.metering import Correction, Ended, Usage, correct
from tiebeam.economics.tables import usage_charge
from tiebeam.economics.totals import (
    By,
    ChargeFilters,
    Scope,
    Span,
    UnknownCall,
    UseFilters,
    charge_form,
    charges,
    grand_total,
    read_call,
    share_out,
    totals,
    totals_by_day,
    usd_text,
)
from tiebeam.errors import Invalid
from tiebeam.kit import CountingIds, FixedClock
from tiebeam.store import Store

DAY = date(2026, 3, 2)


@pytest.fixture
def filled(store: Store) -> Store:
    """Two teams over three days; one call needed two attempts."""
    put(
        store,
        [
            charge("a", DAY),
            charge("b", DAY, team="finance", workflow="invoices", model="large-1", nano=5_000_000_001),
            charge(
                "c", DAY + timedelta(days=1), usage=Usage(input=10, cached=20, cache_write=5, output=3, reasoning=4)
            ),
            charge("d1", DAY + timedelta(days=2), call_id="d", ended=Ended.BROKEN, concluded=False, nano=7),
            charge("d2", DAY + timedelta(days=2), call_id="d", upstream="beta", provider="beta", nano=9),
        ],
    )
    return store


def test_totals_are_exact_and_count_calls_not_attempts(filled: Store) -> None:
    with filled.read() as conn:
        finance, support = [one.form() for one in totals(conn, by=By.TEAM)]
    assert (finance["key"], finance["cost_usd"], finance["requests"]) == ("finance", "5.000000001", 1)
    assert support == {
        "key": "support",
        "requests": 3,
        "attempts": 4,
        "input_tokens": 3035,
        "cached_input_tokens": 20,
        "output_tokens": 307,
        "cost_usd": "0.000280016",
        "estimated_usd": "0",
        "retried_usd": "0.000000007",
    }


@pytest.mark.parametrize("by", list(By))
def test_whatever_they_are_added_up_by_they_come_to_the_same(filled: Store, by: By) -> None:
    with filled.read() as conn:
        found = totals(conn, by=by)
        whole = grand_total(conn)
        rows = conn.execute(sa.select(sa.func.sum(usage_charge.c.usd_nano))).scalar_one()
    assert sum(one.usd_nano for one in found) == whole.usd_nano == int(rows)
    assert sum(one.requests for one in found) == whole.requests == 4


def test_days_bound_a_sum_on_both_sides(filled: Store) -> None:
    with filled.read() as conn:
        (first,) = totals(conn, by=By.DAY, span=Span(DAY, DAY))
        later = grand_total(conn, span=Span(DAY + timedelta(days=1)))
        course = totals_by_day(conn, by=By.TEAM, span=Span(DAY, DAY + timedelta(days=2)))
    assert (first.key, first.requests) == ("2026-03-02", 2)
    assert later.requests == 2
    assert [(one.day.day, one.total.key) for one in course] == [
        (2, "finance"),
        (2, "support"),
        (3, "support"),
        (4, "support"),
    ]
    with pytest.raises(Invalid, match="earlier day first"):
        Span(DAY, DAY - timedelta(days=1))


@pytest.fixture(scope="module")
def months(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A charge on every third day of five months around a leap day, of powers of two: each sum tells its charges."""
    file = tmp_path_factory.mktemp("months") / "tiebeam.sqlite"
    copyfile(sqlite_template, file)
    opened = Store(f"sqlite:///{file}", clock=FixedClock(datetime(2028, 5, 1, tzinfo=UTC)), ids=CountingIds())
    put(opened, [charge(f"m{n}", FIRST + timedelta(days=3 * n), nano=2**n, team="ab"[n % 2]) for n in range(50)])
    yield opened
    opened.close()


FIRST = date(2027, 12, 15)
_days = st.none() | st.dates(FIRST - timedelta(days=40), FIRST + timedelta(days=190))


@given(_days, _days)
@settings(max_examples=150, deadline=None)
def test_whole_months_and_the_days_around_them_come_to_every_charge(
    months: Store, since: date | None, until: date | None
) -> None:
    if since and until and since > until:
        since, until = until, since
    days = {n: FIRST + timedelta(days=3 * n) for n in range(50)}
    wanted = [n for n, day in days.items() if (not since or day >= since) and (not until or day <= until)]
    span = Span(since, until)
    with months.read() as conn:
        assert grand_total(conn, span=span).usd_nano == sum(2**n for n in wanted)
        assert grand_total(conn, span=span, filters=UseFilters(agent="helper")).requests == len(wanted)
        by_team = {one.key: one.usd_nano for one in totals(conn, by=By.TEAM, span=span)}
    assert by_team == {
        team: sum(2**n for n in wanted if n % 2 == place)
        for place, team in enumerate("ab")
        if any(n % 2 == place for n in wanted)
    }


@pytest.mark.parametrize("edge", [date.min, date.max, date(9999, 12, 15), date(1, 1, 15)])
def test_the_ends_of_the_calendar_are_days_too(months: Store, edge: date) -> None:
    with months.read() as conn:
        assert grand_total(conn, span=Span(edge, edge)).requests == 0
        before, after = grand_total(conn, span=Span(None, edge)), grand_total(conn, span=Span(edge, None))
    assert before.requests + after.requests == 50


def test_nobody_sees_more_than_their_part(filled: Store) -> None:
    mine = Scope(teams=frozenset({"support"}))
    with filled.read() as conn:
        assert [one.key for one in totals(conn, by=By.TEAM, scope=mine)] == ["support"]
        assert totals(conn, by=By.TEAM, scope=Scope()) == []
        assert (
            totals(conn, by=By.TEAM, scope=Scope(everything=True, withheld=frozenset({"triage"})))[0].key == "finance"
        )
        assert charges(conn, scope=Scope()).charges == ()
        assert read_call(conn, "d", scope=mine).usd_nano == 16
        with pytest.raises(UnknownCall):
            read_call(conn, "call-b", scope=mine)


def test_a_sum_leads_to_its_charges_page_by_page(filled: Store) -> None:
    seen: list[str] = []
    with filled.read() as conn:
        before = None
        while True:
            page = charges(conn, ChargeFilters(use=UseFilters(team="support")), limit=2, before=before)
            seen += [row["id"] for row in page.charges]
            before = page.before
            if before is None:
                break
        one = charges(conn, ChargeFilters(use=UseFilters(provider="beta"))).charges[0]
        with pytest.raises(Invalid, match="continues no list"):
            charges(conn, before="2026-03-02")
    assert seen == ["d2", "d1", "c", "a"]
    assert charge_form(one)["cost_usd"] == "0.000000009"
    assert charge_form(one)["budgets"] == ["company"]


def test_a_call_shows_its_attempts_and_what_was_corrected(filled: Store) -> None:
    with filled.unit() as unit:
        correct(unit, [Correction("d2", 4)], actor="person:zoe", reason="the invoice says so")
    with filled.read() as conn:
        call = read_call(conn, "d")
        corrected = charges(conn, ChargeFilters(corrections=True)).charges
    assert [row["id"] for row in call.attempts] == ["d1", "d2"]
    assert [row["usd_nano"] for row in call.corrections] == [-5]
    assert call.usd_nano == 11
    assert [row["corrects"] for row in corrected] == ["d2"]
    assert call.form()["cost_usd"] == "0.000000011"


def test_an_execution_is_found_by_its_name(store: Store) -> None:
    put(store, [charge(f"x{n}", DAY + timedelta(days=n), execution="job-7") for n in range(3)] + [charge("y", DAY)])
    with store.read() as conn:
        page = charges(conn, ChargeFilters(execution="job-7"), limit=2)
        rest = charges(conn, ChargeFilters(execution="job-7"), limit=2, before=page.before)
    assert [row["id"] for row in (*page.charges, *rest.charges)] == ["x2", "x1", "x0"]
    assert rest.before is None


def workload() -> Iterator[dict[str, str]]:
    with (shared_data() / "llm_usage" / "gateway_workload.csv").open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def test_the_open_workload_comes_to_its_reference(store: Store) -> None:
    """Prices by hand: what is cached is part of the input and costs its own rate."""
    reference = json.loads((shared_data() / "llm_usage" / "ledger_reference.json").read_text("utf-8"))
    rates = {
        model: {part: int(Decimal(text) * 1000) for part, text in parts.items()}
        for model, parts in reference["prices_usd_per_1m_tokens"].items()
    }
    booked = []
    for number, row in enumerate(workload()):
        cached, rate = int(row["cached_input_tokens"]), rates[row["model"]]
        usage = Usage(input=int(row["input_tokens"]) - cached, cached=cached, output=int(row["output_tokens"]))
        nano = usage.input * rate["input"] + cached * rate["cached_input"] + usage.output * rate["output"]
        named = {name: row[name] for name in ("team", "workflow", "model")}
        booked.append(charge(f"w{number}", DAY, execution=row["run_id"], usage=usage, nano=nano, **named))
    put(store, booked)
    names = ("requests", "input_tokens", "cached_input_tokens", "output_tokens")
    with store.read() as conn:
        for by in ("team", "workflow", "model"):
            found = {one.key: one.form() for one in totals(conn, by=By(by))}
            expected = {one["key"]: one for one in reference["totals"] if one["by"] == by}
            assert found.keys() == expected.keys()
            for key, one in found.items():
                assert {name: one[name] for name in names} == {name: expected[key][name] for name in names}
                assert Decimal(one["cost_usd"]) == Decimal(expected[key]["cost_usd"])


@given(st.integers(-(10**18), 10**18), st.dictionaries(st.text(max_size=3), st.integers(0, 10**15), max_size=12))
def test_shares_add_up_to_what_is_shared(total: int, weights: dict[str, int]) -> None:
    parts = share_out(total, weights)
    assert parts.keys() == weights.keys()
    assert sum(parts.values()) == (total if weights else 0)
    whole = sum(weights.values())
    for name, part in parts.items():
        exact = Decimal(total) * weights[name] / whole if whole else Decimal(total) / len(weights)
        assert abs(part - exact) <= 1


@given(st.integers(-(10**20), 10**20))
def test_dollars_are_told_to_the_nano_dollar(nano: int) -> None:
    assert Decimal(usd_text(nano)) == Decimal(nano).scaleb(-9)
    assert "E" not in usd_text(nano)
