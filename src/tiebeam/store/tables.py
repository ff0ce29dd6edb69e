"""The one `MetaData` every room declares its tables on, and the tables of the journal and its anchors."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tiebeam.store.columns import Digest, JsonText, Moment

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

USUAL_KINDS = ("run.done", "step.done", "steps.done")
RARE_KIND = f"kind NOT IN ({', '.join(repr(kind) for kind in USUAL_KINDS)})"
USUAL_ACTOR = "system:tiebeam"
RARE_ACTOR = f"actor <> {USUAL_ACTOR!r}"


def where(condition: str) -> dict[str, Any]:
    """An index of the rows for which the condition holds."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


journal_stream = sa.Table(
    "journal_stream",
    metadata,
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("length", sa.Integer, nullable=False),
    sa.Column("head_hash", Digest, nullable=False),
    # How much of the stream the anchors cover.
    sa.Column("anchored_length", sa.Integer, nullable=False, server_default="0"),
    sa.Index(
        "journal_stream_unanchored",
        "stream",
        **where("length > anchored_length"),
    ),
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
    sa.Column("previous_hash", Digest, nullable=False),
    sa.Column("hash", Digest, nullable=False),
    sa.Column("format", sa.Integer, nullable=False, server_default="1"),
    # None where the entry is of format 1, or something of it was redacted.
    sa.Column("salt", sa.Text),
    # {"salts": {label: salt of what is left}, "hidden": {label: commitment of what was removed}}
    sa.Column("redaction", JsonText),
    sa.UniqueConstraint("stream", "seq"),
    # What runs write in masses is found without an index: the newest entries are looked through.
    sa.Index("journal_entry_by_kind", "kind", "position", **where(RARE_KIND)),
    sa.Index("journal_entry_by_actor", "actor", "position", **where(RARE_ACTOR)),
)

journal_retention = sa.Table(
    "journal_retention",
    metadata,
    # The digest of what a rule removes from which kind, and the last entry it has been carried out on.
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
)

journal_anchor = sa.Table(
    "journal_anchor",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("leaves", sa.Integer, nullable=False),
    sa.Column("root", sa.Text, nullable=False),
    sa.Column("previous_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

journal_anchor_leaf = sa.Table(
    "journal_anchor_leaf",
    metadata,
    sa.Column("number", sa.Integer, sa.ForeignKey("journal_anchor.number"), primary_key=True),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("length", sa.Integer, nullable=False),
    sa.Column("head_hash", sa.Text, nullable=False),
    sa.Index(None, "stream", "length"),
)

anchor_target = sa.Table(
    "anchor_target",
    metadata,
    sa.Column("target", sa.Text, primary_key=True),
    # The last anchor that lies there.
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("written_at", Moment),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    # Nobody tries before this moment: a pause after a failure, or the time a worker that tries has taken.
    sa.Column("next_at", Moment, nullable=False),
)
