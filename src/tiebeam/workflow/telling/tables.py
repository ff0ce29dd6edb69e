"""What is to be told outside the console, and how far it has come."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

outbound_message = sa.Table(
    "outbound_message",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    # What it is about; the same is told once.
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("facts", JsonText, nullable=False),
    sa.Column("recipients", JsonText, nullable=False),
    sa.Index(None, "at"),
)

outbound_delivery = sa.Table(
    "outbound_delivery",
    metadata,
    sa.Column("message_id", sa.Text, primary_key=True),
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("next_at", Moment, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("told_at", Moment),
    sa.Index(None, "state", "next_at"),
)
