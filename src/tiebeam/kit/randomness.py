"""Secret bytes are passed in like time, so that what depends on them can be tested."""

from __future__ import annotations

import secrets
from typing import Protocol


class Randomness(Protocol):
    def salt(self) -> str:
        """Sixteen fresh bytes nobody can guess, as hexadecimal digits."""
        ...


class SystemRandomness:
    def salt(self) -> str:
        return secrets.token_hex(16)


class CountingRandomness:
    """Predictable salts for tests: 0…01, 0…02."""

    def __init__(self) -> None:
        self._next = 0

    def salt(self) -> str:
        self._next += 1
        return f"{self._next:032x}"
