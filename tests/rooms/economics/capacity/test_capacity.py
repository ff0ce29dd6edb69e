"""Dedicated capacity against metered tokens, by hand."""

# ids: EC-26, D16
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from tests.builders.spreadsheet import Spreadsheet

from tiebeam.economics import workbook
from tiebeam.economics.capacity import (
    CapacityQuestion,
    Metered,
    NoCapacity,
    WrongCapacity,
    capacity_of,
    capacity_sheet,
    plan_capacity,
)
from tiebeam.economics.prices import StalePrice
from tiebeam.spec import Capability, Price, ProvisionedCapacity

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def capacity(**changes: Any) -> ProvisionedCapacity:
    stated = {"usd_per_hour": "10", "tokens_per_minute": 100_000, "since": "2026-01-01", "source": "offer"}
    return ProvisionedCapacity.model_validate({**stated, "checked": "2026-11-01", **changes})


def question(tokens: str = "1000000000", **changes: Any) -> CapacityQuestion:
    stated: dict[str, Any] = {
        "capacity": capacity(),
        "metered": Metered(Decimal(5), "list"),
        "tokens_per_month": Decimal(tokens),
        "months": 1,
    }
    return CapacityQuestion(**{**stated, **changes})


def test_one_unit_costs_its_hours_and_breaks_even_where_metered_tokens_cost_as_much() -> None:
    # 730 h x 10 = 7,300 a month; 730 x 60 x 100,000 = 4.38e9 tokens at most; 7,300 / 5 x 1e6 = 1.46e9 break even.
    plan = plan_capacity(question())
    assert (plan.units, plan.lines["fixed_usd"], plan.lines["metered_usd"]) == (1, 7_300, 5_000)
    assert plan.break_even_tokens_per_month == 1_460_000_000
    assert plan.lines["break_even_utilisation"] == pytest.approx(Decimal(1_460) / Decimal(4_380))
    assert plan.lines["utilisation"] == pytest.approx(Decimal(1_000) / Decimal(4_380))
    assert not plan.is_dedicated_cheaper
    assert plan.cheapest_units == 0
    assert ("not_cheapest", "everything metered would cost less over these months") in plan.warnings


def test_units_are_whole_and_what_is_beyond_them_is_metered() -> None:
    # 5e9 tokens: one unit does 4.38e9, 0.62e9 run over at 5 a million = 3,100. Two units would cost 14,600.
    plan = plan_capacity(question("5000000000"))
    assert (plan.units, plan.cheapest_units) == (1, 1)
    assert plan.lines["fixed_usd"] == 7_300
    assert (plan.month[0].overflow, plan.lines["overflow_usd"]) == (620_000_000, 3_100)
    assert plan.lines["dedicated_usd"] == 10_400
    assert plan.lines["metered_usd"] == 25_000
    assert plan.lines["saved_usd"] == 14_600
    assert plan.lines["dedicated_usd_per_mtok"] == Decimal("2.08")
    two = plan_capacity(question("5000000000", units=2))
    assert (two.lines["dedicated_usd"], two.lines["overflow_usd"]) == (14_600, 0)
    assert two.lines["utilisation"] == pytest.approx(Decimal(5_000) / Decimal(8_760))
    assert [one.units for one in two.options] == [0, 1, 2]


def test_a_unit_dearer_than_the_same_tokens_never_pays() -> None:
    plan = plan_capacity(question("1", metered=Metered(Decimal(1), "list")))
    assert plan.break_even_tokens_per_month is None
    assert "never_pays" in dict(plan.warnings)


def test_a_commitment_is_paid_whole_whether_used_or_not() -> None:
    # 14 months with yearly commitments are 24 paid: 24 x 7,300 = 175,200 against 14 x 10,000 metered.
    asked = question("2000000000", capacity=capacity(commitment_months=12), months=14)
    plan = plan_capacity(asked)
    assert plan.lines["paid_months"] == 24
    assert plan.lines["fixed_usd"] == 175_200
    assert plan.lines["metered_usd"] == 140_000
    assert not plan.is_dedicated_cheaper
    assert "paid_beyond" in dict(plan.warnings)
    by_the_hour = plan_capacity(replace(asked, capacity=capacity()))
    assert by_the_hour.lines["fixed_usd"] == 102_200
    assert by_the_hour.is_dedicated_cheaper
    # Of 175,200 the used part is 14 x 2e9 of 24 x 4.38e9 tokens.
    used = Decimal(28_000) / Decimal(24 * 4_380)
    assert plan.lines["idle_usd"] == pytest.approx(175_200 * (1 - used))


def test_locking_in_a_price_loses_where_metered_prices_fall() -> None:
    # 2e9 tokens at 5: 10,000 a month against 7,300. Falling by 99 % a year the sum over 12 months is far below.
    steady = plan_capacity(question("2000000000", months=12))
    falling = plan_capacity(question("2000000000", months=12, metered_falls_per_year=Decimal("0.99")))
    assert steady.is_dedicated_cheaper
    assert not falling.is_dedicated_cheaper
    # By hand: month 2 costs 10,000 x 0.01 ** (1/12) = 6,812.92.
    assert falling.month[1].metered_usd == pytest.approx(Decimal("6812.92"), abs=Decimal("0.01"))


