"""The engine's tables."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata


def _some(name: str, *columns: str, where: str) -> sa.Index:
    """An index of those rows alone that satisfy a condition."""
    return sa.Index(name, *columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


worker = sa.Table(
    "engine_worker",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("queues", JsonText, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("heartbeat_at", Moment, nullable=False),
    # Moves with each heartbeat: others watch it by their own steady clock, so that no change of time kills anybody.
    sa.Column("beat", sa.Integer, nullable=False, server_default="0"),
    sa.Index(None, "state", "heartbeat_at"),
)

segment = sa.Table(
    "engine_segment",
    metadata,
    # Its order is that of the commits in a queue that is worked in order.
    sa.Column("turn", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    # queued, delayed (until `due`), retrying (the same, after an error), running, done, cancelled or failed.
    sa.Column("state", sa.Text, nullable=False),
    # Milliseconds of the real time, whatever clock the store has: since when it is queued, delayed or running.
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("due", sa.BigInteger),
    sa.Column("ended", sa.BigInteger),
    # Who runs it. Together with the number of the claim it is the fence: neither is ever the same twice.
    sa.Column("worker", sa.Text),
    sa.Column("claim", sa.Integer, nullable=False, server_default="0"),
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("deaths", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Index("ix_engine_segment_id", "kind", "key", "seq", unique=True),
    _some("ix_engine_segment_queued", "queue", "team", "priority", "turn", where="state = 'queued'"),
    _some("ix_engine_segment_due", "due", where="due IS NOT NULL"),
    _some("ix_engine_segment_running", "worker", where="worker IS NOT NULL"),
    _some("ix_engine_segment_ended", "ended", where="ended IS NOT NULL"),
)

started = sa.Table(
    "engine_started",
    metadata,
    # How many segments of a team began in each second, kept for teams with a limit per minute only.
    sa.Column("team", sa.Text, primary_key=True),
    sa.Column("second", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
)

wait = sa.Table(
    "engine_wait",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("step_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("due_at", Moment),
    sa.Column("closed_at", Moment),
    sa.Column("outcome", sa.Text),
    sa.Index(None, "run_id"),
    sa.Index(None, "closed_at"),
)

timer = sa.Table(
    "engine_timer",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("wait_id", sa.Text, sa.ForeignKey("engine_wait.id")),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("payload", JsonText, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    sa.Index(None, "state", "due_at"),
    sa.Index(None, "wait_id"),
)

effect = sa.Table(
    "engine_effect",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("step_id", sa.Text, primary_key=True),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("request", JsonText, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("begun_at", Moment, nullable=False),
    sa.Column("confirmed_at", Moment),
    sa.Column("result", JsonText),
)

failure = sa.Table(
    "engine_failure",
    metadata,
    sa.Column("segment_id", sa.Text, primary_key=True),
    sa.Column("failed_at", Moment, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Index(None, "failed_at"),
)
