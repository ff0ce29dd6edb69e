"""Who approves a step: role, people and why, before or while it waits (WF-07)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tiebeam.workforce.directory import (
    Directory,
    Holder,
    NobodyHoldsRole,
    acting,
    climb,
    covers,
    role_that_covers,
)


@dataclass(frozen=True, slots=True)
class Approval:
    """`people` may decide on the day asked about; `because` says in words why this role."""

    role: str
    people: tuple[Holder, ...]
    because: str


def who_approves(
    directory: Directory,
    *,
    role: str,
    day: date,
    amount: Decimal | None = None,
    needs_authority: bool = False,
    excluded: Collection[str] = (),
    given: Callable[[str], Collection[tuple[str, str]]] = lambda _role: (),
) -> Approval:
    """`given` answers to whom a role is delegated on that day: pairs (receiver, giver).

    Raises NobodyHoldsRole when no eligible person holds a role that may.
    """
    way = climb(directory, role, excluded=excluded)
    chosen, because = way.role, f"the step is decided by {role}"
    if way.passed:
        because += f"; nobody eligible holds {', '.join(way.passed)}, so it goes up to {chosen}"
    record = directory.roles.get(chosen)
    if needs_authority and not covers(Decimal(0) if record is None else record.approval_limit, amount):
        target = role_that_covers(directory, amount=amount, above=chosen, excluded=excluded)
        if target is None:
            raise NobodyHoldsRole(
                f"nobody eligible holds a role whose limit covers {amount}; give such a role to a person in people/",
                role=role,
            )
        because += f"; the limit of {chosen} does not cover {amount}, that of {target} does"
        chosen = target
    return Approval(chosen, tuple(acting(directory, chosen, day=day, excluded=excluded, given=given(chosen))), because)
