"""When a budget's owner is told."""

from __future__ import annotations

from collections.abc import Iterable


def crossings(before_nano: int, after_nano: int, *, cap_nano: int, percents: Iterable[int]) -> tuple[int, ...]:
    """The shares of the ceiling, in percent, that were reached between the two, the lowest first."""
    return tuple(
        percent for percent in sorted(set(percents)) if 100 * before_nano < percent * cap_nano <= 100 * after_nano
    )
