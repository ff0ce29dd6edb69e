"""How sure a study is: the closed form without ranges, the same draws for a seed, the widest driver first."""

# ids: EC-13, EC-18
from __future__ import annotations

import json
from decimal import Decimal

import pytest
from tests.builders.studies import NOW, by_hand, library, prices

from tiebeam.economics.ownership import StudyCase, compare_sides, find_study, simulate, study_case, swings
from tiebeam.economics.units import WrongDraws
from tiebeam.kit.formulas import FastColumns, PlainColumns
from tiebeam.spec import Basis, Shape, Side, StudyFigure

SEVENTY = "70b-four-years"


@pytest.fixture(scope="module")
def seventy() -> StudyCase:
    graph = library()
    return study_case(graph, prices(), find_study(graph, SEVENTY), at=NOW)


def test_without_ranges_every_quantile_is_the_closed_form(seventy: StudyCase) -> None:
    for case in (by_hand(), seventy.having({name: one.value for name, one in seventy.uncertain().items()})):
        last = case.exactly()[-1]
        found = simulate(case, against=Side.API, draws=200)
        for side in case.sides:
            exact = float(last[f"{side.value}_value"])
            assert found.values[side].p50 == pytest.approx(exact, rel=1e-9)
            assert found.values[side].p10 == found.values[side].p90


def test_the_same_seed_gives_the_same_answer_with_and_without_numpy(seventy: StudyCase) -> None:
    fast = simulate(seventy, against=Side.API, draws=300, columns=FastColumns())
    slow = simulate(seventy, against=Side.API, draws=300, columns=PlainColumns())
    other = simulate(seventy, against=Side.API, draws=300, seed=2)

    assert fast.cheapest == slow.cheapest
    for side in seventy.sides:
        assert fast.values[side].p50 == pytest.approx(slow.values[side].p50, rel=1e-9)
    assert other.values[Side.OWN] != fast.values[Side.OWN]


def test_quantiles_rise_and_shares_add_up(seventy: StudyCase) -> None:
    found = simulate(seventy, against=Side.API)

    assert all(one.p10 < one.p50 < one.p90 for one in (*found.values.values(), *found.savings.values()))
    assert sum(found.cheapest.values()) == pytest.approx(1)


def test_whatever_is_planted_widest_ranks_first() -> None:
    narrow, wide = (("1.98", "2", "2.02"), ("0.5", "2", "4"))
    price_first = by_hand(api_input_price_per_mtok=wide, staff_cost_per_year=(119_000, 120_000, 121_000))
    staff_first = by_hand(api_input_price_per_mtok=narrow, staff_cost_per_year=(40_000, 120_000, 300_000))

    assert swings(price_first, Side.OWN, Side.API)[0].name == "api_input_price_per_mtok"
    assert swings(staff_first, Side.OWN, Side.API)[0].name == "staff_cost_per_year"


def test_a_bar_is_the_saving_at_the_two_ends_by_hand() -> None:
    """200 M tokens a month at $0.50 and at $4 instead of $2, over 24 months."""
    case = by_hand(api_input_price_per_mtok=("0.5", "2", "4"))
    bar = swings(case, Side.RENTED, Side.API)[0]
    last = case.exactly()[-1]
    saving = last["api_value"] - last["rented_value"]

    assert bar.at_low == saving - 24 * 300
    assert bar.at_high == saving + 24 * 400
    assert bar.swing == 24 * 700


def test_utilisation_moves_the_sources_case_most_because_of_its_range_and_not_by_decree(seventy: StudyCase) -> None:
    known = StudyFigure(
        value=Decimal("0.2"),
        low=Decimal("0.19"),
        high=Decimal("0.21"),
        shape=Shape.TRIANGULAR,
        basis=Basis.MEASURED,
        source="A load curve",
    )
    measured = StudyCase(seventy.study, {**seventy.figures, "utilisation": known}, seventy.priced_at)

    assert swings(seventy, Side.OWN, Side.API)[0].name == "utilisation"
    assert swings(measured, Side.OWN, Side.API)[0].name != "utilisation"


def test_a_figure_that_is_set_is_certain(seventy: StudyCase) -> None:
    names = [bar.name for bar in swings(seventy.having({"utilisation": Decimal("0.3")}), Side.OWN, Side.API)]

    assert "utilisation" not in names


@pytest.mark.parametrize("draws", [0, 99, 100_001])
def test_draws_that_answer_nothing_or_never_end_are_refused(draws: int) -> None:
    with pytest.raises(WrongDraws):
        simulate(by_hand(), against=Side.API, draws=draws)


def test_the_answer_is_json_and_says_where_everything_comes_from(seventy: StudyCase) -> None:
    form = compare_sides(seventy, draws=200).form()
    again = json.loads(json.dumps(form))

    assert again == form
    assert again["tornado"]["bars"][0]["name"] == "utilisation"
    assert Decimal(again["sides"]["own"]["so_far"][-1]) == Decimal(again["sides"]["own"]["total"])
    assert sum(map(Decimal, again["sides"]["own"]["parts"].values())) == pytest.approx(
        Decimal(again["sides"]["own"]["total"]), abs=Decimal("0.05")
    )
    assert again["tenfold"]["own"]["most_nodes"] > max(again["sides"]["own"]["nodes"])
    assert Decimal(again["tenfold"]["own"]["times"]) < 10
    by_name = {one["name"]: one for one in again["assumptions"]}
    assert by_name["own_tokens_per_s_per_gpu"]["basis"] == "measured"
    assert "band" in by_name["own_tokens_per_s_per_gpu"]["source"]
    assert by_name["api_input_price_per_mtok"]["basis"] == "stated"
    assert by_name["rent_per_gpu_hour"]["source"].startswith("Hyperstack H100")
    assert by_name["utilisation"]["basis"] == "assumed"
    assert all(one["source"] and one["checked"] and one["owner"] for one in again["assumptions"])
