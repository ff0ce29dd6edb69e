# ids: EC-16, D4, D5
from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rooms.economics.test_prices import prices, record

from tiebeam.economics import IncompleteEconomics, UnknownPrice, forecast
from tiebeam.spec import UnitEconomics

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def assumptions(**changes: Any) -> UnitEconomics:
    return UnitEconomics.model_validate(
        {
            "units_per_month": 1000,
            "exception_rate": "0.2",
            "review_minutes_per_exception": "6",
            "review_cost_per_hour": "48",
            "tokens_per_unit": 0,
            "integration_cost": "24000",
            "training_cost": "2400",
            "amortisation_months": 24,
            "value_per_accepted_unit": "9.40",
            "source": "time study, February 2026",
        }
        | changes
    )


def test_the_parts_of_a_units_cost_are_shown_and_add_up() -> None:
    found = forecast(assumptions(), prices())
    # By hand: 0.2 x 6/60 x 48 = 0.96; 24000/24/1000 = 1.00; 2400/24/1000 = 0.10.
    assert found.parts == {
        "tokens": 0,
        "review": Decimal("0.96"),
        "integration": Decimal("1"),
        "training": Decimal("0.1"),
    }
    assert found.cost_per_accepted == Decimal("2.06")
    assert found.margin == Decimal("7.34")
    assert found.viable
    # 1100 a month fixed over 8.44 left per unit = 130.3, so 131 units.
    assert found.break_even_units == 131
    assert "model migration" in found.not_modelled


def test_a_price_can_turn_a_profitable_workflow_into_a_loss() -> None:
    # ids: EC-06, EC-07
    # 100,000 tokens a unit worth 1.20, no other cost: worth it at $0.50, not at $15; break-even in between.
    bare = {"integration_cost": "0", "training_cost": "0", "exception_rate": "0", "value_per_accepted_unit": "1.20"}
    given_economics = assumptions(tokens_per_unit=100_000, model="in-house-70b", **bare)

    def at_price(usd: str) -> Any:
        own = record(input_usd_per_mtok=usd, output_usd_per_mtok=usd)
        return forecast(given_economics, prices(own, currency="USD"))

    assert at_price("0.50").viable
    assert not at_price("15").viable
    assert at_price("0.50").break_even_per_mtok == at_price("15").break_even_per_mtok == Decimal(12)
    assert not at_price("12").viable
    assert at_price("11.99").viable


def test_a_workflow_that_loses_on_every_unit_never_breaks_even() -> None:
    found = forecast(assumptions(value_per_accepted_unit="0.50"), prices())
    assert not found.viable
    assert found.break_even_units is None


def test_cheap_tokens_with_much_labour_cost_more_than_dear_tokens_with_little() -> None:
    # ids: EC-17
    own = (record("cheap", input_usd_per_mtok="0.10", output_usd_per_mtok="0.10"), record("dear"))
    book = prices(*own, currency="USD")
    cheap = forecast(assumptions(tokens_per_unit=5000, model="cheap", exception_rate="0.4"), book)
    dear = forecast(assumptions(tokens_per_unit=5000, model="dear", exception_rate="0.1"), book)
    assert cheap.parts["tokens"] < dear.parts["tokens"]
    assert cheap.cost_per_accepted > dear.cost_per_accepted


def test_tokens_without_a_model_or_a_price_are_an_error() -> None:
    with pytest.raises(IncompleteEconomics):
        forecast(assumptions(tokens_per_unit=10), prices())
    with pytest.raises(UnknownPrice):
        forecast(assumptions(tokens_per_unit=10, model="nobodys-model"), prices())


@given(
    units=st.integers(1, 10**6),
    rate=st.decimals("0", "1", places=3),
    minutes=st.decimals("0", "120", places=1),
    fixed=st.decimals("0", "1000000", places=2),
    value=st.decimals("0", "1000", places=2),
)
def test_at_the_break_even_volume_a_unit_pays_and_below_it_does_not(
    units: int, rate: Decimal, minutes: Decimal, fixed: Decimal, value: Decimal
) -> None:
    changes: dict[str, Any] = {
        "exception_rate": rate,
        "review_minutes_per_exception": minutes,
        "integration_cost": fixed,
        "value_per_accepted_unit": value,
    }
    found = forecast(assumptions(units_per_month=units, **changes), prices())
    assert sum(found.parts.values()) == found.cost_per_accepted
    assert found.viable == (found.margin > 0)
    if found.break_even_units is None:
        assert not found.viable
        return
    tiny = Decimal("1e-12")
    assert forecast(assumptions(units_per_month=found.break_even_units, **changes), prices()).margin >= -tiny
    if found.break_even_units > 1:
        below = forecast(assumptions(units_per_month=found.break_even_units - 1, **changes), prices())
        assert below.margin < tiny
