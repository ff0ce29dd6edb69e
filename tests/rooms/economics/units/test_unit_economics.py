"""Unit economics before anything is built; every figure is worked out by hand beside it."""

# ids: EC-01, EC-04, EC-06, EC-07, EC-14, EC-16, EC-17, EC-18, D4, D5, D6
from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.rooms.economics.test_prices import prices, record

from tiebeam.economics import UnknownPrice
from tiebeam.economics.units import (
    PARTS,
    UnitAnswer,
    UnitCase,
    Verdict,
    WrongFigure,
    assess,
    case_of,
    fixed_cost_per_unit,
    read_changes,
    tornado,
)
from tiebeam.spec import UnitEconomics

STUDY: dict[str, Any] = {
    "units_per_month": 1000,
    "exception_rate": "0.2",
    "review_minutes_per_exception": 6,
    "review_cost_per_hour": 48,
    "integration_cost": 24000,
    "training_cost": 2400,
    "amortisation_months": 24,
    "worth": "9.40",
}


def stated(*, model: str | None = None, **changes: Any) -> UnitEconomics:
    return UnitEconomics.model_validate(
        {
            "assumptions": STUDY | changes,
            "value": [
                {
                    "vector": "financial-ops",
                    "title": "Labour of the old way",
                    "formula": "worth",
                    "baseline": "Time study.",
                }
            ],
            "model": model,
            "source": "time study, February 2026",
            "checked": "2026-02-20",
        }
    )


def case(*records: Any, currency: str = "USD", model: str | None = None, **changes: Any) -> UnitCase:
    return case_of("finance.test", stated(model=model, **changes), prices(*records, currency=currency))


def answer(*records: Any, **changes: Any) -> UnitAnswer:
    return assess(case(*records, **changes), draws=100)


def test_the_parts_of_a_units_cost_are_shown_and_add_up() -> None:
    found = answer()
    shown = {name: value for name, value in found.parts.items() if value}
    # By hand: 0.2 x 6/60 x 48 = 0.96; 24000/24/1000 = 1.00; 2400/24/1000 = 0.10.
    assert shown == {"exceptions": Decimal("0.96"), "integration": Decimal(1), "training": Decimal("0.1")}
    assert found.cost_per_accepted == Decimal("2.06")
    assert found.month["margin_per_accepted"] == Decimal("7.34")
    assert found.verdict is Verdict.VIABLE
    # 1100 a month whatever the volume, over 9.40 - 0.96 = 8.44 left of each: 130.3, so 131 outcomes.
    assert found.break_even_units == 131
    # 26,400 paid first; 7340 + 1100 a month comes back: 3.13 months.
    assert found.payback_months == Decimal(26400) / Decimal(8440)


def test_every_part_of_the_full_unit_cost_has_a_figure_that_moves_it() -> None:
    """EC-16: inference, integration, review, exceptions, migration, consulting, training and quality gates."""
    own = record(input_usd_per_mtok="1", output_usd_per_mtok="4", cached_input_usd_per_mtok="0.25")
    bare = dict.fromkeys(("exception_rate", "integration_cost", "training_cost"), 0)
    by_hand: dict[str, tuple[dict[str, Any], str]] = {
        # 2 x (1000 x (0.5 x 1 + 0.5 x 0.25) + 500 x 4) / 1e6 x (1 - 0.5 x 0.5)
        "tokens": (
            {
                "attempts_per_unit": 2,
                "input_tokens_per_unit": 1000,
                "output_tokens_per_unit": 500,
                "cached_share": "0.5",
                "batch_share": "0.5",
                "batch_price_factor": "0.5",
            },
            "0.0039375",
        ),
        "capacity": ({"units_per_capacity_step": 400, "cost_per_capacity_step": 100}, "0.3"),
        "review": ({"review_share": "0.5", "review_minutes": 3}, "1.2"),
        "exceptions": ({"exception_rate": "0.1", "cost_per_exception": 5}, "0.98"),
        "rework": ({"rework_rate": "0.05", "rework_minutes": 10}, "0.4"),
        "platform": ({"platform_cost_per_month": 500}, "0.5"),
        "integration": ({"integration_cost": 24000}, "1"),
        "training": ({"training_cost": 2400, "training_cost_per_year": 1200}, "0.2"),
        "consulting": ({"consulting_cost": 4800, "consulting_cost_per_year": 2400}, "0.4"),
        "quality_gates": ({"quality_gate_hours_per_month": 5, "quality_gate_cost_per_hour": 60}, "0.3"),
        "migration": ({"model_migrations_per_year": 2, "model_migration_cost": 6000}, "1"),
    }
    for part, (figures, expected) in by_hand.items():
        month = case(own, model="in-house-70b", **(bare | figures)).exactly()
        assert month[part] / 1000 == Decimal(expected), part
        assert month["cost_per_accepted"] == Decimal(expected), part
    # Two hours of looking are paid as one whole month of somebody.
    idle = case(**bare, review_share="0.04", review_minutes=3, hours_per_reviewer_per_month=130).exactly()
    assert (idle["reviewers"], idle["idle"]) == (1, (130 - 2) * 48)
    assert {line.name for line in PARTS} == {*by_hand, "idle"}


