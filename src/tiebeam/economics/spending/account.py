"""One ceiling as one process has it: what was leased to it, what its open calls may cost, and what its calls cost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tiebeam.economics.spending.leases import Held, LeaseWish
from tiebeam.economics.spending.nodes import Level, Node

DENIED_MS = 1_000
"""For so long a refusal of the database is not asked about again, unless somebody waits."""
RETRY_MS = 200
"""And for so long not even then."""
GRACE_MS = 500
"""For so long a lease waits for the call it was asked for before any of it goes back."""
IDLE_MS = 5_000
"""What nobody used for so long goes back."""


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

    def hopeless(self) -> list[Callable[[], None]]:
        """Take out those who wait for what nobody holds any more, neither here nor elsewhere; they go and find out."""
        return self.all_waiting() if self.held == 0 and self.elsewhere == 0 else []

    @property
    def room(self) -> int:
        """What is here, and what the database had left when it last answered."""
        return self.available + (self.cap if self.remaining is None else self.remaining)

    def state(self) -> Held:
        return Held(self.node.id, self.window_start, self.granted, self.held, self.spent)

    def is_due(self, now_ms: int) -> bool:
        """Whether the database may be asked now."""
        if self.available < 0 or now_ms >= self.denied_until:
            return True
        # Somebody waits for what other processes may give back.
        return bool(self.waiters) and self.elsewhere > 0 and now_ms >= self.denied_until - DENIED_MS + RETRY_MS

    def wish(self) -> LeaseWish:
        """What to ask the database for: for calls that went short, for what was overdrawn, or ahead of need."""
        available = self.available
        needs = [need for need, _ in self.waiters]
        shortest = [need - available for need in needs]
        if self.asked_least:
            shortest.append(self.asked_least)
        least = min(shortest) if shortest else 0
        return LeaseWish(
            node=self.node.id,
            window_start=self.window_start,
            cap_nano=self.cap,
            hard=self.node.hard,
            granted_nano=self.granted,
            overdrawn_nano=max(0, -available),
            least_nano=max(0, least),
            want_nano=max(0, least, sum(needs) - available),
        )

    def give_back_idle(self, now_ms: int) -> None:
        """Give up what nobody used for long, and what is more than is asked for at a time."""
        if self.waiters:
            return
        if now_ms >= self.window_end or now_ms - self.used_at > IDLE_MS:
            self.give_up()
        elif self.available > 2 * self.slice and now_ms - self.granted_at > GRACE_MS:
            self.give_up(self.slice)

    def is_over(self, now_ms: int) -> bool:
        """Whether nobody will use it any more: its window has ended, or its execution is quiet."""
        if self.held or self.waiters or self.available < 0:
            return False
        is_execution = self.node.level is Level.EXECUTION
        return now_ms >= self.window_end or (is_execution and now_ms - self.used_at > IDLE_MS)
