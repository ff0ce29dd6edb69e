"""Anchors: from time to time one hash over the ends of all streams that grew, chained to the anchor before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tiebeam.kit import iso
from tiebeam.store.tables import journal_anchor, journal_anchor_leaf, journal_stream
from tiebeam.store.unit import Unit
from tiebeam.verifier import GENESIS, anchor_hash, leaf_hash, merkle_root

MOST_LEAVES = 50_000
"""Streams one anchor covers at most; the next one covers the rest."""
_LOCK = 7_241_905_533


@dataclass(frozen=True, slots=True)
class Anchor:
    """One hash for everything up to a moment: `root` over its streams, `previous_hash` over all anchors before."""

    number: int
    at: datetime
    leaves: int
    root: str
    previous_hash: str
    hash: str

    def as_json(self) -> dict[str, Any]:
        """What is kept elsewhere; anyone can recompute its hash."""
        return {
            "number": self.number,
            "at": iso(self.at),
            "leaves": self.leaves,
            "root": self.root,
            "previous_hash": self.previous_hash,
            "hash": self.hash,
        }


@dataclass(frozen=True, slots=True)
class Leaf:
    """One stream as an anchor covers it."""

    number: int
    stream: str
    length: int
    head_hash: str


def make_anchor(unit: Unit, *, every: timedelta | None = None) -> Anchor | None:
    """Cover what was appended since the last anchor. With `every`, only when the last one is at least that old.

    None when there is nothing to cover, it is too early, or another worker is at it.
    """
    if unit.store.dialect == "postgresql" and not unit.conn.execute(sa.select(_take_turn())).scalar_one():
        return None
    last = last_anchor(unit.conn)
    if last is not None and every is not None and last.at + every > unit.now:
        return None
    # A stream somebody is appending to is left for the next anchor: waiting for it could end in a deadlock.
    grown = (
        sa.select(journal_stream.c.stream, journal_stream.c.length, journal_stream.c.head_hash)
        .where(journal_stream.c.length > journal_stream.c.anchored_length)
        .limit(MOST_LEAVES)
        .with_for_update(skip_locked=True)
    )
    rows = sorted(unit.conn.execute(grown), key=lambda row: row.stream)
    if not rows:
        return None
    facts: dict[str, Any] = {
        "number": 1 if last is None else last.number + 1,
        "leaves": len(rows),
        "root": merkle_root([leaf_hash(row.stream, row.length, row.head_hash) for row in rows]),
        "previous_hash": GENESIS if last is None else last.hash,
    }
    anchor = Anchor(at=unit.now, hash=anchor_hash({**facts, "at": iso(unit.now)}), **facts)
    _store(unit.conn, anchor, rows)
    return anchor


def _take_turn() -> Any:
    return sa.func.pg_try_advisory_xact_lock(_LOCK)


def _store(conn: sa.Connection, anchor: Anchor, rows: Sequence[Any]) -> None:
    values = {name: getattr(anchor, name) for name in Anchor.__slots__}
    conn.execute(sa.insert(journal_anchor).values(**values))
    leaves = [
        {"number": anchor.number, "stream": row.stream, "length": row.length, "head_hash": row.head_hash}
        for row in rows
    ]
    conn.execute(sa.insert(journal_anchor_leaf), leaves)
    covered = [{"of_stream": row.stream, "anchored_length": row.length} for row in rows]
    conn.execute(sa.update(journal_stream).where(journal_stream.c.stream == sa.bindparam("of_stream")), covered)


def last_anchor(conn: sa.Connection) -> Anchor | None:
    row = conn.execute(sa.select(journal_anchor).order_by(journal_anchor.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else _anchor(row)


def has_unanchored(conn: sa.Connection) -> bool:
    """Something was appended that no anchor covers."""
    grown = sa.select(journal_stream.c.stream).where(journal_stream.c.length > journal_stream.c.anchored_length)
    return conn.execute(grown.limit(1)).first() is not None


def read_anchors(conn: sa.Connection, *, after: int = 0, limit: int = 100) -> list[Anchor]:
    """Anchors in order, from the one after number `after`."""
    statement = (
        sa.select(journal_anchor).where(journal_anchor.c.number > after).order_by(journal_anchor.c.number).limit(limit)
    )
    return [_anchor(row) for row in conn.execute(statement)]


def anchor_leaves(conn: sa.Connection, number: int) -> list[Leaf]:
    """What an anchor covers, in the order of its tree."""
    statement = sa.select(journal_anchor_leaf).where(journal_anchor_leaf.c.number == number).limit(MOST_LEAVES)
    return sorted((Leaf(*row) for row in conn.execute(statement)), key=lambda leaf: leaf.stream)


def covering_leaf(conn: sa.Connection, stream: str, seq: int) -> Leaf | None:
    """Where the first anchor that covers the entry has its stream; for one not yet covered, the last of the stream."""
    of_stream = sa.select(journal_anchor_leaf).where(journal_anchor_leaf.c.stream == stream).limit(1)
    covering = of_stream.where(journal_anchor_leaf.c.length >= seq).order_by(journal_anchor_leaf.c.length)
    row = conn.execute(covering).first()
    if row is None:
        row = conn.execute(of_stream.order_by(journal_anchor_leaf.c.length.desc())).first()
    return None if row is None else Leaf(*row)


def proof_of(conn: sa.Connection, leaf: Leaf) -> dict[str, Any]:
    """That an anchor covers a leaf, as an export shows it."""
    leaves = anchor_leaves(conn, leaf.number)
    path = merkle_path([leaf_hash(one.stream, one.length, one.head_hash) for one in leaves], leaves.index(leaf))
    return {"stream": leaf.stream, "length": leaf.length, "head_hash": leaf.head_hash, "path": path}


def merkle_path(hashes: Sequence[str], index: int) -> list[list[str]]:
    """From a leaf to the root: on which side the other half lies, and its hash."""
    path: list[list[str]] = []
    low, high = 0, len(hashes)
    halves: list[tuple[str, Sequence[str]]] = []
    while high - low > 1:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if index < middle:
            halves.append(("right", hashes[middle:high]))
            high = middle
        else:
            halves.append(("left", hashes[low:middle]))
            low = middle
    for side, half in reversed(halves):
        path.append([side, merkle_root(half)])
    return path


def _anchor(row: Any) -> Anchor:
    return Anchor(**{name: getattr(row, name) for name in Anchor.__slots__})


def unanchored_streams(conn: sa.Connection, streams: Sequence[str]) -> set[str]:
    """Those of the streams that have entries no anchor covers."""
    grown = journal_stream.c.length > journal_stream.c.anchored_length
    statement = sa.select(journal_stream.c.stream).where(journal_stream.c.stream.in_(streams), grown)
    return set(conn.execute(statement).scalars())
