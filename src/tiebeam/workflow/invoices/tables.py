"""Tables of this room: reference data by dataset, and the register of invoices in the order they were taken in."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import JsonText, Moment, metadata

reference_dataset = sa.Table(
    "reference_dataset",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("orders", sa.Integer, nullable=False),
    sa.Column("receipts", sa.Integer, nullable=False),
    sa.Column("suppliers", sa.Integer, nullable=False),
    sa.Column("imported_at", Moment, nullable=False),
)

reference_order = sa.Table(
    "reference_order",
    metadata,
    sa.Column("dataset", sa.ForeignKey("reference_dataset.digest"), primary_key=True),
    sa.Column("order_id", sa.Text, primary_key=True),
    sa.Column("number_key", sa.Text, nullable=False),
    sa.Column("supplier_id", sa.Text),
    sa.Column("body", JsonText, nullable=False),
    sa.Index(None, "dataset", "number_key"),
    sa.Index(None, "dataset", "supplier_id"),
)

reference_receipt = sa.Table(
    "reference_receipt",
    metadata,
    sa.Column("dataset", sa.ForeignKey("reference_dataset.digest"), primary_key=True),
    sa.Column("order_id", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("body", JsonText, nullable=False),
)

reference_supplier = sa.Table(
    "reference_supplier",
    metadata,
    sa.Column("dataset", sa.ForeignKey("reference_dataset.digest"), primary_key=True),
    sa.Column("supplier_id", sa.Text, primary_key=True),
    sa.Column("body", JsonText, nullable=False),
)

reference_supplier_key = sa.Table(
    "reference_supplier_key",
    metadata,
    sa.Column("dataset", sa.ForeignKey("reference_dataset.digest"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("supplier_id", sa.Text, primary_key=True),
)

invoice_register = sa.Table(
    "invoice_register",
    metadata,
    sa.Column("document_id", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False, unique=True),
    sa.Column("arrival", sa.Integer, nullable=False),
    sa.Column("received_on", sa.Text),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("invoice", JsonText, nullable=False),
    sa.Column("dataset", sa.Text),
    sa.Column("supplier_key", sa.Text),
    sa.Column("number_key", sa.Text, nullable=False),
    sa.Column("is_credit_note", sa.Boolean, nullable=False),
    sa.Column("claim", JsonText),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("decision", sa.Text),
    sa.Column("account", sa.Text),
    sa.Column("cost_centre", sa.Text),
    sa.Column("registered_at", Moment, nullable=False),
    sa.Column("settled_at", Moment),
    sa.Index(None, "supplier_key", "number_key"),
    sa.Index(None, "supplier_key", "state", "position"),
)

invoice_claim = sa.Table(
    "invoice_claim",
    metadata,
    sa.Column("document_id", sa.ForeignKey("invoice_register.document_id"), primary_key=True),
    sa.Column("order_id", sa.Text, primary_key=True),
    sa.Index(None, "order_id"),
)
