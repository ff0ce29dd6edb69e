"""Assumptions measured in the ledger, with cases, period and range; every figure reckoned by hand."""

# ids: EC-14, EC-16, DESIGN 6
from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import sqrt

import pytest
from tests.builders.adopted import INTENT, case_lines, line, stated

from tiebeam.economics import Economics, EntryKind, LedgerEntry, Prices
from tiebeam.economics.units import (
    NO_TOKENS,
    Measured,
    NoHistory,
    Prefilled,
    UnitCase,
    from_ledger,
    prefill,
    simulate,
)
from tiebeam.kit import FixedClock
from tiebeam.spec import Shape, UnitEconomics
from tiebeam.store import Store

OCTOBER = (date(2026, 10, 1), date(2026, 10, 28))
Z = 1.2815515655


@pytest.fixture
def books(store: Store, clock: FixedClock) -> Economics:
    clock.advance(seconds=(datetime(2026, 10, 29, tzinfo=UTC) - clock.now()).total_seconds())
    return Economics(store, prices=Prices({}, clock, rates={"USD": Decimal("0.9"), "EUR": Decimal(1)}))


def put(store: Store, books: Economics, *lines: LedgerEntry) -> None:
    with store.unit() as unit:
        books.record(unit, lines)


def four_weeks() -> list[LedgerEntry]:
    """28 days of 10, 10, 10 and 14 cases a day by week; of each ten, nine accepted, two looked at: 6 and 9 minutes."""
    lines: list[LedgerEntry] = []
    for number in range(28):
        for case in range(14 if number >= 21 else 10):
            minutes = {1: "6", 2: "9"}.get(case, "0")
            day = OCTOBER[0] + timedelta(days=number)
            lines += case_lines(day, case, minutes=minutes, accepted=case != 9)
    return lines


def measured(store: Store, books: Economics, economics: UnitEconomics | None = None) -> Prefilled:
    with store.read() as conn:
        return prefill(books.history(conn, INTENT), economics or stated(), intent=INTENT)


def by_name(found: Prefilled) -> dict[str, Measured]:
    return {one.name: one for one in found.figures}


def test_four_weeks_by_hand(store: Store, books: Economics) -> None:
    put(store, books, *four_weeks())
    found = measured(store, books)
    figures = by_name(found)
    assert (found.since, found.until) == OCTOBER
    # 21 * 10 + 7 * 14 = 308 cases in 28 days; a month has 30.4375.
    volume = figures["units_per_month"]
    assert volume.value == Decimal("334.8125")
    # Weeks of 70, 70, 70 and 98: deviation 14; a month is 4.348 weeks long.
    assert float(volume.high or 0) == pytest.approx(334.8125 + Z * 14 * sqrt(30.4375 / 7), abs=1e-4)
    assert float(volume.low or 0) == pytest.approx(334.8125 - Z * 14 * sqrt(30.4375 / 7), abs=1e-4)
    # One of ten is not accepted, for 28 days: 280 of 308.
    assert figures["acceptance_rate"].value == Decimal("0.909091")
    # Two a day are looked at: 56 of 308, 7.5 minutes on average.
    assert figures["exception_rate"].value == Decimal("0.181818")
    review = figures["review_minutes_per_exception"]
    assert (review.value, review.n) == (Decimal("7.5"), 56)
    # 28 times 6 and 28 times 9 minutes: deviation 1.5 * sqrt(56 / 55), over the root of 56.
    assert float(review.high or 0) == pytest.approx(7.5 + Z * 1.5 * sqrt(56 / 55) / sqrt(56), abs=1e-4)
    assert figures["review_cost_per_hour"].value == 40
    assert volume.source == "ledger 2026-10-01..2026-10-28, n=308 cases, spread of 4 weeks"


def test_shares_have_the_wilson_interval_of_eight_in_ten(store: Store, books: Economics) -> None:
    put(store, books, *four_weeks())
    rate = by_name(measured(store, books))["exception_rate"]
    n, p = 308, 56 / 308
    centre, spread = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    assert float(rate.low or 0) == pytest.approx((centre - spread) / (1 + Z * Z / n), abs=1e-6)
    assert float(rate.high or 0) == pytest.approx((centre + spread) / (1 + Z * Z / n), abs=1e-6)


