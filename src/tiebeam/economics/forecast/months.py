"""Months of the ledger, and how much of one is over."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from tiebeam.errors import Invalid
from tiebeam.spec import DayCount, ForecastUse

_FORM = re.compile(r"(20\d\d|21\d\d)-(0[1-9]|1[0-2])")
_DAY = Decimal(86400)
_FINE = Decimal("0.0001")


class WrongMonth(Invalid):
    """Text that is no month of this and the next century."""

    code = "wrong_month"


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month of UTC days, as the ledger counts them."""

    year: int
    number: int

    @classmethod
    def read(cls, text: str) -> Month:
        """`2026-11`. Raises WrongMonth."""
        if not _FORM.fullmatch(text):
            raise WrongMonth(f"{text[:20]!r} is no month; write one such as 2026-11")
        return cls(int(text[:4]), int(text[5:]))

    @classmethod
    def of(cls, moment: datetime) -> Month:
        day = moment.astimezone(UTC)
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.number, monthrange(self.year, self.number)[1])

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.first, time(), tzinfo=UTC)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.last.day)]

    def plus(self, months: int) -> Month:
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, number + 1)

    def is_over(self, now: datetime) -> bool:
        return now >= self.plus(1).begins

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


@dataclass(frozen=True, slots=True)
class Pace:
    """`elapsed` of `days` are over; a day that has begun counts by its share, in UTC."""

    counting: DayCount
    days: int
    elapsed: Decimal

    @property
    def left(self) -> Decimal:
        return self.days - self.elapsed


def pace_of(month: Month, use: ForecastUse, *, now: datetime) -> Pace:
    """How far a month is. One without any working day is counted by the calendar."""
    counted = counted_days(month, use)
    counting = DayCount.CALENDAR if len(counted) == len(month.days) else use.days
    today = now.astimezone(UTC)
    over = Decimal(sum(day < today.date() for day in counted))
    if today.date() in counted:
        begun = today - datetime.combine(today.date(), time(), tzinfo=UTC)
        over += (Decimal(int(begun.total_seconds())) / _DAY).quantize(_FINE)
    return Pace(counting, len(counted), over)


def counted_days(month: Month, use: ForecastUse) -> list[date]:
    """The days that carry the month's cost; all of them where nobody works on any."""
    return [day for day in month.days if _carries(day, use)] or month.days


def _carries(day: date, use: ForecastUse) -> bool:
    return use.days is DayCount.CALENDAR or (day.weekday() < 5 and day not in use.closed)
