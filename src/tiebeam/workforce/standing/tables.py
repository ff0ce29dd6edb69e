"""The tables of authority for a time: delegations, and emergency access with what was done under it."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import Moment, metadata

delegation = sa.Table(
    "delegation",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("giver", sa.Text, nullable=False),
    sa.Column("receiver", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    # Days of the giver's calendar, both included, as ISO text.
    sa.Column("first", sa.Text, nullable=False),
    sa.Column("last", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("revoked_by", sa.Text),
    sa.Column("revoked_at", Moment),
    sa.Index(None, "receiver", "last"),
    sa.Index(None, "role", "last"),
    sa.Index(None, "giver", "last"),
)

emergency = sa.Table(
    "emergency",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("opened_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    # How identity was proved when it was opened, and who vouched for that.
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("vouched_by", sa.Text),
    sa.Column("closed_at", Moment),
    sa.Column("closed_by", sa.Text),
    sa.Column("finding", sa.Text),
    sa.Column("note", sa.Text),
    sa.Column("reviewed_by", sa.Text),
    sa.Column("reviewed_at", Moment),
    sa.Index(None, "person_id", "expires_at"),
    sa.Index(None, "reviewed_at", "opened_at"),
)

emergency_use = sa.Table(
    "emergency_use",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("emergency_id", sa.Text, sa.ForeignKey("emergency.id"), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("verb", sa.Text, nullable=False),
    # "task:task_17", "run:run_3".
    sa.Column("object", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Index(None, "emergency_id", "at"),
)
