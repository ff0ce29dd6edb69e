"""Plans as they were made, alerts as they were raised: rows are only ever added. Only this sub-room touches them."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

forecast_plan = sa.Table(
    "forecast_plan",
    metadata,
    sa.Column("intent", sa.String(160), primary_key=True),
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("body", JsonText, nullable=False),
    sa.Index(None, "month", "intent"),
)

forecast_alert = sa.Table(
    "forecast_alert",
    metadata,
    sa.Column("intent", sa.String(160), primary_key=True),
    sa.Column("month", sa.String(7), primary_key=True),
    # One alert for each level, whatever happens afterwards.
    sa.Column("level", sa.String(16), primary_key=True),
    sa.Column("raised_at", Moment, nullable=False),
    sa.Column("body", JsonText, nullable=False),
    sa.Index(None, "month", "intent"),
)
