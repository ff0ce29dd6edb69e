"""The one `MetaData` every room declares its tables on, and the journal's own tables."""

from __future__ import annotations

import sqlalchemy as sa

from tiebeam.store.columns import JsonText, Moment

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

journal_stream = sa.Table(
    "journal_stream",
    metadata,
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("length", sa.Integer, nullable=False),
    sa.Column("head_hash", sa.Text, nullable=False),
)

journal_entry = sa.Table(
    "journal_entry",
    metadata,
    # SQLite counts by itself only in a column of type INTEGER.
    sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("payload", JsonText, nullable=False),
    sa.Column("previous_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.UniqueConstraint("stream", "seq"),
    sa.Index(None, "kind", "position"),
    sa.Index(None, "actor", "position"),
)
