"""Months and imports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022_months_and_imports"
down_revision = "0021_tasks_about_budgets"


def upgrade() -> None:
    _make_usage_close()
    _make_usage_import()
    _make_usage_reconciliation()


def _make_usage_close() -> None:
    op.create_table(
        "usage_close",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("closed_at", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("emptied_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_usage_close")),
    )


def _make_usage_import() -> None:
    op.create_table(
        "usage_import",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("file_digest", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("since", sa.String(length=10), nullable=False),
        sa.Column("until", sa.String(length=10), nullable=False),
        sa.Column("charges", sa.BigInteger(), nullable=False),
        sa.Column("usd_nano", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_import")),
    )
    op.create_index(op.f("ix_usage_import_file_digest"), "usage_import", ["file_digest"], unique=False)


def _make_usage_reconciliation() -> None:
    op.create_table(
        "usage_reconciliation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("since", sa.String(length=10), nullable=False),
        sa.Column("until", sa.String(length=10), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("file_digest", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_reconciliation")),
    )
    op.create_index(
        op.f("ix_usage_reconciliation_provider_since"), "usage_reconciliation", ["provider", "since"], unique=False
    )
