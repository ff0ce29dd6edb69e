"""What a call is answered that asks for room."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tiebeam.economics.spending.account import Account
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
