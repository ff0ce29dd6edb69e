"""Files that were taken into the ledger of use. Rows are only ever added."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

usage_import = sa.Table(
    "usage_import",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    # Such as "litellm".
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("file_digest", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("since", sa.String(10), nullable=False),
    sa.Column("until", sa.String(10), nullable=False),
    sa.Column("charges", sa.BigInteger, nullable=False),
    sa.Column("usd_nano", sa.BigInteger, nullable=False),
    # Totals, what was left out and why, and how it compares with the bill.
    sa.Column("answer", JsonText, nullable=False),
    sa.Index(None, "file_digest"),
)
