"""Events and triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034_events_and_triggers"
down_revision = "0033_waits_for_events"


def upgrade() -> None:
    _make_event()
    _make_hook_refusal()
    _make_trigger_start()
    _make_trigger_state()
    _make_event_kept()
    _make_event_use()


def _make_event() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("keep_until", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("source", "source_id", name="event_once"),
    )
    op.create_index("event_by_name", "event", ["name", "received_at"], unique=False)
    op.create_index("event_by_time", "event", ["received_at"], unique=False)


def _make_hook_refusal() -> None:
    op.create_table(
        "hook_refusal",
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "reason", "day", name=op.f("pk_hook_refusal")),
    )
    op.create_index("hook_refusal_by_time", "hook_refusal", ["last_at"], unique=False)


def _make_trigger_start() -> None:
    op.create_table(
        "trigger_start",
        sa.Column("trigger_id", sa.String(length=200), nullable=False),
        sa.Column("slot", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("run_id", sa.String(length=40), nullable=True),
        sa.Column("event_id", sa.String(length=40), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=160), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("trigger_id", "slot", name=op.f("pk_trigger_start")),
    )
    op.create_index("trigger_start_by_run", "trigger_start", ["run_id"], unique=False)
    op.create_index("trigger_start_by_time", "trigger_start", ["trigger_id", "made_at"], unique=False)


def _make_trigger_state() -> None:
    op.create_table(
        "trigger_state",
        sa.Column("trigger_id", sa.String(length=200), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("reached", sa.Text(), nullable=False),
        sa.Column("paused_at", sa.Text(), nullable=True),
        sa.Column("paused_by", sa.String(length=160), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("trigger_id", name=op.f("pk_trigger_state")),
    )


def _make_event_kept() -> None:
    op.create_table(
        "event_kept",
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("keep_until", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_kept_event_id_event")),
        sa.PrimaryKeyConstraint("event_id", "key", name=op.f("pk_event_kept")),
    )
    op.create_index("event_kept_by_key", "event_kept", ["name", "key", "received_at"], unique=False)
    op.create_index("event_kept_until", "event_kept", ["keep_until"], unique=False)


def _make_event_use() -> None:
    op.create_table(
        "event_use",
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("step", sa.String(length=160), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_use_event_id_event")),
        sa.PrimaryKeyConstraint("event_id", "run_id", "step", name=op.f("pk_event_use")),
    )
    op.create_index("event_use_by_run", "event_use", ["run_id"], unique=False)
