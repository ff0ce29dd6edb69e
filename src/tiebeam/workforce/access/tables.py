"""The tables of signing in: links, sessions and their secrets, tokens, and failed attempts. No secret is kept."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

access_link = sa.Table(
    "access_link",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("person_id", sa.Text, nullable=False),
    # Who made it for somebody else; the session it opens says so too.
    sa.Column("vouched_by", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("redeemed_at", Moment),
    sa.Column("revoked_at", Moment),
    sa.Index(None, "person_id"),
)

access_session = sa.Table(
    "access_session",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("vouched_by", sa.Text),
    # What the identity provider's groups gave, besides the person's record, for this session alone.
    sa.Column("roles", JsonText, nullable=False),
    sa.Column("administrator", sa.Boolean, nullable=False),
    sa.Column("user_agent", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("last_seen_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("ended_because", sa.Text),
    sa.Index(None, "person_id", "ended_at"),
)

access_secret = sa.Table(
    "access_secret",
    metadata,
    sa.Column("secret_hash", sa.Text, primary_key=True),
    sa.Column("session_id", sa.Text, sa.ForeignKey("access_session.id"), nullable=False),
    sa.Column("issued_at", Moment, nullable=False),
    # Its first use proves that the browser has it; only then do the older ones retire.
    sa.Column("confirmed_at", Moment),
    sa.Column("retired_at", Moment),
    sa.Index(None, "session_id", "issued_at"),
)

access_token = sa.Table(
    "access_token",
    metadata,
    # The public part of the token's text: `tb_p_k3j9x0aa`.
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("token_hash", sa.Text, nullable=False),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", JsonText, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("vouched_by", sa.Text),
    sa.Column("expires_at", Moment),
    sa.Column("revoked_at", Moment),
    sa.Column("revoked_by", sa.Text),
    sa.Column("last_used_at", Moment),
    sa.Column("last_origin", sa.Text),
    # When its use was last refused on the record; a program that tries on and on is noted once an hour.
    sa.Column("refused_at", Moment),
    sa.Index(None, "holder", "created_at"),
)

access_failure = sa.Table(
    "access_failure",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("target", sa.Text),
    sa.Column("at", Moment, nullable=False),
    sa.Index(None, "source", "at"),
    sa.Index(None, "target", "at"),
    sa.Index(None, "at"),
)
