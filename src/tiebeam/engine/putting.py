"""Putting segments into their queues, and letting go again those that were put aside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.engine.claiming import ORDERED
from tiebeam.engine.queues import rule_of
from tiebeam.engine.segment_rows import ORDER_LOCK, SegmentRows, parts_of
from tiebeam.engine.tables import failure, segment
from tiebeam.errors import Invalid
from tiebeam.store import Unit

FIRST, USUAL, LAST = 1, 5, 9
"""Priorities among the segments of one team in one queue."""

_NOT_ENDED = ("queued", "delayed", "retrying", "running")


@dataclass(frozen=True, slots=True)
class Enqueued:
    """A segment to be run: see `Engine.enqueue`."""

    kind: str
    key: str
    seq: int
    queue: str = "work"
    team: str = "default"
    priority: int = USUAL
    delay_seconds: float = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """A segment in quarantine: put aside after its last attempt."""

    kind: str
    key: str
    seq: int
    failed_at: datetime
    error: str


def put(unit: Unit, rows: SegmentRows, segments: Sequence[Enqueued], *, now: int) -> None:
    values = [_row(each, now=now) for each in segments]
    for queue in sorted({each.queue for each in segments}):
        if rule_of(queue).in_order:
            # Held until the commit, so that the order of the turns is that of the commits.
            rows.lock(unit.conn, ORDER_LOCK, queue)
    if values:
        rows.put(unit.conn, values)


def failures(conn: sa.Connection, limit: int) -> list[Failure]:
    rows = conn.execute(sa.select(failure).order_by(failure.c.failed_at.desc()).limit(limit))
    return [Failure(*parts_of(row.segment_id), row.failed_at, row.error) for row in rows]


def forgive(unit: Unit, rows: SegmentRows, *, kind: str, key: str, now: int) -> int:
    prefix = f"{kind}:{key}:"
    mine = sa.func.substr(failure.c.segment_id, 1, len(prefix)) == prefix
    unit.conn.execute(sa.delete(failure).where(mine))
    return rows.change(unit.conn, "forgive", kind=kind, key=key, now=now)


def _row(wanted: Enqueued, *, now: int) -> dict[str, Any]:
    if not FIRST <= wanted.priority <= LAST:
        name = f"{wanted.kind}:{wanted.key}:{wanted.seq}"
        raise Invalid(f"priority {wanted.priority!r} of segment {name!r} is not between {FIRST} (first) and {LAST}")
    in_order, delayed = rule_of(wanted.queue).in_order, wanted.delay_seconds > 0
    return {
        "kind": wanted.kind,
        "key": wanted.key,
        "seq": wanted.seq,
        "queue": wanted.queue,
        "team": ORDERED if in_order else wanted.team or "default",
        "priority": USUAL if in_order else wanted.priority,
        "state": "delayed" if delayed else "queued",
        "since": now,
        "due": now + int(wanted.delay_seconds * 1000) if delayed else None,
    }


def pending(conn: sa.Connection, *, kind: str, keys: Collection[str]) -> dict[str, str]:
    """Of these keys those with a segment that has not ended: `running` or `queued`."""
    where = (segment.c.kind == kind, segment.c.key.in_(keys), segment.c.state.in_(_NOT_ENDED))
    found: dict[str, str] = {}
    for row in conn.execute(sa.select(segment.c.key, segment.c.state).where(*where)):
        found[row.key] = "running" if "running" in (row.state, found.get(row.key)) else "queued"
    return found
