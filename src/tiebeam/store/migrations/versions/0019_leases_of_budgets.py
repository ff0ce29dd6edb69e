"""Leases of budgets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019_leases_of_budgets"
down_revision = "0018_outcomes_reported"


def upgrade() -> None:
    _make_spend_cap()
    _make_spend_lease()
    _make_spend_node()


def _make_spend_cap() -> None:
    op.create_table(
        "spend_cap",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("budget", sa.Text(), nullable=False),
        sa.Column("cap_nano", sa.BigInteger(), nullable=False),
        sa.Column("instead_of_nano", sa.BigInteger(), nullable=False),
        sa.Column("window_start", sa.BigInteger(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_spend_cap")),
    )
    op.create_index(op.f("ix_spend_cap_budget"), "spend_cap", ["budget"], unique=False)


def _make_spend_lease() -> None:
    op.create_table(
        "spend_lease",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("window_start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("leased_nano", sa.BigInteger(), nullable=False),
        sa.Column("written_nano", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("node", "window_start", "process", name=op.f("pk_spend_lease")),
    )
    op.create_index(op.f("ix_spend_lease_expires_at"), "spend_lease", ["expires_at"], unique=False)
    op.create_index(op.f("ix_spend_lease_process"), "spend_lease", ["process"], unique=False)


def _make_spend_node() -> None:
    op.create_table(
        "spend_node",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("window_start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cap_nano", sa.BigInteger(), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("leased_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("node", "window_start", name=op.f("pk_spend_node")),
    )
    op.create_index(op.f("ix_spend_node_leased_at"), "spend_node", ["leased_at"], unique=False)
