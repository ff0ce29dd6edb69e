"""The journal: facts in streams, each entry carrying the hash of the one before it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tiebeam.kit import canonical_json, iso
from tiebeam.store.prepared import Prepared
from tiebeam.store.tables import RARE_ACTOR, RARE_KIND, USUAL_ACTOR, USUAL_KINDS, journal_entry, journal_stream
from tiebeam.verifier import GENESIS, commitment, entry_hash, field_salt

FORMAT = 2
"""How entries are hashed now: over salted commitments. Format 1 hashed the values themselves; such entries stay."""


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
    """A stored fact; `position` orders all entries of this database for paging.

    `redacted` names what was removed: fields that are missing from `payload`, or `actor`, which is then empty.
    """

    position: int
    format: int
    redacted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamHead:
    """How long a stream is and the hash it ends with. `is_new`: it has no row yet, and nobody else knows its name."""

    stream: str
    length: int
    head_hash: str
    is_new: bool = False


def commitments(salt: str, actor: str, payload: Mapping[str, Any]) -> dict[str, str]:
    """What an entry's hash covers, by label: its actor, and every field at the top of its payload."""
    values = {"actor": actor, **{f"payload.{name}": value for name, value in payload.items()}}
    return {label: commitment(field_salt(salt, label), label, value) for label, value in values.items()}


def _locking(insert: Callable[[sa.Table], Any]) -> Any:
    return (
        insert(journal_stream)
        .values(stream=sa.bindparam("stream"), length=0, head_hash=GENESIS)
        .on_conflict_do_update(index_elements=["stream"], set_={"length": journal_stream.c.length})
        .returning(journal_stream.c.length, journal_stream.c.head_hash)
    )


_LOCK = {"sqlite": Prepared(_locking(sqlite.insert)), "postgresql": Prepared(_locking(postgresql.insert))}
_STORE_HEAD = Prepared(sa.update(journal_stream).where(journal_stream.c.stream == sa.bindparam("of_stream")))
_BEGIN_HEAD = Prepared(sa.insert(journal_stream))
_APPEND = Prepared(sa.insert(journal_entry))
_SHOWN = [column for column in journal_entry.c if column.name != "salt"]


def lock_head(conn: sa.Connection, stream: str) -> StreamHead:
    """The end of a stream, created when absent and locked until the transaction ends, in one statement."""
    (row,) = _LOCK[conn.dialect.name].all(conn, {"stream": stream})
    return StreamHead(stream, row.length, row.head_hash)


def new_head(stream: str) -> StreamHead:
    """The end of a stream that begins in this transaction under a name nobody else can have."""
    return StreamHead(stream, 0, GENESIS, is_new=True)


def following(head: StreamHead, *, at: datetime, kind: str, actor: str, payload: Mapping[str, Any], salt: str) -> Fact:
    """The fact that comes after `head`."""
    # What is hashed must be what a reader gets back: decimals and times become text first.
    plain: dict[str, Any] = json.loads(canonical_json(dict(payload)))
    digest = entry_hash(
        stream=head.stream,
        seq=head.length + 1,
        at=iso(at),
        kind=kind,
        fields=commitments(salt, actor, plain),
        previous_hash=head.head_hash,
    )
    return Fact(
        stream=head.stream,
        seq=head.length + 1,
        at=at,
        kind=kind,
        actor=actor,
        payload=plain,
        previous_hash=head.head_hash,
        hash=digest,
    )


def append(conn: sa.Connection, facts: Sequence[tuple[Fact, str]], *, heads: Iterable[StreamHead]) -> None:
    """Write facts with their salts, in their order, and where their streams end now. The caller holds their locks."""
    rows = [{name: getattr(fact, name) for name in Fact.__slots__} for fact, _ in facts]
    for row, (_, salt) in zip(rows, facts, strict=True):
        row |= {"salt": salt, "format": FORMAT}
    _APPEND.run_each(conn, rows)
    ends = [(head.is_new, head.stream, head.length, head.head_hash) for head in heads]
    new = [{"stream": name, "length": length, "head_hash": digest} for is_new, name, length, digest in ends if is_new]
    old = [(name, length, digest) for is_new, name, length, digest in ends if not is_new]
    _BEGIN_HEAD.run_each(conn, new)
    _STORE_HEAD.run_each(conn, [{"of_stream": name, "length": long, "head_hash": digest} for name, long, digest in old])


