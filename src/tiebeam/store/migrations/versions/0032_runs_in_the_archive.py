"""Runs in the archive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032_runs_in_the_archive"
down_revision = "0031_due_times_start"


def upgrade() -> None:
    _make_archive_batch()
    _make_archive_hold()
    _make_archived_run()
    _make_run_trace()


def _make_archive_batch() -> None:
    op.create_table(
        "archive_batch",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=True),
        sa.Column("taken_until", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("written_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_batch")),
        sa.UniqueConstraint("open", name=op.f("uq_archive_batch_open")),
    )
    op.create_index(op.f("ix_archive_batch_written_at"), "archive_batch", ["written_at"], unique=False)


def _make_archive_hold() -> None:
    op.create_table(
        "archive_hold",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_archive_hold")),
    )


def _make_archived_run() -> None:
    op.create_table(
        "archived_run",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("intent", sa.String(length=160), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["archive_batch.id"], name=op.f("fk_archived_run_batch_id_archive_batch")
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_archived_run")),
    )
    op.create_index(op.f("ix_archived_run_ended_at"), "archived_run", ["ended_at"], unique=False)


def _make_run_trace() -> None:
    op.create_table(
        "run_trace",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("told_until", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_trace")),
    )
