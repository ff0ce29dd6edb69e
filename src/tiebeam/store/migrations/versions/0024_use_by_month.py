"""Use by month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024_use_by_month"
down_revision = "0023_claims_that_lapse"

_SUMS = (
    "requests",
    "attempts",
    "input_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "audio_input_tokens",
    "audio_output_tokens",
    "usd_nano",
    "estimated_nano",
    "retried_nano",
)


def upgrade() -> None:
    op.create_table(
        "usage_monthly",
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _SUMS),
        sa.PrimaryKeyConstraint(
            "month", "team", "workflow", "model", "provider", "slot", name=op.f("pk_usage_monthly")
        ),
    )
    op.create_index(op.f("ix_usage_monthly_team_month"), "usage_monthly", ["team", "month"], unique=False)
    place = "substr(day, 1, 7), team, workflow, model, provider, slot"
    op.execute(
        f"INSERT INTO usage_monthly (month, team, workflow, model, provider, slot, {', '.join(_SUMS)}) "
        f"SELECT {place}, {', '.join(f'sum({name})' for name in _SUMS)} FROM usage_daily GROUP BY {place}"
    )
