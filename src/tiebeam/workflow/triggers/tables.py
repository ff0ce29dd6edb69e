"""Events that came, what became of them, and what started runs by itself. Only this sub-room touches these rows."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

event = sa.Table(
    "event",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(160), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("payload", JsonText, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    # Who sent it, and the sender's own id for it: the same is taken once.
    sa.Column("source", sa.String(200), nullable=False),
    sa.Column("source_id", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("detail", sa.Text),
    sa.Column("keep_until", Moment),
    sa.UniqueConstraint("source", "source_id", name="event_once"),
    sa.Index("event_by_time", "received_at"),
    sa.Index("event_by_name", "name", "received_at"),
)

event_kept = sa.Table(
    "event_kept",
    metadata,
    sa.Column("event_id", sa.String(40), sa.ForeignKey("event.id"), primary_key=True),
    # The event's own key, and that of the stateful trigger whose run it is kept for.
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("name", sa.String(160), nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("keep_until", Moment, nullable=False),
    sa.Index("event_kept_by_key", "name", "key", "received_at"),
    sa.Index("event_kept_until", "keep_until"),
)

event_use = sa.Table(
    "event_use",
    metadata,
    sa.Column("event_id", sa.String(40), sa.ForeignKey("event.id"), primary_key=True),
    sa.Column("run_id", sa.String(40), primary_key=True),
    # The instance that had waited for it; empty where it started the run.
    sa.Column("step", sa.String(160), primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Index("event_use_by_run", "run_id"),
)

hook_refusal = sa.Table(
    "hook_refusal",
    metadata,
    sa.Column("source", sa.String(200), primary_key=True),
    sa.Column("reason", sa.String(40), primary_key=True),
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("last_at", Moment, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("hook_refusal_by_time", "last_at"),
)

trigger_state = sa.Table(
    "trigger_state",
    metadata,
    sa.Column("trigger_id", sa.String(200), primary_key=True),
    # The schedule that `reached` is about; with another one it counts from the moment that was seen.
    sa.Column("schedule", sa.Text, nullable=False),
    sa.Column("reached", Moment, nullable=False),
    sa.Column("paused_at", Moment),
    sa.Column("paused_by", sa.String(160)),
    sa.Column("reason", sa.Text),
)

trigger_start = sa.Table(
    "trigger_start",
    metadata,
    sa.Column("trigger_id", sa.String(200), primary_key=True),
    # What it started for: a moment of the schedule, an event's id, or one of its own when a person fired it.
    sa.Column("slot", sa.String(80), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("run_id", sa.String(40)),
    sa.Column("event_id", sa.String(40)),
    sa.Column("at", Moment, nullable=False),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("actor", sa.String(160), nullable=False),
    sa.Column("detail", sa.Text),
    sa.Index("trigger_start_by_time", "trigger_id", "made_at"),
    sa.Index("trigger_start_by_run", "run_id"),
)
