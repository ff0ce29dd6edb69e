"""Leases of processes whose machine is lost, and giving them up for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from tiebeam.economics.spending.tables import spend_lease
from tiebeam.errors import Conflict, NotFound
from tiebeam.kit import decimal_text, usd_of_nano
from tiebeam.store import Unit

_MOST = 1_000


class StillRenewed(Conflict):
    """The process renews its leases, so it lives."""

    code = "still_renewed"


class UnknownProcess(NotFound):
    """No process of that id holds a lease."""

    code = "unknown_process"


@dataclass(frozen=True, slots=True)
class ProcessLeases:
    """What one process has leased, summed over the ceilings that it leases most of."""

    process: str
    unbooked_usd: Decimal
    """At the ceiling where it is most: what counts as spent though nobody has booked it."""
    ceilings: int
    renewed_until: datetime
    is_overdue: bool


def process_leases(conn: sa.Connection, *, at: datetime) -> list[ProcessLeases]:
    """Every process with a lease, the longest silent first."""
    unbooked = spend_lease.c.leased_nano - spend_lease.c.written_nano
    rows = conn.execute(
        sa.select(
            spend_lease.c.process,
            sa.func.max(unbooked).label("unbooked"),
            sa.func.count().label("ceilings"),
            sa.func.max(spend_lease.c.expires_at, type_=spend_lease.c.expires_at.type).label("until"),
        )
        .group_by(spend_lease.c.process)
        .order_by("until", spend_lease.c.process)
        .limit(_MOST)
    )
    return [
        ProcessLeases(row.process, usd_of_nano(max(0, int(row.unbooked))), row.ceilings, row.until, row.until < at)
        for row in rows
    ]


def release_leases(unit: Unit, process: str, *, by: str, reason: str) -> ProcessLeases:
    """Give back all that a process leased, because its machine will not come back; the caller has asked whether `by`
    may. What it spent and never booked is then counted nowhere until the provider's bill is reconciled. Journalled.

    Raises UnknownProcess, and StillRenewed of one that lives.
    """
    found = next((one for one in process_leases(unit.conn, at=unit.now) if one.process == process), None)
    if found is None:
        raise UnknownProcess(f"no process {process!r} holds a lease; 'tiebeam budgets leases' lists them")
    if not found.is_overdue:
        raise StillRenewed(f"the process {process!r} lives: it has renewed its leases; stop it, and it gives them back")
    unit.conn.execute(sa.delete(spend_lease).where(spend_lease.c.process == process))
    payload = {"process": process, "unbooked_usd": decimal_text(found.unbooked_usd), "reason": reason}
    unit.journal("workspace", "leases.released", actor=by, payload=payload)
    return found