def test_a_price_can_turn_a_profitable_workflow_into_a_loss() -> None:
    """EC-06, EC-07: 100,000 tokens a unit worth 1.20 and nothing else to pay: break-even at 12 a million."""
    bare: dict[str, Any] = {"integration_cost": 0, "training_cost": 0, "exception_rate": 0, "worth": "1.20"}

    def at_price(usd: str) -> UnitAnswer:
        own = record(input_usd_per_mtok=usd, output_usd_per_mtok=usd)
        return answer(own, model="in-house-70b", input_tokens_per_unit=100_000, **bare)

    assert at_price("0.50").verdict is Verdict.VIABLE
    assert at_price("15").verdict is Verdict.LOSES
    assert at_price("0.50").break_even_per_mtok == at_price("15").break_even_per_mtok == Decimal(12)
    assert at_price("12").verdict is Verdict.LOSES
    assert at_price("11.99").verdict is Verdict.VIABLE


def test_only_tokens_get_cheaper_when_tokens_get_cheaper() -> None:
    """EC-01, EC-02, part Z 9: 2.5 thousand million tokens at $20 are $50,000 a month, at $0.15 they are $375."""
    drop = case(
        record(input_usd_per_mtok="20", output_usd_per_mtok="20"), model="in-house-70b", input_tokens_per_unit=2_500_000
    )
    before, after = drop.exactly(), drop.having({"input_price_per_mtok": Decimal("0.15")}).exactly()
    assert (before["tokens"], after["tokens"]) == (50_000, 375)
    labour = [line.name for line in PARTS if line.name != "tokens"]
    assert [before[name] for name in labour] == [after[name] for name in labour]


def test_interactions_by_tokens_by_price() -> None:
    """EC-04, EC-05: 100,000 interactions of 2,000 tokens are 200M tokens: $4,000 at $20, $30 at $0.15."""
    usual = case(
        record(input_usd_per_mtok="20", output_usd_per_mtok="20"),
        model="in-house-70b",
        units_per_month=100_000,
        input_tokens_per_unit=2000,
    )
    month = usual.exactly()
    assert month["units"] * month["tokens_per_unit"] == 200_000_000
    assert (month["tokens"], month["token_cost_per_unit"]) == (4000, Decimal("0.04"))
    cheap = usual.having({"input_price_per_mtok": Decimal("0.15")}).exactly()
    assert (cheap["tokens"], cheap["token_cost_per_unit"]) == (30, Decimal("0.0003"))


def test_cheap_tokens_with_much_labour_cost_more_than_dear_tokens_with_little() -> None:
    own = (
        record("cheap", input_usd_per_mtok="0.10", output_usd_per_mtok="0.10"),
        record("dear", input_usd_per_mtok="15", output_usd_per_mtok="15"),
    )
    cheap = answer(*own, model="cheap", input_tokens_per_unit=5000, exception_rate="0.4")
    dear = answer(*own, model="dear", input_tokens_per_unit=5000, exception_rate="0.1")
    assert cheap.parts["tokens"] < dear.parts["tokens"]
    assert cheap.cost_per_accepted > dear.cost_per_accepted


def test_ten_times_the_volume_answers_in_steps_not_in_tens() -> None:
    """EC-18: whole reviewers, tiers of capacity and the cap on model spend answer by themselves."""
    own = record(input_usd_per_mtok="2", output_usd_per_mtok="2")
    now = case(
        own,
        model="in-house-70b",
        input_tokens_per_unit=1_000_000,
        token_budget_per_month=8000,
        hours_per_reviewer_per_month=130,
        units_per_capacity_step=3000,
        cost_per_capacity_step=500,
    )
    one, ten = now.exactly(), now.having({"volume_factor": Decimal(10)}).exactly()
    assert (one["served"], one["capacity_steps"], one["reviewers"]) == (1000, 1, 1)
    # 10,000 cases would be $20,000 of tokens; the cap of $8,000 serves 4,000: two steps, and 80 hours are one person.
    assert (ten["units"], ten["served"], ten["tokens"]) == (10_000, 4000, 8000)
    assert (ten["capacity_steps"], ten["reviewers"]) == (2, 1)
    uncapped = now.having({"volume_factor": Decimal(10), "token_budget_per_month": Decimal(0)}).exactly()
    # 10,000 x 0.2 x 6 minutes = 200 hours: two people; 10,000 / 3,000: four steps.
    assert (uncapped["served"], uncapped["reviewers"], uncapped["capacity_steps"]) == (10_000, 2, 4)
    assert uncapped["cost_per_month"] != 10 * one["cost_per_month"]


