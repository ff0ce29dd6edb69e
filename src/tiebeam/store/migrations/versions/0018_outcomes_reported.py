"""Outcomes reported, and statements issued."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018_outcomes_reported"
down_revision = "0017_keys_and_routing"


def upgrade() -> None:
    _make_usage_outcome()
    _make_usage_statement()


def _make_usage_outcome() -> None:
    op.create_table(
        "usage_outcome",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("execution", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("value_nano", sa.BigInteger(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.Text(), nullable=False),
        sa.Column("corrects", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["corrects"], ["usage_outcome.id"], name=op.f("fk_usage_outcome_corrects_usage_outcome")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_outcome")),
        sa.UniqueConstraint("corrects", name=op.f("uq_usage_outcome_corrects")),
        sa.UniqueConstraint("team", "workflow", "ref", name=op.f("uq_usage_outcome_team_workflow_ref")),
    )
    op.create_index(op.f("ix_usage_outcome_day_team"), "usage_outcome", ["day", "team"], unique=False)
    op.create_index(op.f("ix_usage_outcome_execution"), "usage_outcome", ["execution"], unique=False)


def _make_usage_statement() -> None:
    op.create_table(
        "usage_statement",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("usd_nano", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_statement")),
        sa.UniqueConstraint(
            "kind", "about", "month", "number", name=op.f("uq_usage_statement_kind_about_month_number")
        ),
    )
    op.create_index(op.f("ix_usage_statement_month_about"), "usage_statement", ["month", "about"], unique=False)
