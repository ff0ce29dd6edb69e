"""What the books say of budgets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from tiebeam.economics.tables import usage_charge, usage_journal, usage_spend

_PIECE = 400
_MOST_JOURNALS = 10_000


@dataclass(frozen=True, slots=True)
class Spent:
    """What one budget spent in one window, as far as it is booked."""

    nano: int
    estimated_nano: int
    """How much of it nobody at a provider has stated."""
    requests: int


def spent_of(conn: sa.Connection, places: Collection[tuple[str, int]]) -> dict[tuple[str, int], Spent]:
    """By budget and start of its window in milliseconds; what never spent is left out."""
    found: dict[tuple[str, int], Spent] = {}
    ordered = sorted(set(places))
    place = sa.tuple_(usage_spend.c.node, usage_spend.c.window_start)
    for start in range(0, len(ordered), _PIECE):
        rows = conn.execute(
            sa.select(
                usage_spend.c.node,
                usage_spend.c.window_start,
                sa.func.sum(usage_spend.c.spent_nano).label("nano"),
                sa.func.sum(usage_spend.c.estimated_nano).label("estimated"),
                sa.func.sum(usage_spend.c.requests).label("requests"),
            )
            .where(place.in_(ordered[start : start + _PIECE]))
            .group_by(usage_spend.c.node, usage_spend.c.window_start)
        )
        for row in rows:
            found[row.node, row.window_start] = Spent(int(row.nano), int(row.estimated), int(row.requests))
    return found


def held_of(conn: sa.Connection) -> dict[tuple[str, int], int]:
    """What open attempts may cost at worst, in nano-dollars by budget and window, as the journals last stood here."""
    found: dict[tuple[str, int], int] = {}
    for held in conn.execute(sa.select(usage_journal.c.held).limit(_MOST_JOURNALS)).scalars():
        for place, nano in (held or {}).items():
            node, _, window = place.rpartition("@")
            key = (node, int(window))
            found[key] = found.get(key, 0) + int(nano)
    return found


def use_pulse(conn: sa.Connection) -> int:
    """A number that is higher after every charge that came into the books."""
    return conn.execute(sa.select(sa.func.max(usage_charge.c.seq))).scalar() or 0
