"""The ledger: rows of truth, and a daily rollup that is written in the same commit."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store import Amount, JsonText, Moment, metadata

ledger_entry = sa.Table(
    "ledger_entry",
    metadata,
    # SQLite counts by itself only in a column of type INTEGER.
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("intent", sa.Text, nullable=False),
    sa.Column("recipe", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("step_id", sa.Text),
    sa.Column("person", sa.Text),
    sa.Column("model", sa.Text),
    sa.Column("quantity", Amount, nullable=False),
    sa.Column("usd_nano", sa.BigInteger),
    sa.Column("amount", Amount),
    sa.Column("currency", sa.Text),
    sa.Column("touched", sa.Boolean),
    sa.Column("price", JsonText),
    sa.Index(None, "run_id", "kind"),
    sa.Index(None, "intent", "seq"),
)

ledger_daily = sa.Table(
    "ledger_daily",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("intent", sa.Text, primary_key=True),
    sa.Column("recipe", sa.Text, primary_key=True),
    sa.Column("team", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    # Empty text stands for "none": a key column cannot be null.
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("currency", sa.Text, primary_key=True),
    # Runs are spread over slots so that workers committing at once do not queue behind one row.
    sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("quantity", Amount, nullable=False),
    sa.Column("usd_nano", sa.BigInteger, nullable=False),
    sa.Column("amount", Amount, nullable=False),
    sa.Column("touched", sa.Integer, nullable=False),
    sa.Column("touchless", sa.Integer, nullable=False),
    sa.Index(None, "intent", "day"),
)
