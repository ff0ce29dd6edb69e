"""The journal as lines that the verifier reads: the whole of it, or chosen stretches with proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.errors import Conflict
from tiebeam.kit import iso
from tiebeam.store.anchors import Anchor, anchor_leaves, covering_leaf, proof_of, read_anchors
from tiebeam.store.journal import by_kind, headless_streams, list_streams, stored_entries
from tiebeam.store.tables import journal_entry, journal_stream
from tiebeam.verifier import RECORDS, REDACTED, Check, commitment, field_salt, line_of

_UNSAID = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_STREAMS = 200_000
EVERYTHING = "*"
"""In the header's list of what is withheld: whole entries, shown as commitments where only the chain needs them."""


class CannotWithhold(Conflict):
    """An entry of format 1 has one hash over its values, so that none of them can be left out."""

    code = "cannot_withhold"


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """A place where the stored journal contradicts itself."""

    stream: str
    seq: int
    problem: str


@dataclass(slots=True)
class Stretch:
    """The entries of a stream to show. What lies between them and after them up to an anchor goes along, unreadable."""

    stream: str
    shown: set[int] = field(default_factory=set[int])


def journal_lines(
    conn: sa.Connection, *, exported_at: datetime, withhold: Collection[str] = (), stream: str | None = None
) -> Iterator[bytes]:
    """The whole journal, anchors included; or, for a check of its own chain, one whole stream without any.

    `withhold` names labels (`actor`, `payload.comment`) that are shown as commitments. Raises CannotWithhold.
    """
    return _sealed(_whole(conn, _header("all", exported_at, withhold), frozenset(withhold), stream))


def part_lines(
    conn: sa.Connection, stretches: Iterable[Stretch], *, exported_at: datetime, withhold: Collection[str] = ()
) -> Iterator[bytes]:
    """Chosen entries, each stretch up to the first anchor that covers it, with the proofs. Raises CannotWithhold."""
    return _sealed(_part(conn, list(stretches), exported_at, frozenset(withhold)))


def stretches_of(
    conn: sa.Connection, *, stream_prefix: str = "", since: datetime | None = None, until: datetime | None = None
) -> list[Stretch]:
    """What was recorded in a time, both ends included, on the streams of a prefix, and the records of redactions."""
    ends = (journal_entry.c.stream, sa.func.min(journal_entry.c.seq), sa.func.max(journal_entry.c.seq))
    statement = sa.select(*ends).group_by(journal_entry.c.stream).limit(_MOST_STREAMS)
    if stream_prefix:
        statement = statement.where(sa.func.substr(journal_entry.c.stream, 1, len(stream_prefix)) == stream_prefix)
    if since is not None:
        statement = statement.where(journal_entry.c.at >= since)
    if until is not None:
        statement = statement.where(journal_entry.c.at <= until)
    found = {stream: set(range(first, last + 1)) for stream, first, last in conn.execute(statement)}
    records = sa.select(journal_entry.c.seq).where(journal_entry.c.stream == RECORDS, *by_kind(REDACTED))
    if kept := set(conn.execute(records.limit(_MOST_STREAMS)).scalars()):
        found[RECORDS] = found.get(RECORDS, set()) | kept
    return [Stretch(stream, shown) for stream, shown in found.items()]


def journal_report(
    conn: sa.Connection, *, external: Mapping[int, Mapping[str, Any]] | None, exported_at: datetime
) -> dict[str, Any]:
    """What the verifier finds in this database, with the anchors kept elsewhere if they are at hand."""
    check = Check(external)
    check.journal(journal_lines(conn, exported_at=exported_at))
    return check.report("database")


def verify_journal(conn: sa.Connection, stream: str | None = None) -> list[ChainBreak]:
    """Recompute the chain of one stream, or of all with their anchors; an empty list means they agree with themselves.

    Who can write to the database can make it agree: only anchors kept elsewhere show that it was not rewritten.
    """
    check = Check(None)
    check.journal(journal_lines(conn, exported_at=_UNSAID, stream=stream))
    found = breaks_of(check.findings)
    return [one for one in found if stream in {None, RECORDS} or one.stream != RECORDS]


def breaks_of(findings: Iterable[Mapping[str, str]]) -> list[ChainBreak]:
    """The verifier's findings by stream and number; 0 where a finding is not about one entry."""
    return [_break_of(one) for one in findings]


def _break_of(finding: Mapping[str, str]) -> ChainBreak:
    stream, mark, seq = finding["where"].rpartition(" #")
    return ChainBreak(stream, int(seq), finding["problem"]) if mark else ChainBreak(seq, 0, finding["problem"])


def _header(scope: str, exported_at: datetime, withheld: Collection[str]) -> dict[str, Any]:
    return {
        "type": "header",
        "what": "tiebeam-journal",
        "version": 1,
        "scope": scope,
        "exported_at": iso(exported_at),
        "withheld": sorted(withheld),
    }


