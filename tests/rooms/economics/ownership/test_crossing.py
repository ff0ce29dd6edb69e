"""Where sides cross: exactly where counting every number of users says so."""

# ids: EC-13, D3
from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.studies import NOW, by_hand, library, prices, study

from tiebeam.economics.ownership import (
    Looked,
    StudyCase,
    compare_sides,
    crossings,
    find_study,
    least_utilisation,
    month_of_crossing,
    present_values,
    study_case,
)
from tiebeam.kit.formulas import FastColumns, PlainColumns
from tiebeam.spec import Side

SMALL: dict[str, Any] = {
    "horizon_months": 6,
    "own_least_fte": "0.1",
    "servers_per_fte": 0,
    "spare_servers": 0,
    "api_output_price_per_mtok": 60,
    "server_price": 3000,
    "rent_per_gpu_hour": 1,
}


def counted(case: StudyCase, of: Side, against: Side) -> list[int]:
    """Every number of users at which the cheaper side changes, by looking at each of them."""
    found: list[int] = []
    before: bool | None = None
    for users in range(case.study.users_from, case.study.users_to + 1):
        last = case.exactly(users=Decimal(users))[-1]
        cheaper = last[f"{of.value}_value"] < last[f"{against.value}_value"]
        if before is not None and cheaper != before:
            found.append(users)
        before = cheaper
    return found


@pytest.mark.parametrize("of", [Side.RENTED, Side.OWN])
def test_the_crossovers_are_those_that_counting_finds(of: Side) -> None:
    case = study_case(library(), prices(), study(users_from=100, users_to=400, **SMALL), at=NOW)
    crossed, first = crossings(case, of, Side.API)

    assert [one.users for one in crossed] == counted(case, of, Side.API)
    assert len(crossed) > (3 if of is Side.RENTED else 0), "whole nodes let the sides cross more than once"
    last = case.exactly(users=Decimal(100))[-1]
    assert (first is of) == (last[f"{of.value}_value"] < last["api_value"])


@settings(max_examples=25, deadline=None)
@given(
    rent=st.integers(5, 60),
    utilisation=st.integers(5, 100),
    fall=st.integers(0, 50),
    growth=st.integers(0, 80),
    horizon=st.sampled_from([7, 24, 40]),
    refresh=st.sampled_from([5, 12, 36]),
)
def test_no_crossover_is_missed_whatever_the_figures(
    rent: int, utilisation: int, fall: int, growth: int, horizon: int, refresh: int
) -> None:
    figures: dict[str, Any] = SMALL | {
        "rent_per_gpu_hour": str(Decimal(rent) / 10),
        "utilisation": str(Decimal(utilisation) / 100),
        "api_price_decline_per_year": str(Decimal(fall) / 100),
        "user_growth_per_year": str(Decimal(growth) / 100),
        "horizon_months": horizon,
        "refresh_months": refresh,
        "discount_rate_per_year": "0.08",
    }
    case = study_case(library(), prices(), study(users_from=50, users_to=3000, **figures), at=NOW)
    users = list(range(50, 3001))
    values = present_values(case, users)
    for side in (Side.RENTED, Side.OWN):
        one, other = values[side], values[Side.API]
        assert all(left <= right * (1 + 1e-12) for left, right in pairwise(one)), "more users never cost less"
        cheaper = [a < b for a, b in zip(one, other, strict=True)]
        changes = [users[at] for at in range(1, len(users)) if cheaper[at] != cheaper[at - 1]]
        assert [found.users for found in crossings(case, side, Side.API)[0]] == changes


def test_the_sources_case_has_its_crossover_within_its_users() -> None:
    """Own infrastructure can be the cheaper one between 5,000 and 50,000 users over four years."""
    graph = library()
    found = find_study(graph, "70b-four-years")
    case = study_case(graph, prices(), found, at=NOW)
    own = compare_sides(case).comparisons[Side.OWN]

    assert case.horizon == 48
    assert (found.users_from, found.users_to) == (5_000, 50_000)
    assert not own.starts_cheaper
    assert own.users
    for one in own.users:
        rows = [case.exactly(users=Decimal(users))[-1] for users in (one.users - 1, one.users)]
        own_first = [row["own_value"] < row["api_value"] for row in rows]
        assert own_first == [one.cheaper is not Side.OWN, one.cheaper is Side.OWN]
    assert own.month is not None
    assert own.month <= 48


def test_with_and_without_numpy_the_crossovers_are_the_same() -> None:
    case = study_case(library(), prices(), study(users_from=100, users_to=5000, **SMALL), at=NOW)

    plain, fast = Looked(case, columns=PlainColumns()), Looked(case, columns=FastColumns())
    assert crossings(case, Side.OWN, Side.API, looked=plain) == crossings(case, Side.OWN, Side.API, looked=fast)


def test_the_month_of_crossing_is_that_from_which_it_stays_ahead() -> None:
    one = [Decimal(value) for value in (9, 10, 25, 26, 27)]
    other = [Decimal(value) for value in (5, 15, 20, 26, 30)]

    assert month_of_crossing(one, other) == 5
    assert month_of_crossing(other, one) is None
    assert month_of_crossing([Decimal(1)], [Decimal(2)]) == 1


def test_the_least_utilisation_is_where_hardware_becomes_the_cheaper_one() -> None:
    case = by_hand(rent_per_gpu_hour="0.2", api_setup_cost=0)
    least = least_utilisation(case, Side.RENTED, Side.API)

    assert least is not None
    for utilisation, cheaper in ((least, True), (least - Decimal("0.001"), False)):
        last = case.exactly(utilisation=utilisation)[-1]
        assert (last["rented_value"] < last["api_value"]) is cheaper
    assert least_utilisation(by_hand(rent_per_gpu_hour=50), Side.RENTED, Side.API) is None
