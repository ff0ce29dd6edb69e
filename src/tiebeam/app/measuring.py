"""How many segments this process ran, how they ended and how long they took."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tiebeam.engine import Segment

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds; the last step holds everything that took longer."""


@dataclass(slots=True)
class Durations:
    """One kind's times: `steps[i]` took at most `BOUNDS[i]`, the last more."""

    seconds: float = 0.0
    steps: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))

    @property
    def count(self) -> int:
        return sum(self.steps)


class Measured:
    """Thread-safe; what it holds begins with the process."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._ended: Counter[tuple[str, str]] = Counter()
        self._durations: dict[str, Durations] = {}

    def of(self, kind: str, handler: Callable[[Segment], None]) -> Callable[[Segment], None]:
        """The handler, with each of its segments counted as done or failed."""

        def measured(segment: Segment) -> None:
            begun, ended = time.monotonic(), "failed"
            try:
                handler(segment)
                ended = "done"
            finally:
                self._note(kind, ended, time.monotonic() - begun)

        return measured

    def ended(self) -> dict[tuple[str, str], int]:
        """By kind and how they ended."""
        with self._turn:
            return dict(self._ended)

    def durations(self) -> dict[str, Durations]:
        with self._turn:
            return {kind: Durations(one.seconds, list(one.steps)) for kind, one in self._durations.items()}

    def _note(self, kind: str, ended: str, seconds: float) -> None:
        with self._turn:
            self._ended[kind, ended] += 1
            taken = self._durations.setdefault(kind, Durations())
            taken.seconds += seconds
            taken.steps[bisect_left(BOUNDS, seconds)] += 1
