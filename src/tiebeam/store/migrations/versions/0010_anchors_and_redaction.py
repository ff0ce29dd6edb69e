"""Anchors and redaction."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_anchors_and_redaction"
down_revision = "0009_refusals_counted"


def upgrade() -> None:
    _make_anchor_target()
    _make_journal_anchor()
    _make_journal_retention()
    _make_journal_anchor_leaf()
    op.add_column("journal_entry", sa.Column("format", sa.Integer(), server_default="1", nullable=False))
    op.add_column("journal_entry", sa.Column("salt", sa.Text(), nullable=True))
    op.add_column("journal_entry", sa.Column("redaction", sa.Text(), nullable=True))
    op.add_column("journal_stream", sa.Column("anchored_length", sa.Integer(), server_default="0", nullable=False))
    op.create_index(
        "journal_stream_unanchored",
        "journal_stream",
        ["stream"],
        unique=False,
        sqlite_where=sa.text("length > anchored_length"),
        postgresql_where=sa.text("length > anchored_length"),
    )


def _make_anchor_target() -> None:
    op.create_table(
        "anchor_target",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("next_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_anchor_target")),
    )


def _make_journal_anchor() -> None:
    op.create_table(
        "journal_anchor",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("leaves", sa.Integer(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_journal_anchor")),
    )


def _make_journal_retention() -> None:
    op.create_table(
        "journal_retention",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule", name=op.f("pk_journal_retention")),
    )


def _make_journal_anchor_leaf() -> None:
    op.create_table(
        "journal_anchor_leaf",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["journal_anchor.number"], name=op.f("fk_journal_anchor_leaf_number_journal_anchor")
        ),
        sa.PrimaryKeyConstraint("number", "stream", name=op.f("pk_journal_anchor_leaf")),
    )
    op.create_index(
        op.f("ix_journal_anchor_leaf_stream_length"), "journal_anchor_leaf", ["stream", "length"], unique=False
    )
