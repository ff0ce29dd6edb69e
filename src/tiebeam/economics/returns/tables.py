"""Outcomes of work that others' agents and tools did with our models, as somebody reported them. Never changed."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import Amount, Moment, metadata

usage_outcome = sa.Table(
    "usage_outcome",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    # What the reporter calls the case: the same again is the same outcome.
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("workflow", sa.Text, nullable=False),
    # Empty text for none, as charges have it.
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("execution", sa.Text, nullable=False),
    sa.Column("accepted", sa.Integer, nullable=False),
    sa.Column("ended", sa.Integer, nullable=False),
    # Worth as it was stated, and in nano-dollars by the rate of that day.
    sa.Column("amount", Amount, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("value_nano", sa.BigInteger, nullable=False),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("reported_by", sa.Text, nullable=False),
    sa.Column("reported_at", Moment, nullable=False),
    sa.Column("corrects", sa.Text, sa.ForeignKey("usage_outcome.id"), unique=True),
    sa.UniqueConstraint("team", "workflow", "ref"),
    sa.Index(None, "day", "team"),
    sa.Index(None, "execution"),
)
