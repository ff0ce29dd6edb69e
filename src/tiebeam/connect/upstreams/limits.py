"""How long and how much one call of a provider may take."""

from __future__ import annotations

from dataclasses import dataclass

from tiebeam.spec import Upstream

LARGEST_ANSWER = 128_000_000
LARGEST_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds, sizes in bytes. `idle` is the longest silence within an answer, `total` the whole call."""

    connect: float = 5.0
    first_byte: float = 120.0
    idle: float = 60.0
    total: float = 900.0
    connections: int = 256
    largest: int = LARGEST_ANSWER
    keep_alive: float = 30.0
    """How long an unused connection is kept."""

    @classmethod
    def of(cls, upstream: Upstream, *, largest: int) -> Limits:
        return cls(
            connect=upstream.connect_seconds,
            first_byte=upstream.first_byte_seconds,
            idle=upstream.idle_seconds,
            total=upstream.total_seconds,
            connections=upstream.max_connections,
            largest=largest,
        )
