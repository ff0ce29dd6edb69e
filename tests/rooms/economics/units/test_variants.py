"""One case at many prices at once says what each would say alone."""

# ids: EC-01, EC-06, D5
from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest
from tests.builders.stated_economics import stated

from tiebeam.economics.units import (
    NO_TOKENS,
    Spread,
    TokenPrices,
    UnitCase,
    UnlikeVariants,
    WrongDraws,
    WrongFigure,
    exact_variant,
    simulate,
    simulate_variants,
)
from tiebeam.kit.formulas import PlainColumns

FIGURES = {
    "units_per_month": (700, 1000, 1400),
    "acceptance_rate": ("0.8", "0.9", "0.97"),
    "input_tokens_per_unit": (2000, 8000, 20000),
    "output_tokens_per_unit": (200, 800, 2000),
    "exception_rate": ("0.1", "0.2", "0.3"),
    "review_minutes_per_exception": 8,
    "review_cost_per_hour": 40,
    "integration_cost": 9000,
}


def prices(into: int, out: int) -> dict[str, Decimal]:
    return {
        "input_price_per_mtok": Decimal(into),
        "output_price_per_mtok": Decimal(out),
        "cached_price_per_mtok": Decimal(into),
    }


def case(**more: object) -> UnitCase:
    return UnitCase("test", "EUR", stated({**FIGURES, **more}, model="gpt-4.1-mini"), NO_TOKENS)


def numbers(spread: Spread) -> list[float]:
    return [spread.p10, spread.p50, spread.p90]


@pytest.mark.parametrize("more", [{}, {"token_budget_per_month": 20}, {"hours_per_reviewer_per_month": 130}])
def test_each_variant_says_what_it_says_alone(more: Mapping[str, object]) -> None:
    variants = [prices(into, 5 * into) for into in range(20)]
    for variant, found in zip(variants, simulate_variants(case(**more), variants, draws=500), strict=True):
        alone = simulate(case(**more).having(variant), draws=500)
        assert numbers(found.cost_per_accepted) == pytest.approx(numbers(alone.spreads["cost_per_accepted"]))
        assert numbers(found.margin_per_month) == pytest.approx(numbers(alone.spreads["margin_per_month"]))
        assert found.share_positive == alone.share_positive


def test_it_is_the_same_with_and_without_numpy_and_by_every_call() -> None:
    variants = [prices(1, 4), prices(10, 40)]
    fast = simulate_variants(case(), variants, draws=300, seed=7)
    plain = simulate_variants(case(), variants, draws=300, seed=7, columns=PlainColumns())
    for one, other in zip(fast, plain, strict=True):
        assert numbers(one.cost_per_accepted) == pytest.approx(numbers(other.cost_per_accepted))
        assert one.share_positive == other.share_positive
    assert simulate_variants(case(), variants, draws=300, seed=7) == fast
    assert simulate_variants(case(), variants, draws=300, seed=8) != fast


def test_only_the_token_part_moves_with_the_price() -> None:
    # 1000 x 0.9 accepted; tokens of a case 8,000 in and 800 out: at 2 and 10 per million 0.016 + 0.008 = 0.024.
    month = case().exactly()
    dear, cheap = (exact_variant(month, prices(*pair)) for pair in ((2, 10), (1, 5)))
    assert dear["tokens"] == Decimal("24.00")
    assert cheap["tokens"] == Decimal("12.000")
    others = {"review", "exceptions", "rework", "platform", "integration", "training", "accepted", "value_per_month"}
    assert {name: dear[name] for name in others} == {name: cheap[name] for name in others}
    assert dear["cost_per_month"] - cheap["cost_per_month"] == 12
    alone = case().having(prices(2, 10)).exactly()
    assert {name: alone[name] for name in dear} == dear


def test_a_month_worked_out_again_without_change_is_the_same() -> None:
    priced = UnitCase(
        "test", "EUR", stated(FIGURES, model="gpt-4.1-mini"), TokenPrices(Decimal(3), Decimal(8), Decimal(4), "x")
    )
    month = priced.exactly()
    assert exact_variant(month, {"input_price_per_mtok": Decimal(3)}) == month


def test_variants_that_cannot_be_are_refused() -> None:
    with pytest.raises(UnlikeVariants, match="same figures"):
        simulate_variants(case(), [prices(1, 2), {"input_price_per_mtok": Decimal(1)}])
    with pytest.raises(WrongFigure, match="input_price_per_mtok"):
        simulate_variants(case(), [prices(-1, 2)])
    with pytest.raises(WrongFigure, match="price_of_gold"):
        simulate_variants(case(), [{"price_of_gold": Decimal(1)}])
    with pytest.raises(WrongDraws, match="100"):
        simulate_variants(case(), [prices(1, 2)], draws=5)
    assert simulate_variants(case(), []) == []
