"""What routing rests on: results of evaluations by model, and tokens of classes that have a cap for the day."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import Amount, Moment, metadata

quality_result = sa.Table(
    "quality_result",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    # A served model's id, and the provider's name of the model that was evaluated.
    sa.Column("served", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("evaluation", sa.Text, nullable=False),
    # A share from 0 to 1.
    sa.Column("score", Amount, nullable=False),
    sa.Column("cases", sa.Integer, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("recorded_at", Moment, nullable=False),
    sa.Column("recorded_by", sa.Text, nullable=False),
    sa.Index(None, "served", "evaluation", "recorded_at"),
)
"""Rows are never changed; the latest of a model and an evaluation holds."""

route_tokens = sa.Table(
    "route_tokens",
    metadata,
    # "policy/class", and a UTC day as ISO text.
    sa.Column("node", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("process", sa.Text, primary_key=True),
    # What the process used or may still use without asking (-1 once it has left), and what of it it used or holds.
    sa.Column("claimed", sa.BigInteger, nullable=False),
    sa.Column("used", sa.BigInteger, nullable=False, server_default="0"),
    # A claim lapses when its process has not been heard of for a while.
    sa.Column("seen_at", Moment, nullable=False, server_default="1970-01-01T00:00:00.000000Z"),
)
"""Tokens of a class that processes have claimed of its cap for the day, before they use them."""
