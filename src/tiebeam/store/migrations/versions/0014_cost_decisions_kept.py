"""Cost decisions kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014_cost_decisions_kept"
down_revision = "0013_forecasts_kept"


def upgrade() -> None:
    _make_cost_decision()


def _make_cost_decision() -> None:
    op.create_table(
        "cost_decision",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("tokens_per_month", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("chosen", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revisit", sa.Text(), nullable=True),
        sa.Column("supersedes", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["supersedes"], ["cost_decision.id"], name=op.f("fk_cost_decision_supersedes_cost_decision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_decision")),
        sa.UniqueConstraint("supersedes", name=op.f("uq_cost_decision_supersedes")),
    )
    op.create_index(op.f("ix_cost_decision_recorded_at"), "cost_decision", ["recorded_at"], unique=False)
