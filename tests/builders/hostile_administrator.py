"""Who may write to the database: changes the past, and computes every hash, head and anchor in it anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from tiebeam.kit import iso
from tiebeam.store import Store
from tiebeam.store.journal import commitments
from tiebeam.store.tables import journal_anchor, journal_anchor_leaf, journal_entry, journal_stream
from tiebeam.verifier import GENESIS, anchor_hash, commitment, entry_hash, leaf_hash, merkle_root


def rewrite_history(store: Store, change: Callable[[str, dict[str, Any]], dict[str, Any]]) -> None:
    """`change(kind, payload)` gives the payload as it is to have been."""
    with store.unit() as unit:
        streams = list(unit.conn.execute(sa.select(journal_stream.c.stream)).scalars())
        hashes = {stream: _rewrite_stream(unit.conn, stream, change) for stream in streams}
        _rewrite_anchors(unit.conn, hashes)


def _rewrite_stream(
    conn: sa.Connection, stream: str, change: Callable[[str, dict[str, Any]], dict[str, Any]]
) -> list[str]:
    previous, hashes = GENESIS, list[str]()
    rows = conn.execute(
        sa.select(journal_entry).where(journal_entry.c.stream == stream).order_by(journal_entry.c.seq)
    ).all()
    for row in rows:
        payload = change(row.kind, json.loads(json.dumps(row.payload)))
        facts = {"stream": stream, "seq": row.seq, "at": iso(row.at), "kind": row.kind, "previous_hash": previous}
        digest = entry_hash(**facts, fields=_fields(row, payload))
        values = {"payload": payload, "previous_hash": previous, "hash": digest}
        conn.execute(sa.update(journal_entry).where(journal_entry.c.position == row.position).values(**values))
        previous = digest
        hashes.append(digest)
    conn.execute(sa.update(journal_stream).where(journal_stream.c.stream == stream).values(head_hash=previous))
    return hashes


def _fields(row: Any, payload: dict[str, Any]) -> dict[str, str]:
    if row.redaction is None:
        return commitments(row.salt, row.actor, payload)
    values = {"actor": row.actor, **{f"payload.{name}": value for name, value in payload.items()}}
    salts = row.redaction["salts"]
    return row.redaction["hidden"] | {label: commitment(salts[label], label, values[label]) for label in salts}


def _rewrite_anchors(conn: sa.Connection, hashes: dict[str, list[str]]) -> None:
    previous = GENESIS
    leaf = journal_anchor_leaf.c
    for anchor in conn.execute(sa.select(journal_anchor).order_by(journal_anchor.c.number)).all():
        rows = conn.execute(sa.select(journal_anchor_leaf).where(leaf.number == anchor.number)).all()
        leaves = sorted((row.stream, row.length, hashes[row.stream][row.length - 1]) for row in rows)
        for stream, _, head in leaves:
            where = (leaf.number == anchor.number, leaf.stream == stream)
            conn.execute(sa.update(journal_anchor_leaf).where(*where).values(head_hash=head))
        values = {"root": merkle_root([leaf_hash(*one) for one in leaves]), "previous_hash": previous}
        facts = {"number": anchor.number, "at": iso(anchor.at), "leaves": anchor.leaves, **values}
        previous = anchor_hash(facts)
        conn.execute(
            sa.update(journal_anchor).where(journal_anchor.c.number == anchor.number).values(**values, hash=previous)
        )


def cut_tail(store: Store, stream: str, *, keep: int, anchors: int) -> None:
    """Remove the end of a stream, its head and all anchors after a number, so that nothing inside contradicts."""
    with store.unit() as unit:
        conn = unit.conn
        conn.execute(sa.delete(journal_anchor_leaf).where(journal_anchor_leaf.c.number > anchors))
        conn.execute(sa.delete(journal_anchor).where(journal_anchor.c.number > anchors))
        conn.execute(sa.delete(journal_entry).where(journal_entry.c.stream == stream, journal_entry.c.seq > keep))
        last = conn.execute(
            sa.select(journal_entry.c.hash).where(journal_entry.c.stream == stream, journal_entry.c.seq == keep)
        ).scalar_one()
        values = {"length": keep, "head_hash": last, "anchored_length": keep}
        conn.execute(sa.update(journal_stream).where(journal_stream.c.stream == stream).values(**values))
