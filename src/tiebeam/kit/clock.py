"""Time is passed in, so that every rule about it can be tested."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The current moment as an aware UTC datetime."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def advance(self, **parts: float) -> None:
        """Move by `timedelta(**parts)`."""
        self._at += timedelta(**parts)


@lru_cache(maxsize=64)
def iso(moment: datetime) -> str:
    """UTC ISO 8601 with microseconds and a Z, so that text order is time order."""
    # Kept, because one unit of work writes the same moment into dozens of rows.
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def parse_iso(text: str) -> datetime:
    """The inverse of `iso`; also reads any offset form. Raises ValueError on a naive time."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without an offset: {text!r}")
    return moment.astimezone(UTC)
