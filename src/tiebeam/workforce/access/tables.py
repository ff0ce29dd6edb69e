"""The tables of signing in: links, sessions and failed attempts."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import Moment, metadata

access_link = sa.Table(
    "access_link",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("redeemed_at", Moment),
    sa.Column("revoked_at", Moment),
    sa.Index(None, "person_id"),
)

access_session = sa.Table(
    "access_session",
    metadata,
    sa.Column("secret_hash", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_seen_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index(None, "person_id"),
)

access_failure = sa.Table(
    "access_failure",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "source", "at"),
)
