"""What an operator asks first, and forgetting what nobody asks any more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.engine.claiming import ORDERED
from tiebeam.engine.queues import ALL, QUEUES
from tiebeam.engine.segment_rows import SegmentRows
from tiebeam.engine.tables import failure, segment, started, timer, wait, worker
from tiebeam.store import Unit

MOST_COUNTED = 10_000
"""Counting goes no further than this in each queue and state: the figure then means "at least"."""
_TEAMS = 50
# Written out so that SQLite recognises its partial index.
_IS_QUEUED = sa.literal_column("engine_segment.state = 'queued'")
_IS_RUNNING = segment.c.worker.is_not(None)
_IS_DELAYED = segment.c.due.is_not(None)


def report(conn: sa.Connection, rows: SegmentRows, *, now: datetime, moment: int) -> dict[str, Any]:
    """`now` is the store's time, `moment` the real one in milliseconds."""
    teams = [one for name in ALL for one in _teams(conn, rows, name, moment=moment)]
    return {
        "workers": _workers(conn, now=now),
        "queues": {name: _queue(conn, name, teams) for name in ALL},
        "teams": teams,
        "timers": _timers(conn, now=now),
        "open_waits": _count(conn, wait, wait.c.closed_at.is_(None)),
        "poisoned": _count(conn, failure),
    }


def left(conn: sa.Connection) -> int:
    """How many segments wait or run."""
    return _count(conn, segment, _IS_QUEUED, most=None) + _count(conn, segment, _IS_RUNNING)


def _workers(conn: sa.Connection, *, now: datetime) -> list[dict[str, Any]]:
    statement = sa.select(worker).order_by(worker.c.heartbeat_at.desc()).limit(100)
    return [
        {
            "id": row.id,
            "state": row.state,
            "queues": row.queues,
            "heartbeat_age_seconds": max(0.0, (now - row.heartbeat_at).total_seconds()),
        }
        for row in conn.execute(statement)
    ]


def _count(
    conn: sa.Connection, table: sa.Table, *where: sa.ColumnElement[bool], most: int | None = MOST_COUNTED
) -> int:
    some = sa.select(sa.literal_column("1")).select_from(table).where(*where).limit(most).subquery()
    return conn.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()


def _queue(conn: sa.Connection, name: str, teams: list[dict[str, Any]]) -> dict[str, Any]:
    here = segment.c.queue == name
    ages = [one["oldest_queued_seconds"] for one in teams if one["queue"] == name]
    return {
        "queued": _count(conn, segment, _IS_QUEUED, here),
        "running": _count(conn, segment, _IS_RUNNING, here),
        "delayed": _count(conn, segment, _IS_DELAYED, here),
        "oldest_queued_seconds": max(ages, default=None),
    }


def _teams(conn: sa.Connection, rows: SegmentRows, queue: str, *, moment: int) -> list[dict[str, Any]]:
    """Teams with segments waiting, at most fifty of each queue; a queue worked in order knows no teams."""
    teams = [ORDERED] if QUEUES[queue].in_order else rows.teams(conn, queue=queue, after="", number=_TEAMS)
    found: list[dict[str, Any]] = []
    for team in teams:
        here = sa.and_(segment.c.queue == queue, segment.c.team == team)
        oldest = rows.oldest(conn, queue=queue, team=team)
        if oldest is not None:
            found.append(
                {
                    "queue": queue,
                    "team": team,
                    "queued": _count(conn, segment, _IS_QUEUED, here),
                    "running": _count(conn, segment, _IS_RUNNING, here),
                    "oldest_queued_seconds": max(0.0, (moment - oldest) / 1000),
                }
            )
    return found


def _timers(conn: sa.Connection, *, now: datetime) -> dict[str, int]:
    pending = timer.c.state == "pending"
    return {
        "pending": _count(conn, timer, pending),
        "due": _count(conn, timer, pending, timer.c.due_at <= now),
        "failed": _count(conn, timer, timer.c.state == "failed"),
    }


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
    unit.conn.execute(sa.delete(started).where(started.c.second < int(before.timestamp())))
    return count
