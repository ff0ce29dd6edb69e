"""Invoices the ledger was reconciled with. Rows are only ever added."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

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
