"""Identifiers are passed in; the real ones sort by time of creation."""

from __future__ import annotations

import secrets
from typing import Protocol

from tiebeam.kit.clock import Clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Ids(Protocol):
    def new(self, prefix: str) -> str:
        """A fresh id such as `run_01k3…`."""
        ...


def _base32(number: int, length: int) -> str:
    letters: list[str] = []
    for _ in range(length):
        number, rest = divmod(number, 32)
        letters.append(_ALPHABET[rest])
    return "".join(reversed(letters))


class RandomIds:
    """Milliseconds (10 letters) and 50 random bits (10 letters), in Crockford's base 32."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def new(self, prefix: str) -> str:
        millis = int(self._clock.now().timestamp() * 1000)
        return f"{prefix}_{_base32(millis, 10)}{_base32(secrets.randbits(50), 10)}"


class CountingIds:
    """Predictable ids for tests: `run_0001`, `run_0002`, `task_0003` …"""

    def __init__(self) -> None:
        self._next = 0

    def new(self, prefix: str) -> str:
        self._next += 1
        return f"{prefix}_{self._next:04d}"
