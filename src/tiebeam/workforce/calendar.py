"""Business hours: when a team works, which days are holidays, and when something is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tiebeam.errors import Invalid
from tiebeam.spec import HolidayCalendar, SpecialDay, Team

_HORIZON_DAYS = 3660
_ABSENCES_COUNT_FOR_DAYS = 90
"""Beyond this, days on which everybody is away count as working days: a deadline must come at last."""


class BrokenCalendar(Invalid):
    """A team's working hours cannot be counted: unknown time zone, or no working day at all."""

    code = "broken_calendar"


def _never(day: date) -> bool:
    return False


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


_NO_DAYS: Mapping[date, SpecialDay] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working hours in local time. `closes` at or before `opens` means the next day.

    `special` holds the days unlike their weekday; no holiday is known after `known_until` (None = none are declared).
    """

    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    workdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})
    opens_minute: int = 8 * 60
    closes_minute: int = 18 * 60
    special: Mapping[date, SpecialDay] = field(default_factory=lambda: _NO_DAYS)
    known_until: date | None = None

    @classmethod
    def of(cls, team: Team | None, calendars: Mapping[str, HolidayCalendar]) -> Calendar:
        """The team's hours and holidays; Monday to Friday, 08:00 to 18:00 UTC without a team. Raises BrokenCalendar."""
        if team is None:
            return cls()
        try:
            zone = ZoneInfo(team.timezone)
        except (ZoneInfoNotFoundError, ValueError) as problem:
            raise BrokenCalendar(
                f"team {team.id!r} has the unknown time zone {team.timezone!r}: use a name such as 'Europe/Vienna'"
            ) from problem
        days = frozenset(team.workdays)
        if not days or not days <= frozenset(range(1, 8)):
            raise BrokenCalendar(f"team {team.id!r} needs workdays out of 1 (Monday) to 7 (Sunday)")
        opens, closes = _minutes(team.opens), _minutes(team.closes)
        if team.calendar is None:
            return cls(zone, days, opens, closes)
        if (holidays := calendars.get(team.calendar)) is None:
            raise BrokenCalendar(
                f"team {team.id!r} names the calendar {team.calendar!r}, which does not exist; "
                f"declare calendars/{team.calendar}.toml"
            )
        return cls(zone, days, opens, closes, {day.date: day for day in holidays.day}, holidays.last)

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.timezone).date()

    def works_on(self, day: date) -> bool:
        """Whether the team works on that day at all; people's absences aside."""
        special = self.special.get(day)
        if special is None:
            return day.isoweekday() in self.workdays
        return special.works or (special.closes is not None and day.isoweekday() in self.workdays)

    def special_days(self, first: date, last: date) -> list[SpecialDay]:
        """The days from `first` to `last` on which hours differ from what the weekday says, in order."""
        found = (special for day, special in self.special.items() if first <= day <= last)
        return sorted(
            (special for special in found if special.works != (special.date.isoweekday() in self.workdays)),
            key=lambda special: special.date,
        )

    def _window(self, day: date) -> tuple[datetime, datetime]:
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.timezone)
        closes = self.closes_minute + (1440 if self.closes_minute <= self.opens_minute else 0)
        special = self.special.get(day)
        if special is not None and special.closes is not None:
            closes = max(self.opens_minute, min(closes, _minutes(special.closes)))
        # Wall-clock arithmetic first and UTC last, so that a day with a clock change keeps its posted hours.
        first = (midnight + timedelta(minutes=self.opens_minute)).astimezone(UTC)
        last = (midnight + timedelta(minutes=closes)).astimezone(UTC)
        return first, last

    def add(self, start: datetime, hours: Decimal, *, is_away: Callable[[date], bool] = _never) -> datetime:
        """The moment when `hours` working hours have passed since `start`, in UTC.

        `is_away(day)` is true on days when nobody can do the work. Raises BrokenCalendar when no such moment exists.
        """
        left = timedelta(seconds=float(hours * 3600))
        first_day = self.day_of(start)
        for offset in range(-1, _HORIZON_DAYS):
            day = first_day + timedelta(days=offset)
            if not self.works_on(day):
                continue
            if offset <= _ABSENCES_COUNT_FOR_DAYS and is_away(day):
                continue
            opens, closes = self._window(day)
            begins = max(start, opens)
            if begins >= closes:
                continue
            if left <= closes - begins:
                return (begins + left).astimezone(UTC)
            left -= closes - begins
        raise BrokenCalendar(f"{hours} working hours do not pass within ten years of {start.isoformat()}")
