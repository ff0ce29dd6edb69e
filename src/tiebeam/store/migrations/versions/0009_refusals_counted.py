"""Refusals counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_refusals_counted"
down_revision = "0008_sessions_and_tokens"


def upgrade() -> None:
    op.create_table(
        "access_refusal",
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("objects", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "verb", name=op.f("pk_access_refusal")),
    )
