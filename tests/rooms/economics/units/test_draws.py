"""Draws: the same everywhere, true to the shapes people state, and a tornado that finds what was planted."""

# ids: EC-18, D4
from __future__ import annotations

from decimal import Decimal
from statistics import NormalDist
from typing import Any

import pytest
from tests.rooms.economics.units.test_unit_economics import case

from tiebeam.economics.units import UnitCase, WrongDraws, simulate, tornado
from tiebeam.economics.units.draws import drawn
from tiebeam.kit.formulas import FastColumns, PlainColumns
from tiebeam.spec import Assumption

UNSURE: dict[str, Any] = {
    "units_per_month": {"value": 1000, "low": 800, "high": 1500},
    "exception_rate": {"value": "0.2", "low": "0.1", "high": "0.35", "shape": "normal"},
    "review_minutes_per_exception": {"value": 6, "low": 3, "high": 12, "shape": "lognormal"},
    "worth": {"value": "9.4", "low": "8", "high": "11", "shape": "uniform"},
}


def unsure(**changes: Any) -> UnitCase:
    return case(**(UNSURE | changes))


def test_the_same_seed_gives_the_same_answer_with_and_without_numpy() -> None:
    plain = simulate(unsure(), seed=7, columns=PlainColumns())
    fast = simulate(unsure(), seed=7, columns=FastColumns())
    assert plain.spreads.keys() == fast.spreads.keys()
    for name, spread in plain.spreads.items():
        other = fast.spreads[name]
        assert [spread.p10, spread.p50, spread.p90] == pytest.approx([other.p10, other.p50, other.p90], rel=1e-12)
    assert plain.share_positive == fast.share_positive
    assert simulate(unsure(), seed=8).spreads != fast.spreads


def test_more_draws_come_in_chunks_and_change_nothing_of_the_first() -> None:
    few, many = simulate(unsure(), draws=2000), simulate(unsure(), draws=20_000)
    assert few.spreads["cost_per_accepted"].p50 == pytest.approx(many.spreads["cost_per_accepted"].p50, rel=0.03)


def test_without_any_range_every_quantile_is_the_closed_form() -> None:
    sure = case()
    exact = sure.exactly()
    for name, spread in simulate(sure).spreads.items():
        assert [spread.p10, spread.p50, spread.p90] == pytest.approx([float(exact[name])] * 3, rel=1e-9), name


@pytest.mark.parametrize(
    ("stated", "p10", "p50", "p90"),
    [
        ({"value": 5, "low": 0, "high": 10, "shape": "uniform"}, 1, 5, 9),
        # Triangular by hand: below the mode F(x) = (x-a)²/((b-a)(c-a)), above it 1 - (b-x)²/((b-a)(b-c)).
        ({"value": 2, "low": 0, "high": 10}, 2**0.5, 10 - 40**0.5, 10 - 8**0.5),
        ({"value": 5, "low": 2, "high": 8, "shape": "normal"}, 2, 5, 8),
        ({"value": 4, "low": 2, "high": 8, "shape": "lognormal"}, 2, 4, 8),
    ],
)
def test_a_range_means_what_it_says(stated: dict[str, Any], p10: float, p50: float, p90: float) -> None:
    columns = FastColumns()
    values = drawn(Assumption.model_validate(stated), columns.uniform(3, 0, 0, 200_000), columns=columns)
    assert columns.quantiles([values], (0.1, 0.5, 0.9), 200_000) == pytest.approx([p10, p50, p90], rel=0.02)


def test_the_inverse_of_the_normal_is_right_far_into_its_tails() -> None:
    shares = [1e-9, 1e-4, 0.01, 0.0242, 0.0243, 0.5, 0.9, 0.976, 0.99999]
    figure = Assumption.model_validate({"value": 0, "low": "-1", "high": 1, "shape": "normal"})
    columns = PlainColumns()
    even = type(columns.uniform(0, 0, 0, 1))(shares)
    true = [NormalDist(0, 1 / NormalDist().inv_cdf(0.9)).inv_cdf(share) for share in shares]
    assert drawn(figure, even, columns=columns) == pytest.approx(true, rel=1e-7, abs=1e-7)


def test_the_numbers_are_even() -> None:
    values = FastColumns().uniform(1, 4, 0, 100_000)
    assert 0 < values.min() < values.max() < 1
    assert values.mean() == pytest.approx(0.5, abs=0.003)
    assert values.var() == pytest.approx(1 / 12, rel=0.01)
    other = FastColumns().uniform(1, 5, 0, 100_000)
    assert abs(((values - 0.5) * (other - 0.5)).mean()) < 0.001


def test_a_planted_driver_comes_first_in_the_tornado() -> None:
    planted = unsure(cost_per_exception={"value": 50, "low": 1, "high": 200})
    bars = tornado(planted)
    assert bars[0].name == "cost_per_exception"
    # 0.2 exceptions of an outcome, each 1 to 200: 39.80 between the ends.
    assert bars[0].swing == Decimal("39.80")
    assert [bar.swing for bar in bars] == sorted((bar.swing for bar in bars), reverse=True)
    # What an outcome is worth does not change what it costs.
    assert bars[-1].swing == 0


def test_draws_have_bounds() -> None:
    for draws in (0, 99, 10**8):
        with pytest.raises(WrongDraws):
            simulate(case(), draws=draws)
    with pytest.raises(WrongDraws, match="no result"):
        tornado(case(), result="happiness")
