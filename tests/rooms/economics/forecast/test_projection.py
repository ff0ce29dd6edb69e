"""How far a month is, where it leads, and when that alarms; every figure reckoned by hand."""

# ids: EC-20
from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.economics.forecast import Level, Month, Outlook, Pace, WrongMonth, level_of, pace_of, project
from tiebeam.spec import DayCount, ForecastUse

NOVEMBER = Month(2026, 11)
USE = ForecastUse()


def at(day: int, hour: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def pace(elapsed: str, days: int = 21) -> Pace:
    return Pace(DayCount.WORKING, days, Decimal(elapsed))


def outlook(actual: str, elapsed: str, planned: str = "2100") -> Outlook:
    end = project(Decimal(actual), pace(elapsed), planned=Decimal(planned), settle_days=USE.settle_days)
    return Outlook(name="total", title="", planned=Decimal(planned), actual=Decimal(actual), projected=end)


@pytest.mark.parametrize(
    ("now", "elapsed"),
    [
        # November 2026 begins on a Sunday and has 21 days from Monday to Friday.
        (at(1), "0"),
        (at(2), "0"),
        (at(2, 12), "0.5"),
        (at(9), "5"),
        (at(21, 18), "15"),
        (at(1, 0, 12), "21"),
        (at(15, 0, 12), "21"),
        (at(30, 0, 10), "0"),
    ],
)
def test_a_month_is_over_by_its_working_days(now: datetime, elapsed: str) -> None:
    found = pace_of(NOVEMBER, USE, now=now)
    assert (found.days, found.elapsed, found.counting) == (21, Decimal(elapsed), DayCount.WORKING)


def test_a_closed_day_does_not_count_and_calendar_days_all_do() -> None:
    closed = ForecastUse(closed=(date(2026, 11, 4), date(2026, 11, 7)))
    assert pace_of(NOVEMBER, closed, now=at(9)).elapsed == 4
    assert pace_of(NOVEMBER, closed, now=at(9)).days == 20
    by_calendar = ForecastUse(days=DayCount.CALENDAR)
    assert (pace_of(NOVEMBER, by_calendar, now=at(9)).elapsed, pace_of(NOVEMBER, by_calendar, now=at(9)).days) == (
        8,
        30,
    )


def test_a_month_in_which_nobody_works_is_counted_by_the_calendar() -> None:
    shut = ForecastUse(closed=tuple(NOVEMBER.days))
    found = pace_of(NOVEMBER, shut, now=at(9))
    assert (found.days, found.elapsed, found.counting) == (30, 8, DayCount.CALENDAR)


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "26-11", "2026-11-01", "", "1999-12", "２０２６-11"])
def test_what_is_no_month_is_told_so(text: str) -> None:
    with pytest.raises(WrongMonth, match="write one such as 2026-11"):
        Month.read(text)


def test_months_follow_each_other_over_the_year() -> None:
    assert str(Month(2026, 12).plus(1)) == "2027-01"
    assert str(Month(2026, 1).plus(-1)) == "2025-12"
    assert Month.of(datetime.fromisoformat("2026-12-01T00:30+01:00")) == NOVEMBER


@pytest.mark.parametrize(
    ("actual", "elapsed", "end", "level"),
    [
        # 5 days at 150 instead of 100: 750 + 16 * (750 + 10 * 100) / 15 = 2,616.67, 24.6 % above 2,100.
        ("750", "5", "2616.67", Level.WARN),
        # One day more: 900 + 15 * (900 + 1,000) / 16 = 2,681.25, 27.7 % above.
        ("900", "6", "2681.25", Level.ALERT),
        # 5 days at 110: 550 + 16 * 1,550 / 15 = 2,203.33, 4.9 % above.
        ("550", "5", "2203.33", Level.CALM),
        ("0", "0", "2100", Level.CALM),
        ("500", "5", "2100", Level.CALM),
        ("0", "21", "0", Level.CALM),
        ("2700", "21", "2700", Level.ALERT),
    ],
)
def test_the_end_of_the_month_by_hand(actual: str, elapsed: str, end: str, level: Level) -> None:
    found = outlook(actual, elapsed)
    assert found.projected is not None
    assert round(found.projected, 2) == Decimal(end)
    assert level_of(found, pace(elapsed), USE, dearest=Decimal(100)) is level


