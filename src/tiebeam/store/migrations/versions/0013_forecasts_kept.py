"""Forecasts kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013_forecasts_kept"
down_revision = "0012_policies_pinned"


def upgrade() -> None:
    _make_forecast_alert()
    _make_forecast_plan()


def _make_forecast_alert() -> None:
    op.create_table(
        "forecast_alert",
        sa.Column("intent", sa.String(length=160), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("raised_at", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("intent", "month", "level", name=op.f("pk_forecast_alert")),
    )
    op.create_index(op.f("ix_forecast_alert_month_intent"), "forecast_alert", ["month", "intent"], unique=False)


def _make_forecast_plan() -> None:
    op.create_table(
        "forecast_plan",
        sa.Column("intent", sa.String(length=160), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("intent", "month", name=op.f("pk_forecast_plan")),
    )
    op.create_index(op.f("ix_forecast_plan_month_intent"), "forecast_plan", ["month", "intent"], unique=False)
