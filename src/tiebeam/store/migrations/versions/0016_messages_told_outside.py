"""Messages told outside."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016_messages_told_outside"
down_revision = "0015_usage_metered"


def upgrade() -> None:
    _make_outbound_delivery()
    _make_outbound_message()


def _make_outbound_delivery() -> None:
    op.create_table(
        "outbound_delivery",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("told_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("message_id", "place", name=op.f("pk_outbound_delivery")),
    )
    op.create_index(op.f("ix_outbound_delivery_state_next_at"), "outbound_delivery", ["state", "next_at"], unique=False)


def _make_outbound_message() -> None:
    op.create_table(
        "outbound_message",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbound_message")),
        sa.UniqueConstraint("key", name=op.f("uq_outbound_message_key")),
    )
    op.create_index(op.f("ix_outbound_message_at"), "outbound_message", ["at"], unique=False)
