"""Shared costs: what nobody used alone, and how it is shared out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import Field, model_validator

from tiebeam.spec.base import DottedId, Id, Money, Record, Share, Text


class SharedCost(StrEnum):
    """What is shared out."""

    COMMITMENT = "commitment"
    """What was promised to a provider and not used up: its commitments less what its models cost in the month."""
    SEATS = "seats"
    CAPACITY = "capacity"
    """Throughput bought by the hour, less what was charged for it by the token."""
    OVERHEAD = "overhead"
    """What the gateway and those who keep it cost."""
    CHARGES = "charges"
    """What one team was charged for all, such as a platform team; or what carries no team."""


class SharedBy(StrEnum):
    """In proportion to what it is shared out, measured in the month itself."""

    EVEN = "even"
    COST = "cost"
    TOKENS = "tokens"
    REQUESTS = "requests"
    FIXED = "fixed"


_NEEDS: dict[SharedCost, tuple[str, ...]] = {
    SharedCost.COMMITMENT: ("approval",),
    SharedCost.SEATS: ("seats", "usd_per_seat"),
    SharedCost.CAPACITY: ("price",),
    SharedCost.OVERHEAD: ("usd_per_month",),
    SharedCost.CHARGES: ("team",),
}
_OPTIONAL: dict[SharedCost, frozenset[str]] = {SharedCost.CAPACITY: frozenset({"capacity_units"})}


class Allocation(Record):
    """A shared cost and its rule. `allocations/<id>.toml`. It holds for every month that a day of it falls into."""

    title: Text
    owner_role: DottedId
    of: SharedCost
    by: SharedBy
    approval: Id | None = None
    """Of a commitment: the record below `approvals/` that states it."""
    price: Id | None = None
    """Of capacity: the record below `prices/` that states what it costs by the hour."""
    capacity_units: int | None = Field(default=None, ge=1, le=10_000)
    """How many of them; one where it is left out."""
    seats: int | None = Field(default=None, ge=1, le=1_000_000)
    usd_per_seat: Money | None = Field(default=None, gt=0)
    """By the month."""
    usd_per_month: Money | None = Field(default=None, gt=0)
    team: str | None = Field(default=None, max_length=80)
    """Of charges: whose are shared out; empty text for those that carry no team."""
    among: tuple[Text, ...] = ()
    """Teams that share it; without any, every team that used a model in the month."""
    share: dict[Text, Share] = Field(default_factory=dict)
    """Fixed shares by team, which together are 1."""
    since: date
    until: date | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Allocation:
        needed = _NEEDS[self.of]
        for name in needed:
            if getattr(self, name) is None:
                raise ValueError(f"{self.of.value} needs {name}")
        allowed = {*needed, *_OPTIONAL.get(self.of, ())}
        for name in sorted({one for names in _NEEDS.values() for one in names} | {"capacity_units"}):
            if name not in allowed and getattr(self, name) is not None:
                raise ValueError(f"{name} says nothing about {self.of.value}; leave it out")
        if self.until is not None and self.until < self.since:
            raise ValueError("until lies before since")
        if (self.by is SharedBy.FIXED) != bool(self.share):
            raise ValueError('share goes with by = "fixed", and only with it')
        if self.share and sum(self.share.values(), Decimal(0)) != 1:
            raise ValueError(f"the shares add up to {sum(self.share.values(), Decimal(0))}; they have to be 1")
        if self.share and self.among:
            raise ValueError("share names the teams; leave among out")
        if self.of is SharedCost.CHARGES and self.team in {*self.among, *self.share}:
            raise ValueError(f"{self.team!r} cannot have its own charges shared out to itself")
        return self

    def holds_in(self, first: date, last: date) -> bool:
        """Whether it holds in a month with these ends."""
        return self.since <= last and (self.until is None or self.until >= first)
