"""For how long a ceiling holds before it begins anew. Worked out from the calendar whenever it is asked: nothing
resets a budget, so nothing can reset it late."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tiebeam.spec import BudgetWindow

NEVER = 1 << 62
"""The end, in milliseconds since 1970, of a window that does not end."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A calendar by which a ceiling begins anew: at midnight of its time zone, on the day its anchor says."""

    kind: BudgetWindow
    zone: ZoneInfo
    anchor: int = 1
    """The day of the month on which months, quarters and years begin, the last one where a month is shorter; for
    weeks, 1 is Monday."""

    def around(self, at_ms: int) -> tuple[int, int]:
        """The first millisecond of the window that holds a moment, and the first one after it."""
        if self.kind is BudgetWindow.EVER:
            return 0, NEVER
        day = _moment(at_ms).astimezone(self.zone).date()
        first = self._first_day(day)
        start, following = self._opens(first), self._next(first)
        end = self._opens(following)
        # Clocks may be put back or forth across midnight; the window is then the one whose own midnights enclose the
        # moment, whichever day the clocks on the wall show.
        while at_ms >= end:
            following, start = self._next(following), end
            end = self._opens(following)
        while at_ms < start:
            first, end = self._first_day(first - timedelta(days=1)), start
            start = self._opens(first)
        return start, end

    def _first_day(self, day: date) -> date:
        """The first day of the window a day belongs to."""
        match self.kind:
            case BudgetWindow.DAY | BudgetWindow.EVER:
                return day
            case BudgetWindow.WEEK:
                return day - timedelta(days=(day.isoweekday() - self.anchor) % 7)
            case BudgetWindow.MONTH:
                months = 1
            case BudgetWindow.QUARTER:
                months = 3
            case BudgetWindow.YEAR:
                months = 12
        index = _month_index(day)
        start = index - index % months
        begins = _day_of_month(start, self.anchor)
        return begins if begins <= day else _day_of_month(start - months, self.anchor)

    def _next(self, first: date) -> date:
        """The first day of the window after the one that begins on `first`."""
        match self.kind:
            case BudgetWindow.DAY | BudgetWindow.EVER:
                return first + timedelta(days=1)
            case BudgetWindow.WEEK:
                return first + timedelta(days=7)
            case BudgetWindow.MONTH:
                return _day_of_month(_month_index(first) + 1, self.anchor)
            case BudgetWindow.QUARTER:
                return _day_of_month(_month_index(first) + 3, self.anchor)
            case BudgetWindow.YEAR:
                return _day_of_month(_month_index(first) + 12, self.anchor)

    def _opens(self, day: date) -> int:
        """Midnight at the start of a day: the first of two, and where clocks skip it, the moment they skip."""
        opened = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return (opened.astimezone(UTC) - _EPOCH) // _MILLISECOND


def moment_of(at_ms: int) -> datetime | None:
    """The moment as an aware datetime; None for one that never comes."""
    return None if at_ms >= NEVER else _moment(at_ms)


def _moment(at_ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at_ms)


def _month_index(day: date) -> int:
    return day.year * 12 + day.month - 1


def _day_of_month(index: int, anchor: int) -> date:
    year, month = divmod(index, 12)
    return date(year, month + 1, min(anchor, calendar.monthrange(year, month + 1)[1]))
