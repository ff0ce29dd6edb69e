"""Windows of budgets are worked out from the calendar, whenever it is asked. complaint: 19"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.economics.spending import NEVER, Window, moment_of
from tiebeam.spec import BudgetWindow

ZONES = sorted(available_timezones())
FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp() * 1000) for year in (1975, 2090))
moments = st.integers(FIRST, LAST)
calendars = st.builds(
    Window,
    kind=st.sampled_from([one for one in BudgetWindow if one is not BudgetWindow.EVER]),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    anchor=st.integers(1, 31),
).map(lambda one: Window(one.kind, one.zone, min(one.anchor, 7) if one.kind is BudgetWindow.WEEK else one.anchor))


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def local(at_ms: int, zone: str) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone)):%Y-%m-%d %H:%M}"


# ids: EC-21
# complaint: 19
@given(window=calendars, at=moments)
def test_every_moment_lies_in_exactly_one_window_and_windows_follow_without_a_gap(window: Window, at: int) -> None:
    start, end = window.around(at)
    assert start <= at < end
    assert window.around(start) == (start, end)
    assert window.around(end - 1) == (start, end)
    assert window.around(end)[0] == end
    assert window.around(start - 1)[1] == start


# complaint: 19
@given(window=calendars, at=moments)
def test_a_window_begins_at_midnight_or_where_clocks_skip_it(window: Window, at: int) -> None:
    start, _ = window.around(at)
    shown = datetime.fromtimestamp(start / 1000, window.zone)
    before = datetime.fromtimestamp(start / 1000 - 1, window.zone)
    is_midnight = (shown.hour, shown.minute, shown.second) == (0, 0, 0)
    assert is_midnight or shown.utcoffset() != before.utcoffset() or _skipped(shown, start)


def _skipped(shown: datetime, start: int) -> bool:
    """Whether that day has no midnight at all."""
    midnight = shown.replace(hour=0, minute=0, second=0, microsecond=0)
    return datetime.fromtimestamp(midnight.timestamp(), shown.tzinfo).hour != 0


# complaint: 19
@given(
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]),
    anchor=st.integers(1, 31),
    day=st.dates(date(2024, 1, 1), date(2032, 12, 31)),
)
def test_a_month_begins_on_its_anchor_or_on_its_last_day(zone: str, anchor: int, day: date) -> None:
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    start, end = Window(BudgetWindow.MONTH, ZoneInfo(zone), anchor).around(noon)
    for edge in (start, end):
        begins = datetime.fromtimestamp(edge / 1000, ZoneInfo(zone))
        is_last = (begins + timedelta(days=1)).day == 1
        assert begins.day == anchor or (is_last and begins.day < anchor)


# complaint: 19
@pytest.mark.parametrize(
    ("zone", "at", "begins", "ends", "hours"),
    [
        ("Europe/Berlin", "2026-03-29T12:00+02:00", "2026-03-29 00:00", "2026-03-30 00:00", 23),
        ("Europe/Berlin", "2026-10-25T02:30+01:00", "2026-10-25 00:00", "2026-10-26 00:00", 25),
        ("America/New_York", "2026-11-01T23:59:59-05:00", "2026-11-01 00:00", "2026-11-02 00:00", 25),
        # Clocks go from 23:59 to 01:00: the day begins when they do.
        ("Africa/Cairo", "2026-04-24T12:00+03:00", "2026-04-24 01:00", "2026-04-25 00:00", 23),
        # Clocks went back from 00:01 to 23:01 of the day before: the second evening belongs to the new day.
        ("America/St_Johns", "2006-10-28T23:30-03:30", "2006-10-29 00:00", "2006-10-30 00:00", 25),
        # A whole day was left out at the date line.
        ("Pacific/Apia", "2011-12-31T12:00+14:00", "2011-12-31 00:00", "2012-01-01 00:00", 24),
        ("Asia/Kathmandu", "2026-06-01T00:00+05:45", "2026-06-01 00:00", "2026-06-02 00:00", 24),
    ],
)
def test_a_day_is_the_calendars_day_whatever_clocks_do(zone: str, at: str, begins: str, ends: str, hours: int) -> None:
    start, end = Window(BudgetWindow.DAY, ZoneInfo(zone)).around(ms(at))
    assert (local(start, zone), local(end, zone), (end - start) / 3_600_000) == (begins, ends, hours)


# complaint: 19
@pytest.mark.parametrize(
    ("kind", "anchor", "at", "begins", "ends"),
    [
        (BudgetWindow.MONTH, 1, "2026-02-28T23:59+01:00", "2026-02-01 00:00", "2026-03-01 00:00"),
        (BudgetWindow.MONTH, 31, "2026-02-28T00:00+01:00", "2026-02-28 00:00", "2026-03-31 00:00"),
        (BudgetWindow.MONTH, 31, "2026-04-29T12:00+02:00", "2026-03-31 00:00", "2026-04-30 00:00"),
        (BudgetWindow.MONTH, 29, "2028-02-29T12:00+01:00", "2028-02-29 00:00", "2028-03-29 00:00"),
        (BudgetWindow.MONTH, 15, "2026-01-14T12:00+01:00", "2025-12-15 00:00", "2026-01-15 00:00"),
        (BudgetWindow.WEEK, 1, "2026-03-01T12:00+01:00", "2026-02-23 00:00", "2026-03-02 00:00"),
        (BudgetWindow.WEEK, 7, "2026-03-01T12:00+01:00", "2026-03-01 00:00", "2026-03-08 00:00"),
        (BudgetWindow.QUARTER, 31, "2026-04-29T12:00+02:00", "2026-01-31 00:00", "2026-04-30 00:00"),
        (BudgetWindow.QUARTER, 1, "2026-12-31T23:59+01:00", "2026-10-01 00:00", "2027-01-01 00:00"),
        (BudgetWindow.YEAR, 10, "2026-01-09T12:00+01:00", "2025-01-10 00:00", "2026-01-10 00:00"),
    ],
)
def test_longer_windows_begin_on_their_anchor(kind: BudgetWindow, anchor: int, at: str, begins: str, ends: str) -> None:
    start, end = Window(kind, ZoneInfo("Europe/Berlin"), anchor).around(ms(at))
    assert (local(start, "Europe/Berlin"), local(end, "Europe/Berlin")) == (begins, ends)


# complaint: 19
def test_midnight_is_that_of_the_budgets_time_zone_and_not_of_utc() -> None:
    # One in the morning in Tokyo is still yesterday in UTC.
    at = ms("2026-06-02T01:00+09:00")
    assert Window(BudgetWindow.DAY, ZoneInfo("Asia/Tokyo")).around(at)[0] == ms("2026-06-02T00:00+09:00")
    assert Window(BudgetWindow.DAY, ZoneInfo("UTC")).around(at)[0] == ms("2026-06-01T00:00+00:00")


def test_a_ceiling_for_ever_never_begins_anew() -> None:
    start, end = Window(BudgetWindow.EVER, ZoneInfo("UTC")).around(ms("2026-06-02T01:00+09:00"))
    assert (start, end) == (0, NEVER)
    assert moment_of(end) is None