def test_growth_and_hours_in_which_nobody_works_change_how_much_a_unit_does() -> None:
    # 8 of 24 hours: a unit does 1.46e9. Month 3 at 10 % growth: 1.21e9.
    plan = plan_capacity(
        question(months=3, growth_per_month=Decimal("0.1"), busy_share=Decimal(8) / Decimal(24), units=1)
    )
    assert plan.lines["tokens_per_unit_month"] == pytest.approx(Decimal(1_460_000_000))
    assert plan.month[2].tokens == 1_210_000_000


def test_only_frontier_work_is_worth_capacity_of_its_own_without_a_second_thought() -> None:
    saturated = Metered(Decimal(5), "list", Capability.SATURATED_TASK)
    frontier = Metered(Decimal(5), "list", Capability.FRONTIER)
    assert "not_frontier" in dict(plan_capacity(question(metered=saturated)).warnings)
    assert "not_frontier" not in dict(plan_capacity(question(metered=frontier)).warnings)


def test_the_capacity_of_a_day_and_a_commitment_is_found() -> None:
    def offered(**changes: Any) -> dict[str, Any]:
        return capacity(**changes).model_dump()

    record = Price.model_validate(
        {
            "id": "ptu",
            "provider": "azure",
            "model": "m",
            "capacity": [
                offered(since="2026-01-01", usd_per_hour="10"),
                offered(since="2026-06-01", usd_per_hour="9"),
                offered(since="2026-06-01", usd_per_hour="7", commitment_months=12),
            ],
            "meta": {"since": "2026-01-01", "reviewed": "2026-01-01"},
        }
    )
    assert capacity_of(record, at=datetime(2026, 5, 31, tzinfo=UTC)).usd_per_hour == 10
    assert capacity_of(record, at=NOW).usd_per_hour == 9
    assert capacity_of(record, at=NOW, commitment_months=12).usd_per_hour == 7
    with pytest.raises(NoCapacity, match=r"36 months .* one of 0, 12 months"):
        capacity_of(record, at=NOW, commitment_months=36)
    with pytest.raises(NoCapacity):
        capacity_of(record, at=datetime(2025, 1, 1, tzinfo=UTC))
    with pytest.raises(StalePrice, match="last checked on 2026-11-01"):
        capacity_of(record, at=datetime(2028, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"tokens_per_month": Decimal(-1)}, "tokens_per_month"),
        ({"tokens_per_month": Decimal("NaN")}, "tokens_per_month"),
        ({"tokens_per_month": Decimal(10) ** 19}, "tokens_per_month"),
        ({"metered": Metered(Decimal(0), "x")}, "metered_usd_per_mtok"),
        ({"months": 0}, "months"),
        ({"months": 61}, "months"),
        ({"units": -1}, "units"),
        ({"busy_share": Decimal(0)}, "busy_share"),
        ({"growth_per_month": Decimal(-1)}, "growth_per_month"),
        ({"metered_falls_per_year": Decimal(1)}, "metered_falls_per_year"),
        ({"tokens_per_month": Decimal(10) ** 18, "months": 2, "growth_per_month": Decimal("0.5")}, "growth_per_month"),
    ],
)
def test_figures_beyond_reason_are_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(WrongCapacity, match=named):
        plan_capacity(question(**changes))


@given(
    tokens=st.integers(min_value=0, max_value=10**11),
    growth=st.decimals(min_value="-0.2", max_value="0.2", places=2),
    months=st.integers(min_value=1, max_value=5),
)
def test_no_number_of_units_is_cheaper_than_the_one_that_is_called_so(
    tokens: int, growth: Decimal, months: int
) -> None:
    asked = question(str(tokens), months=months, growth_per_month=growth)
    best = plan_capacity(asked)
    lowest = next(one.total_usd for one in best.options if one.units == best.cheapest_units)
    for units in range(best.cheapest_units + 3):
        plan = plan_capacity(replace(asked, units=units))
        assert plan.lines["dedicated_usd"] >= lowest - Decimal("0.000001")
        assert plan.lines["dedicated_usd"] == plan.lines["fixed_usd"] + plan.lines["overflow_usd"]
        served = sum(one.served for one in plan.month)
        assert sum(one.tokens for one in plan.month) == pytest.approx(served + sum(one.overflow for one in plan.month))


def test_the_spreadsheet_comes_to_the_same() -> None:
    plan = plan_capacity(question("5000000000", months=4, metered_falls_per_year=Decimal("0.3")))
    book = load_workbook(BytesIO(workbook(capacity_sheet(plan))))
    found = Spreadsheet(book).by_name("Results", "E")
    for name in ("dedicated_usd", "metered_usd", "utilisation", "idle_usd", "overflow_3"):
        assert float(found[name]) == pytest.approx(float(plan.lines[name]))
