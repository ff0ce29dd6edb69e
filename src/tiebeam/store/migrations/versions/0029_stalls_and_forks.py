"""Runs that stand still, and runs that were begun from others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029_stalls_and_forks"
down_revision = "0028_answers_and_drafts"


def upgrade() -> None:
    _make_run_fork()
    _make_run_stall()


def _make_run_fork() -> None:
    op.create_table(
        "run_fork",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("from_run", sa.String(length=40), nullable=False),
        sa.Column("step", sa.String(length=160), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_fork")),
    )
    op.create_index(op.f("ix_run_fork_from_run"), "run_fork", ["from_run"], unique=False)


def _make_run_stall() -> None:
    op.create_table(
        "run_stall",
        sa.Column("run_id", sa.String(length=40), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("noticed_at", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_stall")),
    )
    op.create_index(op.f("ix_run_stall_noticed_at"), "run_stall", ["noticed_at"], unique=False)
