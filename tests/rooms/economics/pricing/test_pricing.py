"""A product sold by seats, agent seats and consumption, by hand."""

# ids: EC-29, EC-30, D20, G2
from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from pydantic import ValidationError
from tests.builders.spreadsheet import Spreadsheet
from tests.rooms.economics.pricing.records import NOW, ON_DEMAND, STATEFUL, book, case, pricing

from tiebeam.economics import workbook
from tiebeam.economics.prices import MissingRate, Prices, UnknownPrice
from tiebeam.economics.pricing import (
    NothingSeated,
    PricingCase,
    UnknownPricing,
    design,
    draw,
    find_pricing,
    pricing_case,
    pricing_sheet,
)
from tiebeam.economics.units import WrongDraws, WrongFigure
from tiebeam.kit import FixedClock
from tiebeam.kit.formulas import FastColumns, PlainColumns


def codes(of: PricingCase) -> set[str]:
    return {one.code for one in design(of).warnings}


def test_revenue_cost_and_margin_of_each_stream() -> None:
    # Seats 10 x 5 x 20. Agents 10 x 2 x 5. Of 3,000 operations 500 are included, 2,000 x 0.02 + 500 x 0.01 = 45 each.
    found = design(case())
    seat, agent, operation = found.streams
    assert (seat.revenue, agent.revenue, operation.revenue) == (1000, 100, 450)
    # 50 x 2 + 5,000 x 0.01; 20 x 1 + 10,000 x 0.005; 30,000 x 0.001.
    assert (seat.cost_to_serve, agent.cost_to_serve, operation.cost_to_serve) == (150, 70, 30)
    assert (seat.margin, agent.margin, operation.margin) == (850, 30, 420)
    assert (found.month["revenue"], found.month["cost"], found.month["margin"]) == (1550, 680, 870)
    assert (seat.operations, agent.operations, operation.operations) == (5_000, 10_000, 30_000)
    assert found.headless_share == pytest.approx(Decimal(2) / 3)
    assert found.month["headless_share_of_revenue"] == pytest.approx(Decimal(450) / 1550)


def test_tokens_are_priced_in_the_workspaces_currency_and_only_for_calls_of_the_model() -> None:
    figures = {"model_share_headless": "0.5", "input_tokens_per_call": 1000, "output_tokens_per_call": 100}
    of = case({**figures, "cached_share": "0.2"}, model="small", provider="own")
    # (800 x 2 + 200 x 0.5 + 100 x 10) / 1e6 = 0.0027 USD = 0.00135 EUR; half the 30,000 operations call: 20.25 more.
    assert design(of).streams[2].cost_to_serve == Decimal("50.25")
    assert "contract" in design(of).price_source
    with pytest.raises(UnknownPrice):
        pricing_case(pricing(figures, model="nobody-knows"), book())
    foreign = pricing(figures, model="claude-3-haiku", provider="anthropic")
    with pytest.raises(MissingRate):
        pricing_case(foreign, Prices({}, FixedClock(NOW), currency="EUR"))


def test_break_even_in_customers_price_and_moved_operations() -> None:
    # A customer brings 155 - 25 - 3 = 127: 400 / 127 = 3.1, so 4. Seats alone carry it: the price may be nothing.
    even = design(case()).break_even
    assert (even.customers, even.price_per_operation) == (4, 0)
    # With 1,000 fixed, cost is 1,280: (1,280 - 1,100) / 25,000 charged operations.
    assert design(case({"fixed_cost_per_month": 1000})).break_even.price_per_operation == Decimal("0.0072")
    # 1,100 of seats for 15,000 operations at them.
    assert even.moved_operation_price == pytest.approx(Decimal(1100) / 15000)
    assert design(case({"cost_per_customer": 500})).break_even.customers is None


def test_what_is_at_risk_when_seats_go_headless() -> None:
    # All: 4,500 operations each, 4,000 charged: 40 + 20 = 60, so 600 instead of 450; 220 of cost less, 15 more.
    everything = design(case()).moved[-1]
    assert everything.share_of_seats == 1
    assert (everything.seat_revenue_lost, everything.consumption_gained) == (1100, 150)
    assert (everything.cost_change, everything.margin_change) == (-205, -745)
    # An agent that asks twice where a person looked once: 3,000 + 2 x 1,500.
    twice = case({"headless_per_seated": 2}).having({"moved_share": Decimal(1)}).exactly()
    assert twice["operation_quantity"] == 6000


def test_another_headless_share_is_the_same_work_done_otherwise() -> None:
    # Half of 4,500 is 2,250 headless, so 750 come back to seats: 1.5 times the seats.
    found = case().at_share(Decimal("0.5")).exactly()
    assert (found["operations"], found["headless_share_of_operations"]) == (45_000, Decimal("0.5"))
    assert found["seat_quantity"] == Decimal("7.5")


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ({"headless_operations": 0}, "no_headless"),
        ({"seats": 0, "agent_seats": 0}, "only_headless"),
        ({"headless_operations": 50}, "little_headless"),
        ({"headless_operations": 100_000}, "little_seated"),
    ],
)
def test_either_end_of_headless_is_warned_of(figures: dict[str, Any], code: str) -> None:
    found = next(one for one in design(case(figures)).warnings if one.code == code)
    assert found.is_serious


