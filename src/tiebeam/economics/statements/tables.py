"""Statements as they were issued, never changed: what comes to light later stands in the next one."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

usage_statement = sa.Table(
    "usage_statement",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    # "team:support" or "line:finance".
    sa.Column("about", sa.Text, nullable=False),
    # As 2026-11.
    sa.Column("month", sa.Text, nullable=False),
    # The first of its month is 1; a later one bills the difference to all before it.
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("usd_nano", sa.BigInteger, nullable=False),
    sa.Column("content", JsonText, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("issued_by", sa.Text, nullable=False),
    sa.Column("issued_at", Moment, nullable=False),
    sa.UniqueConstraint("kind", "about", "month", "number"),
    sa.Index(None, "month", "about"),
)
