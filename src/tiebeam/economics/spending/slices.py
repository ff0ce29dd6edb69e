"""How much of a ceiling is leased at a time."""

from __future__ import annotations

_SLICES = 40
"""The most that may lie about unspent, summed over all processes, is one part in so many of the ceiling."""
_SHRINK = 8
"""Near the ceiling, a slice is one part in so many of what is left."""


def slice_of(*, cap: int, remaining: int, processes: int) -> int:
    """What one of so many processes is given ahead of need."""
    sharing = max(1, processes)
    return max(0, min(cap // (_SLICES * sharing), remaining // (_SHRINK * sharing)))


def granted(*, cap: int, remaining: int, least: int, want: int, processes: int) -> int:
    """What is leased of `remaining`; 0 where it does not reach `least`.

    What calls wait for is given up to half of a fair share, so that no process takes all that is left.
    """
    if remaining <= 0 or remaining < least:
        return 0
    fair = min(want, remaining // (2 * max(1, processes)))
    return min(remaining, max(least, slice_of(cap=cap, remaining=remaining, processes=processes), fair))
