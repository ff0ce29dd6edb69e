"""Emptied months summed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020_emptied_months_summed"
down_revision = "0019_leases_of_budgets"


def upgrade() -> None:
    _make_usage_emptied()


def _make_usage_emptied() -> None:
    op.create_table(
        "usage_emptied",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("window_start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charges", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("usd_nano", sa.BigInteger(), nullable=False),
        sa.Column("estimated_nano", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "name", "window_start", name=op.f("pk_usage_emptied")),
    )