def test_the_case_says_which_figures_come_from_the_ledger(store: Store, books: Economics) -> None:
    put(store, books, *four_weeks())
    before = UnitCase(INTENT, "EUR", stated(review_share="0.2", review_minutes=3), NO_TOKENS)
    case = from_ledger(before, measured(store, books))
    figures = case.figures()
    assert (figures["exception_rate"].source or "").startswith("ledger 2026-10-01..2026-10-28, n=308")
    assert figures["exception_rate"].shape is Shape.NORMAL
    assert figures["exception_rate"].checked == OCTOBER[1]
    assert figures["platform_cost_per_month"].source is None, "what nobody measured stays as stated"
    # Whoever is looked at as a rule is among the touched cases already.
    assert figures["review_share"].value == 0
    # 334.8125 cases, 18.1818 % of them 7.5 minutes at 40 an hour, and 210 fixed, over 90.9091 % accepted.
    people = Decimal("334.8125") * Decimal("0.181818") * Decimal("7.5") / 60 * 40
    expected = (people + 210) / (Decimal("334.8125") * Decimal("0.909091"))
    assert case.exactly()["cost_per_accepted"] == pytest.approx(expected)
    spread = simulate(case).spreads["cost_per_accepted"]
    assert spread.p10 < float(expected) < spread.p90


def test_tokens_are_split_as_the_assumptions_split_them(store: Store, books: Economics) -> None:
    tokens = [
        line(
            EntryKind.TOKENS,
            OCTOBER[0] + timedelta(days=day),
            case,
            quantity=Decimal(4000 + 400 * (case % 2)),
            model="some-model",
            usd_nano=1,
            run=f"run_{OCTOBER[0] + timedelta(days=day)}_{case}",
        )
        for day in range(28)
        for case in range(10)
    ]
    put(store, books, *four_weeks(), *tokens)
    economics = stated(input_tokens_per_unit=3000, output_tokens_per_unit=1000, model="some-model")
    figures = by_name(measured(store, books, economics))
    # 280 cases of 4,200 on average over 308 cases: 3,818.18 each, three quarters read.
    assert float(figures["input_tokens_per_unit"].value) == pytest.approx(3 / 4 * 4200 * 280 / 308, abs=1e-5)
    assert float(figures["output_tokens_per_unit"].value) == pytest.approx(1 / 4 * 4200 * 280 / 308, abs=1e-5)
    assert "split as stated" in figures["input_tokens_per_unit"].source
    # Without a model nobody knows what they cost, so they are left out and it is said.
    left_out = dict(measured(store, books).left_out)
    assert "name no model" in left_out["input_tokens_per_unit"]


def test_few_cases_measure_nothing(store: Store, books: Economics) -> None:
    with pytest.raises(NoHistory, match="holds nothing of"):
        measured(store, books)
    put(store, books, *(one for number in range(19) for one in case_lines(OCTOBER[0], number)))
    with pytest.raises(NoHistory, match="19 cases over 28 days"):
        measured(store, books)


def test_a_young_workflow_is_measured_from_its_first_day(store: Store, books: Economics) -> None:
    days = [date(2026, 10, 19) + timedelta(days=number) for number in range(10)]
    put(store, books, *(one for day in days for number in range(3) for one in case_lines(day, number)))
    found = measured(store, books)
    volume = by_name(found)["units_per_month"]
    # 30 cases in 10 days: 91.3125 a month, give or take what counting gives: the root of 30 over 0.3285 months.
    assert (found.since, volume.value) == (days[0], Decimal("91.3125"))
    assert float(volume.high or 0) == pytest.approx(91.3125 + Z * sqrt(30) * 3.04375, abs=1e-3)
    assert dict(found.left_out)["review_minutes_per_exception"] == "fewer than two cases were looked at by a person"
    assert by_name(found)["acceptance_rate"].high == 1


def test_the_range_of_days_is_bounded(store: Store, books: Economics) -> None:
    put(store, books, *four_weeks())
    with store.read() as conn:
        early = books.history(conn, INTENT, since=date(2026, 10, 1), until=date(2026, 10, 7))
    assert early is not None
    assert (early.days, early.tally.units, early.minutes_by_case.count(Decimal(6))) == (7, 70, 7)