@pytest.mark.parametrize(("share", "code"), [("0", "no_headless"), ("1", "only_headless")])
def test_moving_the_share_to_an_end_is_warned_of_too(share: str, code: str) -> None:
    assert code in codes(case().at_share(Decimal(share)))
    assert not {"no_headless", "only_headless", "little_headless", "little_seated"} & codes(case())


def test_headless_may_dominate_by_count_while_seats_carry_the_revenue_and_the_reverse() -> None:
    assert "headless_by_count_seats_by_revenue" in codes(case())
    # 20,000 headless operations each against 1,500 at seats, and still no alarm about either end.
    many = design(case({"headless_operations": 20_000}))
    assert many.headless_share > Decimal("0.9")
    assert many.month["margin"] > 0
    # 1,000 headless of 2,500, at 10 apiece.
    dear = case({"headless_operations": 1000}, operation={"step": [{"price": 10}]})
    assert "seats_by_count_headless_by_revenue" in codes(dear)


def test_a_step_below_cost_and_an_agent_seat_dearer_than_a_persons_are_named() -> None:
    assert "operation_below_cost" in codes(case({"cost_per_headless_operation": "0.02"}))
    assert "agent_seat_not_cheaper" in codes(case(agent_seat={"step": [{"price": 20}]}))
    assert "loses" in codes(case({"fixed_cost_per_month": 100_000}))
    assert not {"operation_below_cost", "agent_seat_not_cheaper", "loses"} & codes(case())


def test_the_minimum_is_charged_to_whoever_uses_it_and_to_nobody_else() -> None:
    assert design(case({"headless_operations": 501})).streams[2].revenue == 100
    assert design(case({"headless_operations": 0})).streams[2].revenue == 0
    assert design(case().at_share(Decimal(0))).streams[2].revenue == 0


def test_the_curve_goes_from_none_to_all_and_says_where_the_margin_changes_sign() -> None:
    found = design(case({"fixed_cost_per_month": 800}))
    assert [found.curve[place].headless_share for place in (0, -1)] == [0, 1]
    (crossing,) = found.break_even.headless_share
    assert not crossing.is_gained_above
    there = case({"fixed_cost_per_month": 800}).at_share(crossing.headless_share).exactly()
    assert abs(there["margin"]) < Decimal("0.01")


def test_stateful_identity_calls_for_an_agent_seat_and_what_comes_on_demand_for_consumption() -> None:
    assert [one.agrees for one in design(case()).use_cases] == [True, True]
    swapped = [{**STATEFUL, "billed": "consumption"}, {**ON_DEMAND, "billed": "agent-seat"}]
    found = design(case(use_case=swapped))
    assert [(one.billed.value, one.called_for.value) for one in found.use_cases] == [
        ("consumption", "agent-seat"),
        ("agent-seat", "consumption"),
    ]
    said = [one.text for one in found.warnings if one.code == "use_case_disagrees"]
    assert any("'clerk'" in one for one in said)
    assert any("'ask'" in one for one in said)
    # An agent's seat at 5 is cheaper than operations at 0.02 from 250 a month.
    assert found.use_cases[0].agent_seat_pays_from == 250


@pytest.mark.parametrize(
    ("use_case", "said"),
    [
        ([{**ON_DEMAND, "billed": "consumption", "agent": "invoice-clerk"}], "registered agent"),
        ([{**ON_DEMAND, "billed": "consumption", "operations": 2000}], "2000 operations a customer"),
        ([{**ON_DEMAND, "billed": "consumption", "operations": 4000}], "the assumptions 3000"),
        ([{**STATEFUL, "billed": "agent-seat"}], "no use case decides so"),
    ],
)
def test_what_is_decided_and_what_is_done_must_agree(use_case: list[dict[str, Any]], said: str) -> None:
    assert any(said in text for _, text in pricing(use_case=use_case).disagreements())


def test_volumes_that_agree_are_not_complained_about() -> None:
    decided = [
        {**STATEFUL, "billed": "agent-seat", "operations": 1000},
        {**ON_DEMAND, "billed": "consumption", "operations": 3000},
    ]
    assert list(pricing(use_case=decided).disagreements()) == []


