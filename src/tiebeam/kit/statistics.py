"""The few statistics the rules need."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt


def quantile(values: Sequence[float], share: float) -> float:
    """Linear interpolation between order statistics (R type 7). Raises ValueError on no values."""
    if not values:
        raise ValueError("a quantile needs at least one value")
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def wilson_lower_bound(successes: int, trials: int, *, z: float = 1.96) -> float:
    """Lower end of the Wilson score interval for a share; 0.0 without trials (E. B. Wilson, 1927)."""
    if trials == 0:
        return 0.0
    share = successes / trials
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, (share + z * z / (2 * trials) - spread) / (1 + z * z / trials))
