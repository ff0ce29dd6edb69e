"""What an operator asks first, and forgetting what nobody asks any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.engine.dispatch_rows import DispatchRows, millis
from tiebeam.engine.dispatcher import ALL
from tiebeam.engine.tables import failure, timer, wait, worker
from tiebeam.store import Unit


def report(conn: sa.Connection, rows: DispatchRows, *, now: datetime) -> dict[str, Any]:
    return {
        "workers": _workers(conn, now=now),
        "queues": _queues(conn, rows, now=now),
        "timers": _timers(conn, now=now),
        "open_waits": conn.execute(sa.select(sa.func.count()).where(wait.c.closed_at.is_(None))).scalar_one(),
        "poisoned": conn.execute(sa.select(sa.func.count()).select_from(failure)).scalar_one(),
    }


def _workers(conn: sa.Connection, *, now: datetime) -> list[dict[str, Any]]:
    statement = sa.select(worker).order_by(worker.c.heartbeat_at.desc()).limit(100)
    return [
        {
            "id": row.id,
            "state": row.state,
            "queues": row.queues,
            "heartbeat_age_seconds": (now - row.heartbeat_at).total_seconds(),
        }
        for row in conn.execute(statement)
    ]


def _queues(conn: sa.Connection, rows: DispatchRows, *, now: datetime) -> dict[str, dict[str, Any]]:
    names = {"ENQUEUED": "queued", "PENDING": "running", "DELAYED": "delayed"}
    queues: dict[str, dict[str, Any]] = {
        name: {"queued": 0, "running": 0, "delayed": 0, "oldest_queued_seconds": None} for name in ALL
    }
    for row in conn.execute(rows.counts()):
        entry = queues.setdefault(row.queue_name, dict(queues[ALL[0]]))
        entry[names[row.status]] = row.number
        if row.status == "ENQUEUED":
            entry["oldest_queued_seconds"] = max(0.0, (millis(now) - row.oldest) / 1000)
    return queues


def _timers(conn: sa.Connection, *, now: datetime) -> dict[str, int]:
    statement = sa.select(
        sa.func.count().label("pending"),
        sa.func.coalesce(sa.func.sum(sa.case((timer.c.due_at <= now, 1), else_=0)), 0).label("due"),
    ).where(timer.c.state == "pending")
    pending = conn.execute(statement).one()
    failed = conn.execute(sa.select(sa.func.count()).where(timer.c.state == "failed")).scalar_one()
    return {"pending": pending.pending, "due": int(pending.due), "failed": failed}


def forget(unit: Unit, *, before: datetime, limit: int) -> int:
    """Delete ended timers, closed waits, gone workers and old failures, oldest first."""
    ended = sa.and_(timer.c.state.in_(["fired", "cancelled"]), timer.c.due_at < before)
    has_timers = sa.exists().where(timer.c.wait_id == wait.c.id)
    closed = sa.and_(wait.c.closed_at.is_not(None), wait.c.closed_at < before, ~has_timers)
    gone = sa.and_(worker.c.state != "alive", worker.c.heartbeat_at < before)
    count = 0
    for table, key, condition, order in (
        (timer, timer.c.id, ended, timer.c.due_at),
        (wait, wait.c.id, closed, wait.c.closed_at),
        (worker, worker.c.id, gone, worker.c.heartbeat_at),
        (failure, failure.c.segment_id, failure.c.failed_at < before, failure.c.failed_at),
    ):
        chosen = sa.select(key).where(condition).order_by(order).limit(limit)
        count += unit.conn.execute(sa.delete(table).where(key.in_(chosen))).rowcount
    return count