@pytest.mark.parametrize(
    ("figures", "changes", "said"),
    [
        ({"customers": -1}, {}, "customers lies between"),
        ({"headless_operations": "1e16"}, {}, "headless_operations"),
        ({"headless_operations": "NaN"}, {}, "finite"),
        ({"operations_per_seat": 0}, {}, "operations_per_seat"),
        ({"moved_share": 2}, {}, "moved_share"),
        ({"guess": 1}, {}, "nothing reads the assumption 'guess'"),
        ({}, {"operation": None}, "headless_operations are sold and have no price"),
        ({}, {"seat": {"step": [{"price": -1}]}}, "seat step 1 price"),
        ({}, {"seat": {"step": [{"price": 1}, {"above": 0, "price": 2}]}}, "above the one before"),
        ({}, {"seat": {"step": [{"above": 5, "price": 1}]}}, "the first step"),
        ({"input_tokens_per_call": 1, "model_share_seat": 1}, {}, "name the model"),
        ({}, {"warn_below": "0.9", "warn_above": "0.1"}, "warn_below"),
        ({}, {"use_case": [{**ON_DEMAND, "billed": "consumption"}] * 2}, "same id"),
    ],
)
def test_a_record_that_cannot_be_is_refused(figures: dict[str, Any], changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        pricing(figures, **changes)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nonsense", "1"),
        ("customers", "-1"),
        ("operation_price_1", "-0.1"),
        ("headless_per_seated", "0"),
        ("customers", "NaN"),
        ("operation_above_3", "10"),
    ],
)
def test_a_figure_set_wrong_is_named(name: str, value: str) -> None:
    with pytest.raises(WrongFigure, match=name):
        case().having({name: Decimal(value)})


def test_steps_stay_in_order_when_they_are_set() -> None:
    steps = [{"price": 3}, {"above": 10, "price": 2}, {"above": 20, "price": 1}]
    with pytest.raises(WrongFigure, match="operation_above_3 must lie above operation_above_2"):
        case(operation={"step": steps}).having({"operation_above_3": Decimal(5)})


@pytest.mark.parametrize("share", ["-0.1", "1.1", "NaN"])
def test_what_is_no_share_is_refused(share: str) -> None:
    with pytest.raises(WrongFigure, match="headless_share"):
        case().at_share(Decimal(share))


def test_without_seats_nothing_can_be_moved() -> None:
    of = case({"seats": 0, "agent_seats": 0})
    with pytest.raises(NothingSeated, match="'portal'"):
        of.at_share(Decimal("0.5"))
    assert (design(of).curve, design(of).moved) == ((), ())


def test_a_product_nobody_declared_names_those_there_are() -> None:
    with pytest.raises(UnknownPricing, match="'shop'; portal"):
        find_pricing({"portal": pricing()}, "shop")


@given(
    share=st.decimals(min_value=0, max_value=1, places=4),
    headless=st.integers(min_value=0, max_value=10**6),
    each=st.decimals(min_value="0.1", max_value=20, places=1),
)
def test_a_share_asked_for_is_the_share_there_is(share: Decimal, headless: int, each: Decimal) -> None:
    found = case({"headless_operations": headless, "headless_per_seated": each}).at_share(share).exactly()
    assert found["headless_share_of_operations"] == pytest.approx(share, abs=Decimal("1e-15"))
    assert found["revenue"] - found["cost"] == found["margin"]
    streams = ("seat", "agent_seat", "operation")
    assert sum(found[f"{one}_margin"] for one in streams) == pytest.approx(found["revenue"] - found["cost_to_serve"])


@given(quantity=st.integers(min_value=0, max_value=10**5))
def test_steps_charge_each_operation_once_at_the_price_of_its_step(quantity: int) -> None:
    steps = [{"price": "0.03"}, {"above": 100, "price": "0.02"}, {"above": 1000, "price": "0.01"}]
    found = case({"headless_operations": quantity}, operation={"step": steps}).exactly()
    by_hand = sum(
        (Decimal("0.03") if place < 100 else Decimal("0.02") if place < 1000 else Decimal("0.01"))
        for place in range(min(quantity, 1000))
    ) + Decimal("0.01") * max(0, quantity - 1000)
    assert found["operation_usage"] == by_hand


def test_draws_are_the_same_for_a_seed_with_and_without_numpy_and_certain_without_ranges() -> None:
    unsure = case({"headless_operations": {"value": 3000, "low": 1000, "high": 9000}})
    fast, plain = (draw(unsure, seed=3, draws=500, columns=one) for one in (FastColumns(), PlainColumns()))
    assert fast.margin.p50 == pytest.approx(plain.margin.p50)
    assert fast.margin.p10 < fast.margin.p50 < fast.margin.p90
    sure = draw(case(), draws=100)
    assert (sure.margin.p10, sure.margin.p90, sure.share_positive) == (pytest.approx(870), pytest.approx(870), 1)
    with pytest.raises(WrongDraws):
        draw(case(), draws=5)


def test_the_spreadsheet_comes_to_the_same_and_follows_a_moved_share() -> None:
    of = case()
    book = load_workbook(BytesIO(workbook(pricing_sheet(of, design(of)))))
    assert book.sheetnames == ["Assumptions", "Results", "Curve", "Moved", "Use cases", "Notes"]
    found = Spreadsheet(book).by_name("Results", "E")
    exact = of.exactly()
    for name in ("revenue", "cost", "margin", "headless_share_of_operations", "operation_revenue"):
        assert found[name] == pytest.approx(float(exact[name]))
    sheet = book["Assumptions"]
    row = next(row for row in range(5, sheet.max_row + 1) if sheet[f"A{row}"].value == "moved_share")
    sheet[f"E{row}"].value = 1
    assert Spreadsheet(book).by_name("Results", "E")["margin"] == pytest.approx(870 - 745)
