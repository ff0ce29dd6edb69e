"""The policies decisions were made under, and what the archive holds. Only this sub-room touches these tables."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

pinned_policy = sa.Table(
    "pinned_policy",
    metadata,
    sa.Column("version", sa.String(64), primary_key=True),
    sa.Column("content", JsonText, nullable=False),
    sa.Column("pinned_at", Moment, nullable=False),
)

archive_batch = sa.Table(
    "archive_batch",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("file", sa.Text, nullable=False),
    # 1 while it is being written, then none: there is one at a time.
    sa.Column("open", sa.Integer, unique=True),
    # Nobody else goes on with it before this moment.
    sa.Column("taken_until", Moment, nullable=False),
    # The runs it is to hold while it is open; afterwards `archived_run` knows.
    sa.Column("plan", JsonText, nullable=False),
    sa.Column("runs", sa.Integer, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64)),
    sa.Column("written_at", Moment),
    sa.Index(None, "written_at"),
)

archived_run = sa.Table(
    "archived_run",
    metadata,
    sa.Column("run_id", sa.String(40), primary_key=True),
    sa.Column("batch_id", sa.String(40), sa.ForeignKey("archive_batch.id"), nullable=False),
    sa.Column("intent", sa.String(160), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("ended_at", Moment, nullable=False),
    sa.Index(None, "ended_at"),
)

archive_hold = sa.Table(
    "archive_hold",
    metadata,
    sa.Column("run_id", sa.String(40), primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)
