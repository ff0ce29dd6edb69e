"""Putting segments into their queues, and letting go again those that were put aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.engine.claiming import ORDERED
from tiebeam.engine.queues import rule_of
from tiebeam.engine.segment_rows import ORDER_LOCK, SegmentRows, parts_of
from tiebeam.engine.tables import failure
from tiebeam.errors import Invalid
from tiebeam.store import Unit

FIRST, USUAL, LAST = 1, 5, 9
"""Priorities among the segments of one team in one queue."""


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
    return rows.run(unit.conn, "forgive", kind=kind, key=key, now=now).rowcount


def _row(segment: Enqueued, *, now: int) -> dict[str, Any]:
    if not FIRST <= segment.priority <= LAST:
        name = f"{segment.kind}:{segment.key}:{segment.seq}"
        raise Invalid(f"priority {segment.priority!r} of segment {name!r} is not between {FIRST} (first) and {LAST}")
    in_order, delayed = rule_of(segment.queue).in_order, segment.delay_seconds > 0
    return {
        "kind": segment.kind,
        "key": segment.key,
        "seq": segment.seq,
        "queue": segment.queue,
        "team": ORDERED if in_order else segment.team or "default",
        "priority": USUAL if in_order else segment.priority,
        "state": "delayed" if delayed else "queued",
        "since": now,
        "due": now + int(segment.delay_seconds * 1000) if delayed else None,
    }
