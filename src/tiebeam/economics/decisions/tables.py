"""What was chosen between ways to serve a volume, kept as it was known on the day. Rows are never changed."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import Amount, JsonText, Moment, metadata

cost_decision = sa.Table(
    "cost_decision",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    # The calculator's parameters, with the day whose prices held.
    sa.Column("question", JsonText, nullable=False),
    sa.Column("tokens_per_month", Amount, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    # Every option that was weighed, with its figures, the cheapest first.
    sa.Column("options", JsonText, nullable=False),
    sa.Column("chosen", sa.Text, nullable=False),
    # "role:cfo" or "person:ada".
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    # A day as ISO text.
    sa.Column("revisit", sa.Text),
    sa.Column("supersedes", sa.Text, sa.ForeignKey("cost_decision.id"), unique=True),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Column("recorded_at", Moment, nullable=False),
    sa.Index(None, "recorded_at"),
)
