"""What stands out is told with what was expected and the charges behind it; what is ordinary is not told."""

# ids: EC-20, EC-21, EC-27
from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.builders.use import charge, put

from tiebeam.economics.anomalies import Anomaly, AnomalyKind, detect
from tiebeam.economics.anomalies.robust import centre_and_scale, seasonal_trend
from tiebeam.economics.metering import Ended, Usage
from tiebeam.economics.metering.rows import Metered
from tiebeam.economics.totals import EVERYTHING, ChargeFilters, Scope, Span, UseFilters, charges
from tiebeam.errors import Invalid
from tiebeam.spec import AnomalyRules, Budget, Meta
from tiebeam.store import Store

TODAY = date(2026, 3, 26)
"""A Thursday."""
RULES = AnomalyRules()
DOLLAR = 1_000_000_000


def course(nano_of: Callable[[int], int], *, days: int = 28, **said: Any) -> list[Metered]:
    """A charge on each of the days before today; `nano_of` is told how many days ago, the first is `days`."""
    name = said.pop("name", "c")
    return [
        charge(f"{name}-{ago}", TODAY - timedelta(days=ago), nano=nano_of(ago), **said) for ago in range(days, 0, -1)
    ]


def found(store: Store, *, scope: Scope = EVERYTHING, rules: AnomalyRules = RULES, **budgets: Budget) -> list[Anomaly]:
    with store.read() as conn:
        return detect(conn, span=Span(TODAY, TODAY), rules=rules, budgets=budgets, scope=scope)


def steady(ago: int) -> int:
    return 10 * DOLLAR + (ago * 7919 % 1000) * 1_000_000


def test_a_day_far_above_days_like_it_is_a_spike(store: Store) -> None:
    put(store, [*course(steady), charge("now", TODAY, nano=50 * DOLLAR, model="large-1")])
    (one,) = found(store)
    assert (one.kind, one.team, one.workflow, one.observed, one.unit) == (
        AnomalyKind.SPIKE,
        "support",
        "triage",
        "50",
        "usd",
    )
    assert 39 * DOLLAR < one.excess_nano < 40 * DOLLAR
    assert "'large-1' rose most" in one.because
    with store.read() as conn:
        days = Span(date.fromisoformat(one.ledger["from"]), date.fromisoformat(one.ledger["to"]))
        whose = UseFilters(team=one.ledger["team"], workflow=one.ledger["workflow"])
        page = charges(conn, ChargeFilters(use=whose, span=days))
    assert sum(row["usd_nano"] for row in page.charges) == 50 * DOLLAR


def test_a_finding_keeps_its_name_however_often_it_is_looked_for(store: Store) -> None:
    put(store, [*course(steady), charge("now", TODAY, nano=50 * DOLLAR)])
    assert found(store)[0].id == found(store)[0].id


@pytest.mark.parametrize("nano", [0, 10 * DOLLAR, 12 * DOLLAR, 19 * DOLLAR])
def test_an_ordinary_day_is_left_alone(store: Store, nano: int) -> None:
    put(store, [*course(steady), charge("now", TODAY, nano=nano)])
    assert found(store) == []


def test_a_day_is_compared_with_days_of_its_kind(store: Store) -> None:
    """Nothing is done at weekends. Working days cost ten dollars, which is no spike on a Thursday."""

    def working(ago: int) -> int:
        return 0 if (TODAY - timedelta(days=ago)).isoweekday() > 5 else steady(ago)

    put(store, [*course(working), charge("now", TODAY, nano=11 * DOLLAR)])
    assert found(store) == []


def test_too_little_money_and_too_short_a_past_say_nothing(store: Store) -> None:
    put(store, [*course(lambda ago: 1_000_000 + ago), charge("now", TODAY, nano=900_000_000)])
    put(store, [*course(steady, days=6, name="new", team="sales"), charge("s", TODAY, team="sales", nano=90 * DOLLAR)])
    assert found(store) == []


