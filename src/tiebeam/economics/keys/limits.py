"""How often, and how many at once, a key may call: counted in memory, without what was turned away or cancelled."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from tiebeam.economics.keys.key import Key
from tiebeam.errors import TiebeamError

_WINDOW = 60
"""Seconds."""


class TooMany(TiebeamError):
    """The key calls more often, or more at once, than it may. `retry_after` in seconds, when it is known."""

    code = "key_limit_reached"
    status = 429


@dataclass(frozen=True, slots=True)
class Busy:
    """Why a call has to wait: `limit` is "requests_per_minute" or "concurrent"."""

    key_id: str
    limit: str
    most: int
    retry_after_ms: int

    def error(self) -> TooMany:
        said = "requests a minute" if self.limit == "requests_per_minute" else "requests at once"
        return TooMany(
            f"the key {self.key_id!r} may make {self.most:,} {said}; "
            f"wait {max(1, -(-self.retry_after_ms // 1000))} s, or ask who made the key for more",
            key=self.key_id,
            limit=self.limit,
            retry_after=max(1, -(-self.retry_after_ms // 1000)),
        )


class _Minute:
    """Calls of the last sixty seconds by the second in which they came; never more than `most` in any sixty."""

    __slots__ = ("seconds", "total")

    def __init__(self) -> None:
        self.seconds: deque[list[int]] = deque()
        self.total = 0

    def count(self, second: int) -> int:
        while self.seconds and self.seconds[0][0] < second - _WINDOW:
            self.total -= self.seconds.popleft()[1]
        return self.total

    def add(self, second: int) -> None:
        if not self.seconds or self.seconds[-1][0] < second:
            self.seconds.append([second, 0])
        # A clock that was set back counts into the last second there is.
        self.seconds[-1][1] += 1
        self.total += 1

    def take_back(self, second: int) -> None:
        for entry in reversed(self.seconds):
            if entry[0] <= second:
                if entry[1] > 0:
                    entry[1] -= 1
                    self.total -= 1
                return

    def frees_at(self) -> int:
        """The second in which the oldest call is forgotten."""
        oldest = next((second for second, calls in self.seconds if calls), 0)
        return oldest + _WINDOW + 1


class Slot:
    """A call that was let in. Leave it once, however the call ended; leaving it again changes nothing."""

    __slots__ = ("_key_id", "_limits", "_second")

    def __init__(self, limits: Limits, key_id: str, second: int) -> None:
        self._limits: Limits | None = limits
        self._key_id = key_id
        self._second = second

    def leave(self, *, counts: bool) -> None:
        """`counts` False gives the minute its call back: it was rejected or cancelled."""
        limits, self._limits = self._limits, None
        if limits is not None:
            limits.left(self._key_id, self._second, counts=counts)


class Limits:
    """The limits of all keys within one process. Safe to share between threads.

    Several processes share a limit by parts, the first ones taking what is left over; each has at least one, so a
    limit smaller than the number of processes is as large as that number.
    """

    def __init__(self, *, processes: int = 1, number: int = 0) -> None:
        self._processes = processes
        self._number = number
        self._minutes: dict[str, _Minute] = {}
        self._inside: dict[str, int] = {}
        self._turn = threading.Lock()

    def enter(self, key: Key, now_ms: int) -> Slot | Busy:
        """A place for one call, or why there is none."""
        second = now_ms // 1000
        with self._turn:
            if key.concurrent is not None:
                most = self._part(key.concurrent)
                if self._inside.get(key.id, 0) >= most:
                    return Busy(key.id, "concurrent", key.concurrent, 1_000)
            if key.requests_per_minute is not None:
                minute = self._minutes.setdefault(key.id, _Minute())
                if minute.count(second) >= self._part(key.requests_per_minute):
                    wait = max(1_000, minute.frees_at() * 1000 - now_ms)
                    return Busy(key.id, "requests_per_minute", key.requests_per_minute, wait)
                minute.add(second)
            self._inside[key.id] = self._inside.get(key.id, 0) + 1
        return Slot(self, key.id, second)

    def left(self, key_id: str, second: int, *, counts: bool) -> None:
        """For `Slot.leave` alone."""
        with self._turn:
            inside = self._inside.get(key_id, 0) - 1
            if inside > 0:
                self._inside[key_id] = inside
            else:
                self._inside.pop(key_id, None)
            minute = self._minutes.get(key_id)
            if minute is not None and not counts:
                minute.take_back(second)

    def inside(self, key_id: str) -> int:
        """Calls of a key that are going on now."""
        return self._inside.get(key_id, 0)

    def forget(self, now_ms: int) -> None:
        """Drop the minutes of keys that have been quiet for one."""
        with self._turn:
            self._minutes = {
                key_id: minute for key_id, minute in self._minutes.items() if minute.count(now_ms // 1000) > 0
            }

    def _part(self, most: int) -> int:
        whole, rest = divmod(most, self._processes)
        return max(1, whole + (1 if self._number < rest else 0))
