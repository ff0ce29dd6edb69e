"""First release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_first_release"
down_revision = None


def upgrade() -> None:
    _make_journal_entry()
    _make_journal_stream()


def _make_journal_entry() -> None:
    op.create_table(
        "journal_entry",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("stream", "seq", name=op.f("uq_journal_entry_stream_seq")),
    )
    op.create_index(op.f("ix_journal_entry_actor_position"), "journal_entry", ["actor", "position"], unique=False)
    op.create_index(op.f("ix_journal_entry_kind_position"), "journal_entry", ["kind", "position"], unique=False)


def _make_journal_stream() -> None:
    op.create_table(
        "journal_stream",
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_journal_stream")),
    )