def test_a_course_that_rises_from_week_to_week_is_a_drift(store: Store) -> None:
    put(store, [*course(lambda ago: (10 + (28 - ago) // 2) * DOLLAR), charge("now", TODAY, nano=24 * DOLLAR)])
    (one,) = found(store)
    assert (one.kind, one.observed, one.unit) == (AnomalyKind.DRIFT, "3.5", "usd a week")
    assert one.ledger["to"] == "2026-03-25"


def test_of_courses_without_a_trend_one_in_a_hundred_seems_to_have_one() -> None:
    random = Random(5)
    chances = [seasonal_trend({day: random.random() for day in range(28)})[1] for _ in range(2000)]
    assert sum(one <= 0.01 for one in chances) / 2000 < 0.02


def test_a_quiet_weekend_is_no_trend() -> None:
    rise, chance = seasonal_trend({day: 0.0 if day % 7 in (5, 6) else 10.0 for day in range(28)})
    assert (rise, chance) == (0.0, 1.0)


@given(st.lists(st.floats(0, 1e15), min_size=3, max_size=40), st.floats(0, 1e15))
def test_one_wild_day_does_not_move_what_is_ordinary(values: list[float], wild: float) -> None:
    centre, scale = centre_and_scale(values)
    assert min(values) <= centre <= max(values)
    assert scale >= 0
    assert scale <= 1.4826 * (max(values) - min(values))
    moved, _ = centre_and_scale([*values, wild])
    assert (
        sorted(values)[max(0, len(values) // 2 - 1)]
        <= moved
        <= sorted(values)[min(len(values) - 1, len(values) // 2 + 1)]
    )


def test_a_scale_is_found_where_most_values_are_equal() -> None:
    centre, scale = centre_and_scale([5.0] * 8 + [15.0])
    assert (centre, round(scale, 4)) == (5.0, round(1.2533 * 10 / 9, 4))
    assert centre_and_scale([1, 2, 3, 4, 100]) == (3, 1.4826)


CACHED = Usage(input=40_000, cached=160_000, output=10)


def test_input_that_used_to_be_cached_and_is_not_is_a_storm(store: Store) -> None:
    put(store, [*course(steady, usage=CACHED), charge("now", TODAY, nano=10 * DOLLAR, usage=Usage(input=200_000))])
    (one,) = found(store)
    assert (one.kind, one.model, one.observed, one.expected, one.unit) == (
        AnomalyKind.CACHE_MISSES,
        "small-1",
        "0.0000",
        "0.8000",
        "share",
    )
    assert "about 160,000 tokens were paid in full" in one.because
    assert one.ledger["model"] == "small-1"


def test_a_small_fall_or_little_input_is_no_storm(store: Store) -> None:
    put(store, [*course(steady, usage=CACHED), charge("now", TODAY, usage=Usage(input=70_000, cached=130_000))])
    put(store, [*course(steady, usage=CACHED, name="s", team="sales"), charge("s", TODAY, team="sales")])
    assert found(store) == []


def test_dear_retries_are_waste(store: Store) -> None:
    put(
        store,
        [
            charge("try", TODAY, call_id="c", nano=2 * DOLLAR, ended=Ended.BROKEN, concluded=False),
            charge("done", TODAY, call_id="c", nano=8 * DOLLAR),
        ],
    )
    (one,) = found(store)
    assert (one.kind, one.observed, one.excess_nano) == (AnomalyKind.RETRY_WASTE, "0.2000", 2 * DOLLAR)


def test_many_failed_attempts_are_waste_though_they_cost_nothing(store: Store) -> None:
    tries = [charge(f"t{n}", TODAY, nano=0, ended=Ended.REFUSED, concluded=False) for n in range(30)]
    put(store, [*tries, *(charge(f"d{n}", TODAY) for n in range(30))])
    (one,) = found(store)
    assert (one.kind, one.observed) == (AnomalyKind.RETRY_WASTE, "0.5000")
    assert found(store, rules=RULES.model_copy(update={"least_attempts": 100})) == []


def budget(**said: Any) -> Budget:
    meta = Meta(since=TODAY, reviewed=TODAY)
    given = {
        "id": "support",
        "meta": meta,
        "title": "S",
        "owner_role": "cfo",
        "usd_per_month": 9,
        "also_covers": ("support",),
    }
    return Budget.model_validate({**given, **said})


def test_an_execution_above_what_its_budget_wants_to_be_told_of_is_a_runaway(store: Store) -> None:
    put(store, [charge("old", TODAY - timedelta(days=1), execution="job-1", nano=4 * DOLLAR)])
    put(store, [charge("now", TODAY, execution="job-1", nano=2 * DOLLAR), charge("b", TODAY, execution="job-2")])
    told = budget(usd_per_execution=20, warn_usd_per_execution=6)
    (one,) = found(store, support=told)
    assert (one.kind, one.execution, one.observed, one.threshold) == (AnomalyKind.RUNAWAY, "job-1", "6", "6")
    assert one.ledger == {"team": "support", "workflow": "triage", "execution": "job-1"}
    assert found(store, support=told.model_copy(update={"warn_usd_per_execution": Decimal(7)})) == []
    assert found(store, other=told.model_copy(update={"also_covers": ("sales",)})) == []


def test_an_execution_far_above_its_fellows_is_a_runaway_without_any_budget(store: Store) -> None:
    put(store, [charge(f"e{n}", TODAY, execution=f"job-{n}", nano=100_000_000 + n * 1_000_000) for n in range(30)])
    assert found(store) == []
    put(store, [charge("wild", TODAY, execution="job-wild", nano=90 * DOLLAR)])
    (one,) = [one for one in found(store) if one.kind is AnomalyKind.RUNAWAY]
    assert one.execution == "job-wild"
    assert "of 31 executions" in one.because


def test_nobody_is_told_of_others(store: Store) -> None:
    put(store, [*course(steady), charge("now", TODAY, nano=50 * DOLLAR, execution="job-1")])
    assert found(store, scope=Scope(teams=frozenset({"sales"})), all=budget(usd_per_execution=1)) == []


def test_days_have_an_end_and_rules_a_sense(store: Store) -> None:
    with store.read() as conn:
        for span in (Span(), Span(TODAY - timedelta(days=31), TODAY)):
            with pytest.raises(Invalid):
                detect(conn, span=span, rules=RULES, budgets={})
        assert detect(conn, span=Span(date.min, date.min), rules=RULES, budgets={}) == []
    with pytest.raises(ValidationError):
        AnomalyRules(history_days=14, least_days=20)
