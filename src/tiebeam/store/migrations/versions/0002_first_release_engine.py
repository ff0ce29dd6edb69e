"""First release engine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_first_release_engine"
down_revision = "0001_first_release"


def upgrade() -> None:
    _make_engine_effect()
    _make_engine_failure()
    _make_engine_setup()
    _make_engine_turn()
    _make_engine_wait()
    _make_engine_worker()
    _make_engine_timer()


def _make_engine_effect() -> None:
    op.create_table(
        "engine_effect",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("step_id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "step_id", name=op.f("pk_engine_effect")),
    )
    op.create_index(op.f("ix_engine_effect_state_begun_at"), "engine_effect", ["state", "begun_at"], unique=False)


def _make_engine_failure() -> None:
    op.create_table(
        "engine_failure",
        sa.Column("segment_id", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("segment_id", name=op.f("pk_engine_failure")),
    )
    op.create_index(op.f("ix_engine_failure_failed_at"), "engine_failure", ["failed_at"], unique=False)


def _make_engine_setup() -> None:
    op.create_table(
        "engine_setup",
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_engine_setup")),
    )


def _make_engine_turn() -> None:
    op.create_table(
        "engine_turn",
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_engine_turn")),
    )


def _make_engine_wait() -> None:
    op.create_table(
        "engine_wait",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engine_wait")),
    )
    op.create_index(op.f("ix_engine_wait_closed_at"), "engine_wait", ["closed_at"], unique=False)
    op.create_index(op.f("ix_engine_wait_run_id"), "engine_wait", ["run_id"], unique=False)


def _make_engine_worker() -> None:
    op.create_table(
        "engine_worker",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("queues", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("heartbeat_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engine_worker")),
    )
    op.create_index(
        op.f("ix_engine_worker_state_heartbeat_at"), "engine_worker", ["state", "heartbeat_at"], unique=False
    )


def _make_engine_timer() -> None:
    op.create_table(
        "engine_timer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("wait_id", sa.Text(), nullable=True),
        sa.Column("due_at", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["wait_id"], ["engine_wait.id"], name=op.f("fk_engine_timer_wait_id_engine_wait")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engine_timer")),
    )
    op.create_index(op.f("ix_engine_timer_state_due_at"), "engine_timer", ["state", "due_at"], unique=False)
    op.create_index(op.f("ix_engine_timer_wait_id"), "engine_timer", ["wait_id"], unique=False)
