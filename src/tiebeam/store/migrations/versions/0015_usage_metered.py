"""Usage metered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015_usage_metered"
down_revision = "0014_cost_decisions_kept"


def upgrade() -> None:
    _make_usage_charge()
    _make_usage_daily()
    _make_usage_journal()
    _make_usage_price()
    _make_usage_spend()


def _make_usage_charge() -> None:
    op.create_table(
        "usage_charge",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("execution", sa.Text(), nullable=False),
        sa.Column("step_id", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("upstream", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("task_class", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_write_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("audio_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("audio_output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("usd_nano", sa.BigInteger(), nullable=False),
        sa.Column("worst_nano", sa.BigInteger(), nullable=False),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("unenforced", sa.Boolean(), nullable=False),
        sa.Column("concluded", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("millis", sa.Integer(), nullable=False),
        sa.Column("first_byte_millis", sa.Integer(), nullable=False),
        sa.Column("price", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("corrects", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("nodes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_usage_charge")),
        sa.UniqueConstraint("id", name=op.f("uq_usage_charge_id")),
    )
    _find_usage_charge()


def _find_usage_charge() -> None:
    op.create_index(op.f("ix_usage_charge_call_id"), "usage_charge", ["call_id"], unique=False)
    op.create_index(op.f("ix_usage_charge_day_team"), "usage_charge", ["day", "team"], unique=False)
    op.create_index(op.f("ix_usage_charge_execution"), "usage_charge", ["execution"], unique=False)
    op.create_index(op.f("ix_usage_charge_fingerprint"), "usage_charge", ["fingerprint"], unique=False)


def _make_usage_daily() -> None:
    op.create_table(
        "usage_daily",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("upstream", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cached_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cache_write_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
        sa.Column("audio_input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("audio_output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("usd_nano", sa.BigInteger(), nullable=False),
        sa.Column("estimated_nano", sa.BigInteger(), nullable=False),
        sa.Column("retried_nano", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "day",
            "team",
            "workflow",
            "key_id",
            "agent",
            "environment",
            "model",
            "provider",
            "upstream",
            "source",
            "slot",
            name=op.f("pk_usage_daily"),
        ),
    )
    op.create_index(op.f("ix_usage_daily_team_day"), "usage_daily", ["team", "day"], unique=False)
    op.create_index(op.f("ix_usage_daily_workflow_day"), "usage_daily", ["workflow", "day"], unique=False)


def _make_usage_journal() -> None:
    op.create_table(
        "usage_journal",
        sa.Column("journal", sa.Text(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.Text(), nullable=False),
        sa.Column("held", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("journal", name=op.f("pk_usage_journal")),
    )


def _make_usage_price() -> None:
    op.create_table(
        "usage_price",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_usage_price")),
    )


def _make_usage_spend() -> None:
    op.create_table(
        "usage_spend",
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("window_start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("spent_nano", sa.BigInteger(), nullable=False),
        sa.Column("estimated_nano", sa.BigInteger(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", "window_start", "slot", name=op.f("pk_usage_spend")),
    )
