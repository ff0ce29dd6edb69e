"""The journal: facts in streams, each entry carrying the hash of the one before it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.kit import canonical_json, digest_of, iso
from tiebeam.store.tables import journal_entry, journal_stream

GENESIS = "0" * 64
"""The previous hash of a stream's first entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One entry of a stream; `seq` counts from 1 within it."""

    stream: str
    seq: int
    at: datetime
    kind: str
    actor: str
    payload: dict[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry(Fact):
    """A stored fact; `position` orders all entries of this database for paging."""

    position: int


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """A place where the stored journal contradicts itself."""

    stream: str
    seq: int
    problem: str


@dataclass(frozen=True, slots=True)
class StreamHead:
    """How long a stream is and the hash it ends with."""

    stream: str
    length: int
    head_hash: str


def entry_hash(
    *, stream: str, seq: int, at: datetime, kind: str, actor: str, payload: Mapping[str, Any], previous_hash: str
) -> str:
    """SHA-256 of the canonical JSON of these seven fields under these names; `at` as UTC ISO text with microseconds."""
    return digest_of(
        {
            "stream": stream,
            "seq": seq,
            "at": iso(at),
            "kind": kind,
            "actor": actor,
            "payload": payload,
            "previous_hash": previous_hash,
        }
    )


def _locking(insert: Callable[[sa.Table], Any]) -> Any:
    return (
        insert(journal_stream)
        .values(length=0, head_hash=GENESIS)
        .on_conflict_do_update(index_elements=["stream"], set_={"length": journal_stream.c.length})
        .returning(journal_stream.c.length, journal_stream.c.head_hash)
    )


# Built once: every unit asks these, and putting a statement together costs more than running it.
_LOCK = {"sqlite": _locking(sqlite.insert), "postgresql": _locking(postgresql.insert)}
_STORE_HEAD = sa.update(journal_stream).where(journal_stream.c.stream == sa.bindparam("of_stream"))
_APPEND = sa.insert(journal_entry)


def lock_head(conn: sa.Connection, stream: str) -> StreamHead:
    """The end of a stream, created when absent and locked until the transaction ends, in one statement."""
    row = conn.execute(_LOCK[conn.dialect.name], {"stream": stream}).one()
    return StreamHead(stream, row.length, row.head_hash)


def following(head: StreamHead, *, at: datetime, kind: str, actor: str, payload: Mapping[str, Any]) -> Fact:
    """The fact that comes after `head`."""
    # What is hashed must be what a reader gets back: decimals and times become text first.
    plain: dict[str, Any] = json.loads(canonical_json(dict(payload)))
    facts: dict[str, Any] = {
        "stream": head.stream,
        "seq": head.length + 1,
        "at": at,
        "kind": kind,
        "actor": actor,
        "payload": plain,
        "previous_hash": head.head_hash,
    }
    return Fact(**facts, hash=entry_hash(**facts))


def append(conn: sa.Connection, facts: Sequence[Fact], *, heads: Iterable[StreamHead]) -> None:
    """Write facts in their order, and where their streams end now. The caller holds the locks of the streams."""
    conn.execute(_APPEND, [{name: getattr(fact, name) for name in Fact.__slots__} for fact in facts])
    ends = [{"of_stream": head.stream, "length": head.length, "head_hash": head.head_hash} for head in heads]
    conn.execute(_STORE_HEAD, ends)


def _entry(row: Any) -> JournalEntry:
    return JournalEntry(**{name: getattr(row, name) for name in JournalEntry.__dataclass_fields__})


def read_journal(conn: sa.Connection, stream: str, *, limit: int = 1000, after_seq: int = 0) -> list[JournalEntry]:
    """A stream's entries in order, from the one after `after_seq`."""
    statement = (
        sa.select(journal_entry)
        .where(journal_entry.c.stream == stream, journal_entry.c.seq > after_seq)
        .order_by(journal_entry.c.seq)
        .limit(limit)
    )
    return [_entry(row) for row in conn.execute(statement)]


def list_streams(conn: sa.Connection, *, after: str = "", limit: int = 1000) -> list[StreamHead]:
    """Streams by name, from the one after `after`."""
    statement = (
        sa.select(journal_stream).where(journal_stream.c.stream > after).order_by(journal_stream.c.stream).limit(limit)
    )
    return [StreamHead(row.stream, row.length, row.head_hash) for row in conn.execute(statement)]


def search_journal(
    conn: sa.Connection,
    *,
    stream_prefix: str = "",
    actor: str | None = None,
    kind: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[JournalEntry]:
    """Entries of many streams, newest first. For the next page pass the last entry's `position` as `before`."""
    statement = sa.select(journal_entry).order_by(journal_entry.c.position.desc()).limit(limit)
    if stream_prefix:
        statement = statement.where(sa.func.substr(journal_entry.c.stream, 1, len(stream_prefix)) == stream_prefix)
    if actor is not None:
        statement = statement.where(journal_entry.c.actor == actor)
    if kind is not None:
        statement = statement.where(journal_entry.c.kind == kind)
    if before is not None:
        statement = statement.where(journal_entry.c.position < before)
    return [_entry(row) for row in conn.execute(statement)]


def _entries(conn: sa.Connection, stream: str) -> Iterator[JournalEntry]:
    after = 0
    while page := read_journal(conn, stream, limit=500, after_seq=after):
        yield from page
        after = page[-1].seq


def _check_stream(conn: sa.Connection, head: StreamHead) -> Iterator[ChainBreak]:
    seq, previous = 0, GENESIS
    for entry in _entries(conn, head.stream):
        facts = {name: getattr(entry, name) for name in JournalEntry.__dataclass_fields__}
        del facts["hash"], facts["position"]
        if entry.seq != seq + 1:
            yield ChainBreak(head.stream, entry.seq, f"entry {seq + 1} is missing")
        elif entry.previous_hash != previous:
            yield ChainBreak(head.stream, entry.seq, "does not follow the entry before it")
        if entry_hash(**facts) != entry.hash:
            yield ChainBreak(head.stream, entry.seq, "content does not match its hash")
        seq, previous = entry.seq, entry.hash
    if (seq, previous) != (head.length, head.head_hash):
        yield ChainBreak(head.stream, seq, f"the stream should end with entry {head.length}, hash {head.head_hash}")


def verify_journal(conn: sa.Connection, stream: str | None = None) -> list[ChainBreak]:
    """Recompute the chain of one stream, or of all; an empty list means that nothing was changed, added or removed."""
    if stream is not None:
        row = conn.execute(sa.select(journal_stream).where(journal_stream.c.stream == stream)).one_or_none()
        head = StreamHead(stream, row.length, row.head_hash) if row else StreamHead(stream, 0, GENESIS)
        return list(_check_stream(conn, head))
    breaks: list[ChainBreak] = []
    known: set[str] = set()
    after = ""
    while heads := list_streams(conn, after=after, limit=500):
        for head in heads:
            breaks.extend(_check_stream(conn, head))
            known.add(head.stream)
        after = heads[-1].stream
    breaks.extend(_orphans(conn))
    return breaks


def _orphans(conn: sa.Connection) -> Iterator[ChainBreak]:
    statement = (
        sa.select(journal_entry.c.stream, sa.func.min(journal_entry.c.seq).label("seq"))
        .where(~sa.exists().where(journal_stream.c.stream == journal_entry.c.stream))
        .group_by(journal_entry.c.stream)
        .limit(1000)
    )
    for row in conn.execute(statement):
        yield ChainBreak(row.stream, row.seq, "the stream has entries but no head")
