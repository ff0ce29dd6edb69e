"""First release economics."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_first_release_economics"
down_revision = "0003_first_release_graph"


def upgrade() -> None:
    _make_ledger_daily()
    _make_ledger_entry()


def _make_ledger_daily() -> None:
    op.create_table(
        "ledger_daily",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("usd_nano", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.Column("touched", sa.Integer(), nullable=False),
        sa.Column("touchless", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "intent", "recipe", "team", "kind", "model", "currency", "slot", name=op.f("pk_ledger_daily")
        ),
    )
    op.create_index(op.f("ix_ledger_daily_intent_day"), "ledger_daily", ["intent", "day"], unique=False)


def _make_ledger_entry() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("step_id", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("usd_nano", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("touched", sa.Boolean(), nullable=True),
        sa.Column("price", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_entry_key")),
    )
    op.create_index(op.f("ix_ledger_entry_intent_seq"), "ledger_entry", ["intent", "seq"], unique=False)
    op.create_index(op.f("ix_ledger_entry_run_id_kind"), "ledger_entry", ["run_id", "kind"], unique=False)
