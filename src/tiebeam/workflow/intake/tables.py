"""Rows of batches and documents. Only this sub-room touches them."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

batch = sa.Table(
    "batch",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("intent", sa.String(160), nullable=False),
    sa.Column("recipe_hash", sa.String(64), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("dataset", sa.String(64)),
    sa.Column("accepted_by", sa.String(160), nullable=False),
    sa.Column("accepted_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
)

document = sa.Table(
    "document",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("batch_id", sa.String(40), sa.ForeignKey("batch.id"), nullable=False),
    sa.Column("run_id", sa.String(40), nullable=False, unique=True),
    sa.Column("arrival", sa.Integer, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("channel", sa.String(40), nullable=False),
    sa.Column("received_at", sa.String(10)),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("archived", sa.Boolean, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("syntax", sa.String(40)),
    sa.Column("invoice", JsonText),
    sa.Column("error", sa.Text),
    sa.Column("error_code", sa.String(40)),
    sa.Column("found", JsonText),
    sa.Column("evidence", JsonText),
    sa.Column("text", sa.Text),
    sa.Column("read_at", Moment),
    sa.UniqueConstraint("source", "sha256", name="document_source"),
    sa.Index("document_by_batch", "batch_id", "arrival"),
    sa.Index("document_by_content", "sha256"),
)
