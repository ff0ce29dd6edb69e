"""Statistics that a few wild days do not move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, groupby
from math import erfc, sqrt
from statistics import fmean, median

_OF_MEDIAN, _OF_MEAN = 1.4826, 1.2533
"""What makes a median, and a mean, absolute deviation as large as a standard deviation of normal values."""


def centre_and_scale(values: Sequence[float]) -> tuple[float, float]:
    """Median, and 1.4826 times the median absolute deviation from it.

    Where more than half the values are equal that is nothing; then 1.2533 times the mean absolute deviation
    (B. Iglewicz and D. Hoaglin, How to Detect and Handle Outliers, 1993). Zero only when all values are equal.
    Raises ValueError on no values.
    """
    if not values:
        raise ValueError("a centre needs at least one value")
    centre = median(values)
    distances = [abs(value - centre) for value in values]
    return centre, _OF_MEDIAN * median(distances) or _OF_MEAN * fmean(distances)


def seasonal_trend(values: Mapping[int, float], *, period: int = 7) -> tuple[float, float]:
    """(rise by the period, chance of such a rise without any trend) of values by day number.

    Days are compared with days of their own weekday alone, so that quiet weekends are no trend: the seasonal Kendall
    test, one-sided, corrected for ties and continuity, and the median of its slopes (R. Hirsch, J. Slack and R. Smith,
    Water Resources Research 18, 1982; M. Kendall, 1975; P. Sen, 1968). Without two days of one weekday: (0, 1).
    """
    slopes: list[float] = []
    score, variance = 0, 0.0
    for season in range(period):
        days = sorted(day for day in values if day % period == season)
        for one, other in combinations(days, 2):
            change = values[other] - values[one]
            slopes.append(change * period / (other - one))
            score += (change > 0) - (change < 0)
        variance += _variance([values[day] for day in days])
    if not slopes or variance <= 0:
        return (median(slopes) if slopes else 0.0), 1.0
    deviations = (score - (score > 0) + (score < 0)) / sqrt(variance)
    return median(slopes), 0.5 * erfc(deviations / sqrt(2))


def _variance(values: Sequence[float]) -> float:
    """Of Kendall's score without a trend, ties taken out."""
    ties = (len(list(same)) for _, same in groupby(sorted(values)))
    return (_spread(len(values)) - sum(_spread(size) for size in ties)) / 18


def _spread(size: int) -> int:
    return size * (size - 1) * (2 * size + 5)
