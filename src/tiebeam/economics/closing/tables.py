"""Months that are closed. Rows are added, and noted when their charges left the database."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

usage_close = sa.Table(
    "usage_close",
    metadata,
    # Such as "2026-11".
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("closed_at", Moment, nullable=False),
    sa.Column("closed_by", sa.Text, nullable=False),
    # The last row that went into its file; later rows of its days go into the next month's.
    sa.Column("last_seq", sa.BigInteger, nullable=False),
    sa.Column("manifest", JsonText, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    # When its single charges left the database.
    sa.Column("emptied_at", Moment),
)