def _sealed(lines: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    digest, count = hashlib.sha256(), 0
    for line in lines:
        raw = line_of(line)
        digest.update(raw)
        count += 1
        yield raw
    yield line_of({"type": "end", "lines": count, "sha256": digest.hexdigest()})


def _whole(
    conn: sa.Connection, header: dict[str, Any], withhold: frozenset[str], stream: str | None
) -> Iterator[Mapping[str, Any]]:
    yield header
    if stream is not None:
        yield from _stream(conn, stream, withhold)
        # What was removed of a stream is on record elsewhere; without it a removal looks like tampering.
        if stream != RECORDS:
            yield from _stream(conn, RECORDS, withhold)
        return
    after = 0
    while anchors := read_anchors(conn, after=after, limit=200):
        for anchor in anchors:
            leaves = [[leaf.stream, leaf.length, leaf.head_hash] for leaf in anchor_leaves(conn, anchor.number)]
            yield {"type": "anchor", **anchor.as_json(), "leaf_list": leaves}
        after = anchors[-1].number
    last = ""
    while heads := list_streams(conn, after=last, limit=500):
        for head in heads:
            yield from _stream(conn, head.stream, withhold)
        last = heads[-1].stream
    for name in headless_streams(conn):
        yield from _stream(conn, name, withhold)


def _stream(conn: sa.Connection, stream: str, withhold: frozenset[str]) -> Iterator[Mapping[str, Any]]:
    head = conn.execute(sa.select(journal_stream).where(journal_stream.c.stream == stream)).one_or_none()
    if head is not None:
        yield {"type": "head", "stream": stream, "length": head.length, "hash": head.head_hash}
    for row in stored_entries(conn, stream):
        yield entry_line(row, withhold)


def _part(
    conn: sa.Connection, stretches: list[Stretch], exported_at: datetime, withhold: frozenset[str]
) -> Iterator[Mapping[str, Any]]:
    proofs: dict[int, list[dict[str, Any]]] = {}
    ends: dict[str, int] = {}
    for stretch in stretches:
        leaf = covering_leaf(conn, stretch.stream, max(stretch.shown))
        ends[stretch.stream] = max(stretch.shown) if leaf is None else max(leaf.length, *stretch.shown)
        if leaf is not None and leaf.length >= min(stretch.shown):
            proofs.setdefault(leaf.number, []).append(proof_of(conn, leaf))
    yield _header("part", exported_at, [EVERYTHING, *withhold])
    for anchor in _anchors_from(conn, min(proofs, default=None)):
        yield {"type": "anchor", **anchor.as_json(), "proofs": proofs.get(anchor.number, [])}
    for stretch in sorted(stretches, key=lambda one: one.stream):
        last = ends[stretch.stream]
        for row in stored_entries(conn, stretch.stream, first=min(stretch.shown), last=last):
            yield entry_line(row, withhold if row.seq in stretch.shown else frozenset({EVERYTHING}))


def _anchors_from(conn: sa.Connection, first: int | None) -> Iterator[Anchor]:
    after = None if first is None else first - 1
    while after is not None:
        anchors = read_anchors(conn, after=after, limit=500)
        yield from anchors
        after = anchors[-1].number if anchors else None


def entry_line(row: Any, withhold: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A stored entry as a line of an export. Raises CannotWithhold."""
    line = {"type": "entry", "format": row.format, "at": iso(row.at)}
    line |= {name: getattr(row, name) for name in ("stream", "seq", "kind", "previous_hash", "hash")}
    if row.format == 1:
        if withhold and EVERYTHING not in withhold:
            raise CannotWithhold(
                f"entry {row.seq} of {row.stream!r} is of the first format, whose values cannot be withheld one by "
                "one; export later entries with --from, or withhold nothing"
            )
        return {**line, "actor": row.actor, "payload": row.payload}
    values = {"actor": row.actor, **{f"payload.{name}": value for name, value in row.payload.items()}}
    redaction = row.redaction or {"salts": {}, "hidden": {}}
    redacted: dict[str, str] = redaction["hidden"]
    values = {label: value for label, value in values.items() if label not in redacted}
    held = set(values) if EVERYTHING in withhold else withhold & set(values)
    if not redacted and not held:
        return {**line, "actor": row.actor, "payload": row.payload, "salt": row.salt}
    salts = redaction["salts"] if redacted else {label: field_salt(row.salt, label) for label in values}
    hidden = {label: ["redacted", digest] for label, digest in redacted.items()}
    if held:
        hidden |= {label: ["withheld", commitment(salts[label], label, values[label])] for label in held}
    shown = {label: value for label, value in values.items() if label not in held}
    payload = {label.removeprefix("payload."): value for label, value in shown.items() if label != "actor"}
    line |= {"actor": shown["actor"]} if "actor" in shown else {}
    return {**line, "payload": payload, "salts": {label: salts[label] for label in shown}, "hidden": hidden}