def entry_of(row: Any) -> JournalEntry:
    values = {name: getattr(row, name) for name in JournalEntry.__dataclass_fields__ if name != "redacted"}
    hidden = () if row.redaction is None else row.redaction["hidden"]
    return JournalEntry(**values, redacted=tuple(sorted(label.removeprefix("payload.") for label in hidden)))


def read_journal(conn: sa.Connection, stream: str, *, limit: int = 1000, after_seq: int = 0) -> list[JournalEntry]:
    """A stream's entries in order, from the one after `after_seq`."""
    statement = (
        sa.select(*_SHOWN)
        .where(journal_entry.c.stream == stream, journal_entry.c.seq > after_seq)
        .order_by(journal_entry.c.seq)
        .limit(limit)
    )
    return [entry_of(row) for row in conn.execute(statement)]


def list_streams(conn: sa.Connection, *, after: str = "", limit: int = 1000) -> list[StreamHead]:
    """Streams by name, from the one after `after`."""
    statement = (
        sa.select(journal_stream).where(journal_stream.c.stream > after).order_by(journal_stream.c.stream).limit(limit)
    )
    return [StreamHead(row.stream, row.length, row.head_hash) for row in conn.execute(statement)]


def by_kind(kind: str) -> list[sa.ColumnElement[bool]]:
    """Entries of a kind. A database uses an index of some rows only when the question itself names their condition."""
    found = [journal_entry.c.kind == kind]
    return found if kind in USUAL_KINDS else [*found, sa.text(RARE_KIND)]  # type: ignore[list-item]


def by_actor(actor: str) -> list[sa.ColumnElement[bool]]:
    """Entries of an actor."""
    found = [journal_entry.c.actor == actor]
    return found if actor == USUAL_ACTOR else [*found, sa.text(RARE_ACTOR)]  # type: ignore[list-item]


def search_journal(
    conn: sa.Connection,
    *,
    stream_prefix: str = "",
    actor: str | None = None,
    kind: str | None = None,
    before: int | None = None,
    limit: int = 100,
    streams: sa.SelectBase | None = None,
) -> list[JournalEntry]:
    """Entries of many streams, newest first. For the next page pass the last entry's `position` as `before`.

    `streams` selects the names of the streams that may be looked into; without it nothing is kept back.
    """
    statement = sa.select(*_SHOWN).order_by(journal_entry.c.position.desc()).limit(limit)
    if stream_prefix:
        statement = statement.where(sa.func.substr(journal_entry.c.stream, 1, len(stream_prefix)) == stream_prefix)
    if actor is not None:
        statement = statement.where(*by_actor(actor))
    if kind is not None:
        statement = statement.where(*by_kind(kind))
    if before is not None:
        statement = statement.where(journal_entry.c.position < before)
    if streams is not None:
        statement = statement.where(journal_entry.c.stream.in_(streams))
    return [entry_of(row) for row in conn.execute(statement)]


def stored_entries(conn: sa.Connection, stream: str, *, first: int = 1, last: int | None = None) -> Iterator[Any]:
    """A stream's rows in order, salts included, read in pages: for exports alone."""
    after = first - 1
    statement = sa.select(journal_entry).where(journal_entry.c.stream == stream).order_by(journal_entry.c.seq)
    if last is not None:
        statement = statement.where(journal_entry.c.seq <= last)
    while page := conn.execute(statement.where(journal_entry.c.seq > after).limit(500)).all():
        yield from page
        after = page[-1].seq


def headless_streams(conn: sa.Connection) -> list[str]:
    """Streams that have entries but no head, at most a thousand: somebody removed the head."""
    statement = (
        sa.select(journal_entry.c.stream)
        .where(~sa.exists().where(journal_stream.c.stream == journal_entry.c.stream))
        .group_by(journal_entry.c.stream)
        .limit(1000)
    )
    return list(conn.execute(statement).scalars())