def test_one_dear_day_alone_raises_nothing_but_what_is_spent_already_does() -> None:
    # 300 on the first day lead to 300 + 20 * 1,300 / 11 = 2,663.64; without that day's surplus the month is on plan.
    first = outlook("300", "1")
    assert first.projected is not None
    assert round(first.projected, 2) == Decimal("2663.64")
    assert level_of(first, pace("1"), USE, dearest=Decimal(300)) is Level.CALM
    spent = outlook("2700", "1")
    assert level_of(spent, pace("1"), USE, dearest=Decimal(2700)) is Level.ALERT


def test_the_thresholds_that_are_declared_are_those_that_count() -> None:
    found = outlook("750", "5")
    for warn, alert, level in (("0.1", "0.2", Level.ALERT), ("0.24", "0.25", Level.WARN), ("0.25", "0.5", Level.CALM)):
        use = ForecastUse(warn_share=Decimal(warn), alert_share=Decimal(alert))
        assert level_of(found, pace("5"), use, dearest=Decimal(100)) is level


def test_spend_nobody_planned_is_weighed_against_the_whole_plan() -> None:
    tokens = outlook("300", "10", planned="0")
    # 300 + 11 * 300 / 20 = 465, 22 % of a plan of 2,100 in all.
    assert tokens.projected == 465
    assert tokens.share is None
    assert level_of(tokens, pace("10"), USE, dearest=Decimal(30), base=Decimal(2100)) is Level.WARN


def test_an_alert_below_the_warning_is_refused() -> None:
    with pytest.raises(ValueError, match="lies below warn_share"):
        ForecastUse(warn_share=Decimal("0.3"), alert_share=Decimal("0.2"))


money = st.decimals(0, 10**9, places=2)
elapsed_days = st.decimals(0, 21, places=4)


@given(first=money, more=money, planned=money, elapsed=elapsed_days, settle=st.decimals(1, 100, places=2))
def test_more_spent_never_projects_less(
    first: Decimal, more: Decimal, planned: Decimal, elapsed: Decimal, settle: Decimal
) -> None:
    def end(actual: Decimal, of: Decimal = planned) -> Decimal:
        found = project(actual, pace(str(elapsed)), planned=of, settle_days=settle)
        assert found is not None
        return found

    assert end(first + more) >= end(first) >= first
    assert end(first, planned + more) >= end(first, planned)


@given(planned=st.decimals("0.01", 10**9, places=2), elapsed=elapsed_days, settle=st.decimals(1, 100, places=2))
def test_a_month_that_runs_as_planned_ends_as_planned(planned: Decimal, elapsed: Decimal, settle: Decimal) -> None:
    on_plan = planned * elapsed / 21
    found = project(on_plan, pace(str(elapsed)), planned=planned, settle_days=settle)
    assert found == pytest.approx(planned, rel=Decimal("1e-20"))


@given(actual=money, planned=money, elapsed=st.decimals("0.5", 21, places=2))
def test_the_projection_lies_between_the_plan_and_the_months_own_pace(
    actual: Decimal, planned: Decimal, elapsed: Decimal
) -> None:
    end: Any = project(actual, pace(str(elapsed)), planned=planned, settle_days=Decimal(10))
    own: Any = project(actual, pace(str(elapsed)), planned=None, settle_days=Decimal(10))
    by_plan = actual + (21 - elapsed) * planned / 21
    low, high = sorted((own, by_plan))
    assert low - Decimal("0.0001") <= end <= high + Decimal("0.0001")


def test_without_a_plan_nothing_is_projected_before_the_first_day() -> None:
    assert project(Decimal(0), pace("0"), planned=None, settle_days=Decimal(10)) is None
    assert project(Decimal(50), pace("7"), planned=None, settle_days=Decimal(10)) == 150
