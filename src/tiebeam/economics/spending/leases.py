"""What a process and the database say to each other about leases. Amounts are nano-dollars."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeaseWish:
    """What a process would like to lease of one ceiling."""

    node: str
    window_start: int
    cap_nano: int
    hard: bool
    granted_nano: int
    """What it knows it has been leased: the database forgets any answer that never arrived."""
    overdrawn_nano: int
    """Let through already and not to be refused any more."""
    least_nano: int
    """Less than this would help nobody; 0 where it asks ahead of need."""
    want_nano: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The answer to one wish."""

    node: str
    window_start: int
    added_nano: int
    remaining_nano: int
    """Left for anybody, after this."""
    elsewhere_nano: int
    slice_nano: int
    version: str
    """Of the tree in force. A wish made by another one is given nothing."""


@dataclass(frozen=True, slots=True)
class Held:
    """How one ceiling stands in this process."""

    node: str
    window_start: int
    granted_nano: int
    held_nano: int
    spent_nano: int
