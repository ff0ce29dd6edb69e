"""Axes: round ticks, positions in pixels, and the limit on how many points one chart may hold."""

from __future__ import annotations

import math
from collections.abc import Sequence

MAX_POINTS = 2_000


def short_number(value: float) -> str:
    """A figure for an axis: 1200 → 1.2k, 0.004 → 0.004."""
    for size, letter in ((1e12, "tn"), (1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def linear_ticks(low: float, high: float, *, count: int = 4) -> list[float]:
    """Round values from at or below `low` to at or above `high`, about `count` steps apart."""
    if high <= low:
        high = low + 1
    raw = (high - low) / count
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten around a positive range, at most about eight of them."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    last = max(last, first + 1)
    stride = max(1, (last - first) // 8)
    return [10.0**power for power in range(first, last + 1, stride)]


class Scale:
    """Maps values to pixels; `log` needs positive values (others are drawn at the lower edge)."""

    def __init__(self, ticks: Sequence[float], start: float, end: float, *, log: bool = False) -> None:
        self.ticks = ticks
        self._log = log
        self._low, self._high = self._of(ticks[0]), self._of(ticks[-1])
        self._start, self._end = start, end

    def _of(self, value: float) -> float:
        return math.log10(value) if self._log else value

    def at(self, value: float) -> float:
        if self._log and value <= self.ticks[0]:
            return self._start
        share = (self._of(value) - self._low) / (self._high - self._low)
        return round(self._start + share * (self._end - self._start), 2)


def thinned(count: int) -> range:
    """Indices to draw so that a chart keeps within `MAX_POINTS`."""
    stride = -(-count // MAX_POINTS) if count else 1
    return range(0, count, stride)