def test_not_every_case_is_accepted_and_the_rest_is_paid_for_too() -> None:
    assert case(acceptance_rate="0.5").exactly()["cost_per_accepted"] == Decimal("4.12")


def test_present_value_counts_what_comes_later_less() -> None:
    # 8440 a month for 36 months at 0.67 % a month, less 26,400 paid first; worked out with the annuity formula.
    month = case(discount_rate_per_year="0.08", horizon_months=36).exactly()
    rate = Decimal("0.08") / 12
    by_hand = 8440 * (1 - (1 + rate) ** -36) / rate - 26400
    assert abs(month["net_present_value"] - by_hand) < Decimal("0.01")
    undiscounted = case(discount_rate_per_year=0, horizon_months=36).exactly()
    assert abs(undiscounted["net_present_value"] - (36 * 8440 - 26400)) < Decimal("0.01")


def test_tokens_without_a_model_or_a_price_are_an_error() -> None:
    with pytest.raises(ValidationError, match="name the model"):
        stated(input_tokens_per_unit=10)
    with pytest.raises(UnknownPrice):
        case(model="nobodys-model", input_tokens_per_unit=10)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"units_per_month": 0}, "units_per_month lies between"),
        ({"units_per_month": 10**16}, "less than or equal"),
        ({"exception_rate": "1.2"}, "exception_rate lies between 0 and 1"),
        ({"exception_rate": {"value": "0.5", "low": "0.6", "high": "0.9"}}, "must rise"),
        ({"exception_rate": {"value": "0.5", "low": "0.5", "high": "0.5"}}, "must rise"),
        ({"review_minutes": {"value": 1, "low": 0, "high": 3, "shape": "lognormal"}}, "above zero"),
        ({"review_minutes": {"value": 1, "low": 0, "shape": "uniform"}}, "needs low and high"),
        ({"review_cost_per_hour": "-1"}, "review_cost_per_hour lies between"),
        ({"review_cost_per_hour": "NaN"}, "finite"),
        ({"reviev_cost": "1"}, "nothing reads the assumption 'reviev_cost'"),
        ({"amortisation_months": 0}, "amortisation_months lies between"),
    ],
)
def test_an_impossible_figure_is_named_with_its_bounds(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        stated(**changes)


@pytest.mark.parametrize(
    ("name", "text"), [("nobody", "1"), ("exception_rate", "1.5"), ("exception_rate", "x"), ("worth", "1e30")]
)
def test_a_figure_set_for_one_question_is_checked_too(name: str, text: str) -> None:
    with pytest.raises(WrongFigure, match=name):
        case().having(read_changes({name: text}))


def test_what_a_month_costs_anyway_is_charged_to_each_run() -> None:
    assert fixed_cost_per_unit(stated(quality_gate_hours_per_month=2, quality_gate_cost_per_hour=50)) == Decimal("1.2")


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
        "worth": value,
    }
    found = answer(units_per_month=units, **changes)
    tiny = Decimal("1e-12")
    assert abs(sum(found.parts.values()) - found.cost_per_accepted) < tiny
    if found.break_even_units is None:
        assert found.verdict is Verdict.LOSES
        return
    at = case(units_per_month=found.break_even_units, **changes).exactly()
    assert at["margin_per_accepted"] >= -tiny
    if found.break_even_units > 1:
        below = case(units_per_month=found.break_even_units - 1, **changes).exactly()
        assert below["margin_per_accepted"] < tiny


def test_a_step_that_only_the_ends_reach_counts_in_the_swing() -> None:
    # Reviewers of 10 hours: 6 and 9 hours of review are paid as 10, 11 as 20. 10 hours more at 48 over 100 outcomes.
    found = case(
        exception_rate={"value": "0.09", "low": "0.06", "high": "0.11"},
        review_minutes_per_exception=60,
        units_per_month=100,
        hours_per_reviewer_per_month=10,
    )
    bar = next(one for one in tornado(found) if one.name == "exception_rate")
    assert (bar.at_low, bar.at_value) == (bar.at_value, bar.at_low)
    assert bar.swing == bar.at_high - bar.at_low == Decimal(10) * 48 / 100
