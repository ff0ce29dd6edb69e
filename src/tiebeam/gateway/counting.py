"""What a process counts for whoever watches it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counts:
    """Since the start of this process."""

    replies: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    """By endpoint and status."""
    refusals: Counter[str] = field(default_factory=Counter[str])
    """By code."""
    attempts: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """By upstream and how they ended."""
    nano: int = 0
    estimated: int = 0
    """Attempts that are charged by an estimate."""
    left: int = 0
    """Callers who went away before their answer was complete."""
    waited: int = 0
    """Calls that waited for room under a ceiling."""
    inside: int = 0
    """Calls under way now."""
