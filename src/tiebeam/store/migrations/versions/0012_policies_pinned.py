"""Policies pinned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_policies_pinned"
down_revision = "0011_delegations_and_identities"


def upgrade() -> None:
    _make_pinned_policy()


def _make_pinned_policy() -> None:
    op.create_table(
        "pinned_policy",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("pinned_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_pinned_policy")),
    )
