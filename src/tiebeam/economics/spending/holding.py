"""What a process holds of each ceiling in its memory: what was leased to it, what its open calls may cost, and what
its calls cost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from tiebeam.economics.spending.nodes import Node


class Why(StrEnum):
    """Why there is no room for a call."""

    NEEDS_LEASE = "needs_lease"
    """The database has been asked for more; wait for its answer."""
    HOLDS_IN_FLIGHT = "holds_in_flight"
    """All that is left is held by calls under way; what they do not use comes back."""
    CAP = "cap"
    """Nothing more is coming in this window."""
    STORE_AWAY = "store_away"
    """The database cannot be asked, and the budget says that calls are then refused."""


@dataclass(slots=True, eq=False)
class Account:
    """One ceiling in one window, as this process has it. In nano-dollars."""

    node: Node
    window_start: int
    window_end: int
    granted: int = 0
    """All that was ever leased less what was given back. The database never knows of less."""
    held: int = 0
    spent: int = 0
    asked_least: int = 0
    """The smallest amount by which a call went short since the last answer; 0 for none."""
    asked_since: int = 0
    remaining: int | None = None
    """What the database had left for anybody when it last answered."""
    elsewhere: int = 0
    """What other processes had leased then and not yet spent."""
    slice: int = 0
    """What the database gives at a time."""
    denied_until: int = 0
    used_at: int = 0
    granted_at: int = 0
    waiters: deque[tuple[int, Callable[[], None]]] = field(default_factory=deque[tuple[int, Callable[[], None]]])
    """Calls that wait for room: how much each needs, and how it is told."""
    is_told: bool = True
    """Whether the database knows what was given back."""

    @property
    def available(self) -> int:
        """Negative where calls were let through beyond what was leased."""
        return self.granted - self.spent - self.held

    @property
    def cap(self) -> int:
        return self.node.cap_in(self.window_start)

    def give_up(self, keep: int = 0) -> None:
        """Keep so much beyond what is held and spent; the rest goes back."""
        surplus = self.available - keep
        if surplus > 0:
            self.granted -= surplus
            self.is_told = False
            if self.remaining is not None:
                self.remaining += surplus

    def fitting(self) -> list[Callable[[], None]]:
        """Take out the waiters that now find room, first come first served."""
        found: list[Callable[[], None]] = []
        room = self.available
        while self.waiters and self.waiters[0][0] <= room:
            need, wake = self.waiters.popleft()
            room -= need
            found.append(wake)
        return found

    def all_waiting(self) -> list[Callable[[], None]]:
        found = [wake for _, wake in self.waiters]
        self.waiters.clear()
        return found


@dataclass(slots=True, eq=False)
class Hold:
    """The worst case of one call, held at every ceiling in the windows in which it was reserved."""

    accounts: tuple[Account, ...] = field(repr=False)
    nano: int
    unenforced: bool
    """Let through beyond what was leased, because the database was away and a budget says that this is right."""
    is_settled: bool = False

    @property
    def nodes(self) -> tuple[tuple[str, int], ...]:
        """Each ceiling by its id and the start of its window."""
        return tuple((one.node.id, one.window_start) for one in self.accounts)


@dataclass(frozen=True, slots=True)
class Short:
    """There is no room for a call, and where."""

    node: Node
    window_start: int
    window_end: int
    why: Why
    worst_nano: int
    room_nano: int
    """The most that would fit there now, as far as this process knows."""
    account: Account | None = field(repr=False, default=None)


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
