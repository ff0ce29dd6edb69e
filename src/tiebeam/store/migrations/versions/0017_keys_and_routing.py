"""Keys and routing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017_keys_and_routing"
down_revision = "0016_messages_told_outside"


def upgrade() -> None:
    _make_gateway_key()
    _make_gateway_version()
    _make_quality_result()
    _make_route_tokens()


def _make_gateway_key() -> None:
    op.create_table(
        "gateway_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("former_hash", sa.Text(), nullable=True),
        sa.Column("former_until", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("endpoints", sa.Text(), nullable=False),
        sa.Column("models", sa.Text(), nullable=False),
        sa.Column("cap_nano", sa.BigInteger(), nullable=True),
        sa.Column("cap_window", sa.Text(), nullable=False),
        sa.Column("requests_per_minute", sa.Integer(), nullable=True),
        sa.Column("concurrent", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=True),
        sa.Column("rotated_at", sa.Text(), nullable=True),
        sa.Column("revoked_at", sa.Text(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("last_used_on", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_key")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_gateway_key_secret_hash")),
    )
    op.create_index(op.f("ix_gateway_key_revoked_at"), "gateway_key", ["revoked_at"], unique=False)
    op.create_index(op.f("ix_gateway_key_team"), "gateway_key", ["team"], unique=False)


def _make_gateway_version() -> None:
    op.create_table(
        "gateway_version",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_gateway_version")),
    )


def _make_quality_result() -> None:
    op.create_table(
        "quality_result",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("served", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("evaluation", sa.Text(), nullable=False),
        sa.Column("score", sa.Text(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quality_result")),
    )
    op.create_index(
        op.f("ix_quality_result_served_evaluation_recorded_at"),
        "quality_result",
        ["served", "evaluation", "recorded_at"],
        unique=False,
    )


def _make_route_tokens() -> None:
    op.create_table(
        "route_tokens",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("claimed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", "day", "process", name=op.f("pk_route_tokens")),
    )
