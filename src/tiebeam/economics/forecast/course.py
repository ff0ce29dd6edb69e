"""A month day by day: as planned, as spent, and as it is thought to go on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal

from tiebeam.economics.forecast.looking import Forecast
from tiebeam.economics.forecast.months import counted_days


@dataclass(frozen=True, slots=True)
class CoursePoint:
    """Added up from the first day to the end of `day`. `actual` ends today, `projected` begins there."""

    day: date
    planned: Decimal | None
    actual: Decimal | None
    projected: Decimal | None


def course(found: Forecast) -> list[CoursePoint]:
    """The plan spread evenly over the days that count, the ledger, and the rest of the way to the projection."""
    counted, today = counted_days(found.month, found.use), found.as_of.astimezone(UTC).date()
    total, spent = found.total, Decimal(0)
    left = [day for day in counted if day > today]
    points: list[CoursePoint] = []
    for day in found.month.days:
        spent += found.spent.by_day.get(day, Decimal(0))
        so_far = sum(one <= day for one in counted)
        planned = None if total.planned is None else total.planned * so_far / len(counted)
        ahead = None
        if total.projected is not None and day >= today:
            gone = sum(one <= day for one in left)
            ahead = total.actual + (total.projected - total.actual) * (Decimal(gone) / len(left) if left else 1)
            ahead = total.actual if day == today and left else ahead
        points.append(CoursePoint(day, planned, spent if day <= today else None, ahead))
    return points


def together(courses: Iterable[list[CoursePoint]]) -> list[CoursePoint]:
    """Courses of one month added up; a figure that one of them lacks is left out of that day."""
    return [
        CoursePoint(
            points[0].day,
            _sum([one.planned for one in points]),
            _sum([one.actual for one in points]),
            _sum([one.projected for one in points]),
        )
        for points in zip(*courses, strict=True)
    ]


def _sum(values: list[Decimal | None]) -> Decimal | None:
    known = [one for one in values if one is not None]
    return sum(known, Decimal(0)) if known else None
