"""Leaves an upstream alone that keeps failing, and tries it again after a while."""

from __future__ import annotations


class Breaker:
    """After `failures` in a row nothing passes for `seconds`; then one call at a time tries whether it is back.

    Times are seconds of a monotonic clock, passed in.
    """

    __slots__ = ("_failures", "_in_row", "_seconds", "_shut_until", "_trying_since")

    def __init__(self, *, failures: int, seconds: float) -> None:
        self._failures = failures
        self._seconds = seconds
        self._in_row = 0
        self._shut_until = 0.0
        self._trying_since: float | None = None

    @property
    def is_shut(self) -> bool:
        return self._in_row >= self._failures

    def may_pass(self, now: float) -> bool:
        """Whether a call may go there. Each call that may must be told of by `succeeded` or `failed`, in the end."""
        if not self.is_shut:
            return True
        if now < self._shut_until:
            return False
        # A trial whose end nobody told, because its call was cancelled, keeps the way shut no longer than a failure.
        if self._trying_since is not None and now < self._trying_since + self._seconds:
            return False
        self._trying_since = now
        return True

    def seconds_left(self, now: float) -> float:
        return max(0.0, self._shut_until - now) if self.is_shut else 0.0

    def succeeded(self) -> None:
        self._in_row = 0
        self._trying_since = None

    def failed(self, now: float) -> None:
        self._in_row += 1
        self._trying_since = None
        if self.is_shut:
            self._shut_until = now + self._seconds
