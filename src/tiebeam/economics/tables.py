"""The ledgers of runs and of model use: rows of truth, and sums that are written in the same commit."""

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

CLASSES = ("input", "cached", "cache_write", "output", "reasoning", "audio_input", "audio_output", "cache_write_1h")
"""Classes of tokens, in the order of the columns `<class>_tokens`."""
INPUT_CLASSES = ("input", "cached", "cache_write", "cache_write_1h", "audio_input")
"""Those that a prompt is made of."""


def _tokens() -> list[sa.Column[int]]:
    # A class that came later is 0 in the rows there were.
    later = {"cache_write_1h": "0"}
    return [
        sa.Column(f"{name}_tokens", sa.BigInteger, nullable=False, default=0, server_default=later.get(name))
        for name in CLASSES
    ]


usage_charge = sa.Table(
    "usage_charge",
    metadata,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("call_id", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("team", sa.Text, nullable=False),
    sa.Column("workflow", sa.Text, nullable=False),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("execution", sa.Text, nullable=False),
    sa.Column("step_id", sa.Text, nullable=False),
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("asked", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("upstream", sa.Text, nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("task_class", sa.Text, nullable=False),
    sa.Column("route", sa.Text, nullable=False),
    *_tokens(),
    sa.Column("usd_nano", sa.BigInteger, nullable=False),
    sa.Column("worst_nano", sa.BigInteger, nullable=False),
    sa.Column("estimated", sa.Boolean, nullable=False),
    sa.Column("unenforced", sa.Boolean, nullable=False),
    sa.Column("concluded", sa.Boolean, nullable=False),
    sa.Column("ended", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("millis", sa.Integer, nullable=False),
    sa.Column("first_byte_millis", sa.Integer, nullable=False),
    sa.Column("price", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("corrects", sa.Text),
    # What two sightings of one call have in common: set by imports and by the gateway.
    sa.Column("fingerprint", sa.Text),
    sa.Column("nodes", JsonText, nullable=False),
    sa.Index(None, "day", "team"),
    sa.Index(None, "execution"),
    sa.Index(None, "call_id"),
    sa.Index(None, "fingerprint"),
    # Corrections are few, and asked for with every statement and before every further correction.
    sa.Index(
        None,
        "corrects",
        sqlite_where=sa.text("corrects IS NOT NULL"),
        postgresql_where=sa.text("corrects IS NOT NULL"),
    ),
)

DAILY = ("day", "team", "workflow", "key_id", "agent", "environment", "model", "provider", "upstream", "source", "slot")

usage_daily = sa.Table(
    "usage_daily",
    metadata,
    *(sa.Column(name, sa.Text, primary_key=True) for name in DAILY if name != "slot"),
    # Processes write to slots of their own, so that none queues behind another's row.
    sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("requests", sa.BigInteger, nullable=False, default=0),
    sa.Column("attempts", sa.BigInteger, nullable=False, default=0),
    *_tokens(),
    sa.Column("usd_nano", sa.BigInteger, nullable=False, default=0),
    sa.Column("estimated_nano", sa.BigInteger, nullable=False, default=0),
    # What attempts cost that did not end their call.
    sa.Column("retried_nano", sa.BigInteger, nullable=False, default=0),
    sa.Index(None, "team", "day"),
    sa.Index(None, "workflow", "day"),
)

MONTHLY = ("month", "team", "workflow", "model", "provider", "slot")

usage_monthly = sa.Table(
    "usage_monthly",
    metadata,
    # As 2026-11.
    *(sa.Column(name, sa.Text, primary_key=True) for name in MONTHLY if name != "slot"),
    sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("requests", sa.BigInteger, nullable=False, default=0),
    sa.Column("attempts", sa.BigInteger, nullable=False, default=0),
    *_tokens(),
    sa.Column("usd_nano", sa.BigInteger, nullable=False, default=0),
    sa.Column("estimated_nano", sa.BigInteger, nullable=False, default=0),
    sa.Column("retried_nano", sa.BigInteger, nullable=False, default=0),
    sa.Index(None, "team", "month"),
)
"""Sums of `usage_daily` by what whole months are asked for most, written in the same commit."""

usage_price = sa.Table(
    "usage_price",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("snapshot", JsonText, nullable=False),
)

usage_spend = sa.Table(
    "usage_spend",
    metadata,
    sa.Column("node", sa.Text, primary_key=True),
    # Start of the budget's window, in milliseconds since 1970.
    sa.Column("window_start", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("spent_nano", sa.BigInteger, nullable=False, default=0),
    sa.Column("estimated_nano", sa.BigInteger, nullable=False, default=0),
    sa.Column("requests", sa.BigInteger, nullable=False, default=0),
)

usage_journal = sa.Table(
    "usage_journal",
    metadata,
    sa.Column("journal", sa.Text, primary_key=True),
    sa.Column("segment", sa.Integer, nullable=False),
    sa.Column("offset", sa.BigInteger, nullable=False),
    sa.Column("slot", sa.Integer, nullable=False),
    sa.Column("seen_at", Moment, nullable=False),
    sa.Column("held", JsonText),
)
"""How far each process's charge journal was written here, and what it held at that moment by budget."""

usage_emptied = sa.Table(
    "usage_emptied",
    metadata,
    # "day" with a day as its name, or "budget" with a node and the start of its window.
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("window_start", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("charges", sa.BigInteger, nullable=False),
    sa.Column("requests", sa.BigInteger, nullable=False),
    sa.Column("tokens", sa.BigInteger, nullable=False),
    sa.Column("usd_nano", sa.BigInteger, nullable=False),
    sa.Column("estimated_nano", sa.BigInteger, nullable=False),
)
"""What single charges came to that left the database, so that the sums can still be proved."""
