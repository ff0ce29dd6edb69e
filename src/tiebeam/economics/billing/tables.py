"""Months that are closed, and invoices the ledger was reconciled with. Rows are added, and closed months emptied."""

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

usage_reconciliation = sa.Table(
    "usage_reconciliation",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("since", sa.String(10), nullable=False),
    sa.Column("until", sa.String(10), nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("file_digest", sa.Text, nullable=False),
    # What was found and what was corrected, as it was accepted.
    sa.Column("answer", JsonText, nullable=False),
    sa.Index(None, "provider", "since"),
)
