"""Deadlines are counted in the team's working hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rooms.workforce.company import META
from tiebeam.spec import HolidayCalendar, SpecialDay, Team
from tiebeam.workforce import BrokenCalendar, Calendar

# ids: B12


def team(**changes: object) -> Team:
    return Team.model_validate({"id": "t", "meta": META, "title": "T", "lead": "mia", "cost_centre": "1", **changes})


AUSTRIA = HolidayCalendar(
    id="austria",
    meta=META,
    title="Austria",
    first=date(2026, 1, 1),
    last=date(2026, 12, 31),
    day=(
        SpecialDay(date=date(2026, 4, 6), title="Easter Monday"),
        SpecialDay(date=date(2026, 5, 1), title="Labour Day"),
        SpecialDay(date=date(2026, 8, 15), title="Assumption, a Saturday"),
        SpecialDay(date=date(2026, 12, 24), title="Christmas Eve", closes="12:00"),
        SpecialDay(date=date(2026, 12, 12), title="Made up for 24 December", works=True),
    ),
)
AUSTRIAN = Calendar.of(team(calendar="austria"), {"austria": AUSTRIA})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_hours_that_fit_into_the_day_end_on_it() -> None:
    assert Calendar().add(at("2026-03-02T09:00"), Decimal(8)) == at("2026-03-02T17:00")


def test_hours_left_in_the_evening_go_on_next_morning() -> None:
    assert Calendar().add(at("2026-03-02T16:00"), Decimal(4)) == at("2026-03-03T10:00")


def test_a_weekend_does_not_count() -> None:
    assert Calendar().add(at("2026-03-06T17:00"), Decimal(2)) == at("2026-03-09T09:00")


def test_a_day_on_which_everybody_is_away_does_not_count() -> None:
    away = date(2026, 3, 3)
    due = Calendar().add(at("2026-03-02T17:00"), Decimal(2), is_away=lambda day: day == away)
    assert due == at("2026-03-04T09:00")


def test_when_nobody_ever_returns_the_deadline_still_comes() -> None:
    due = Calendar().add(at("2026-03-02T09:00"), Decimal(2), is_away=lambda _: True)
    assert at("2026-05-30T00:00") < due < at("2026-06-05T00:00")


def test_hours_are_those_of_the_teams_place_also_when_its_clocks_change() -> None:
    vienna = Calendar.of(team(timezone="Europe/Vienna"), {})
    # Friday 27 March, 17:00 in Vienna (16:00 UTC); on Sunday the clocks go forward.
    assert vienna.add(at("2026-03-27T16:00"), Decimal(2)) == at("2026-03-30T07:00")


def test_a_night_shift_passes_midnight() -> None:
    night = Calendar.of(team(opens="22:00", closes="06:00", workdays=(1,)), {})
    assert night.add(at("2026-03-02T23:00"), Decimal(4)) == at("2026-03-03T03:00")
    assert night.add(at("2026-03-03T05:00"), Decimal(2)) == at("2026-03-09T23:00")


def test_a_public_holiday_does_not_count() -> None:
    assert AUSTRIAN.add(at("2026-04-30T17:00"), Decimal(2)) == at("2026-05-04T09:00")
    assert Calendar().add(at("2026-04-30T17:00"), Decimal(2)) == at("2026-05-01T09:00")


def test_a_day_that_closes_early_counts_until_it_closes() -> None:
    assert AUSTRIAN.add(at("2026-12-24T11:00"), Decimal(2)) == at("2026-12-25T09:00")


def test_a_made_up_saturday_counts() -> None:
    assert AUSTRIAN.add(at("2026-12-11T17:00"), Decimal(2)) == at("2026-12-12T09:00")


def test_the_days_that_moved_a_deadline_can_be_named() -> None:
    found = AUSTRIAN.special_days(date(2026, 4, 1), date(2026, 12, 31))

    # Assumption falls on a Saturday, on which nobody works anyway.
    assert [day.title for day in found] == [
        "Easter Monday",
        "Labour Day",
        "Made up for 24 December",
        "Christmas Eve",
    ]
    assert AUSTRIAN.known_until == date(2026, 12, 31)


def test_a_calendar_nobody_declared_is_named() -> None:
    with pytest.raises(BrokenCalendar, match=r"calendars/austria\.toml"):
        Calendar.of(team(calendar="austria"), {})


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"last": date(2026, 6, 1)}, "lies outside"),
        ({"day": (AUSTRIA.day[0], AUSTRIA.day[0])}, "stands there twice"),
        ({"day": ({"date": "2026-12-24", "title": "x", "closes": "12:00", "works": True},)}, "closes early"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        HolidayCalendar.model_validate({**AUSTRIA.model_dump(), **changes})


@pytest.mark.parametrize("changes", [{"timezone": "Mars/Base"}, {"workdays": ()}, {"workdays": (8,)}])
def test_hours_that_cannot_be_counted_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BrokenCalendar, match="'t'"):
        Calendar.of(team(**changes), {})


@given(st.integers(0, 20_000), st.integers(1, 400), st.integers(1, 400))
def test_counting_in_two_parts_or_in_one_gives_the_same_moment(start: int, first: int, second: int) -> None:
    begins = at("2026-03-02T00:00") + timedelta(minutes=start)
    in_parts = Calendar().add(Calendar().add(begins, Decimal(first) / 4), Decimal(second) / 4)
    assert in_parts == Calendar().add(begins, Decimal(first + second) / 4)
