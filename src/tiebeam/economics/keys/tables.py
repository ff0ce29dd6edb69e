"""Keys of the gateway, of whose secrets only hashes are kept, and the numbers by which processes notice a change."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

gateway_key = sa.Table(
    "gateway_key",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("secret_hash", sa.Text, nullable=False, unique=True),
    # What a rotation replaced, and until when both open the door.
    sa.Column("former_hash", sa.Text),
    sa.Column("former_until", Moment),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    # "*" where calls name their workflow themselves.
    sa.Column("workflow", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("environment", sa.Text, nullable=False),
    # Lists of names; empty for all.
    sa.Column("endpoints", JsonText, nullable=False),
    sa.Column("models", JsonText, nullable=False),
    sa.Column("cap_nano", sa.BigInteger),
    sa.Column("cap_window", sa.Text, nullable=False),
    sa.Column("requests_per_minute", sa.Integer),
    sa.Column("concurrent", sa.Integer),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Column("rotated_at", Moment),
    sa.Column("revoked_at", Moment),
    sa.Column("revoked_by", sa.Text),
    # A UTC day as ISO text.
    sa.Column("last_used_on", sa.Text),
    sa.Index(None, "team"),
    sa.Index(None, "revoked_at"),
)

gateway_version = sa.Table(
    "gateway_version",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)
"""A number for each thing that processes keep in memory, one higher with every change."""
