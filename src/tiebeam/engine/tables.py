"""The engine's own tables. The dispatcher's tables belong to DBOS, see `dispatch_rows`."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

worker = sa.Table(
    "engine_worker",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("queues", JsonText, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("heartbeat_at", Moment, nullable=False),
    sa.Index(None, "state", "heartbeat_at"),
)

setup = sa.Table(
    "engine_setup",
    metadata,
    sa.Column("part", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, nullable=False),
)

turn = sa.Table(
    "engine_turn",
    metadata,
    sa.Column("queue", sa.Text, primary_key=True),
    sa.Column("last", sa.Integer, nullable=False),
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
    sa.Index(None, "state", "begun_at"),
)

failure = sa.Table(
    "engine_failure",
    metadata,
    sa.Column("segment_id", sa.Text, primary_key=True),
    sa.Column("failed_at", Moment, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Index(None, "failed_at"),
)
