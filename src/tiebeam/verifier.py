"""Checks journal exports and evidence packs: one file, standard library only, no trust in what it reads.

    python verifier.py FILE [--anchors ANCHORS] [--until MOMENT] [--json]

Exit code 0: sound, 1: not sound, 2: cannot be read. Nothing is written and nothing is unpacked to disk. The formats are
described in docs/guides/audit.md.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import io
import json
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

GENESIS = "0" * 64
"""What the first entry of a stream, and the first anchor, name as their forerunner."""
RECORDS, REDACTED = "journal", "journal.redacted"
"""The stream and the kind of the entries that record redactions."""
SAFE_INTEGER = 2**53 - 1
LARGEST_LINE, DEEPEST = 16 * 2**20, 64
LARGEST_MEMBER, LARGEST_PACK, MOST_MEMBERS, MOST_FOLD = 64 * 2**20, 256 * 2**20, 2000, 300
MOST_LEAVES, MOST_FINDINGS = 5_000_000, 500
LATE = timedelta(minutes=5)
"""How long an entry may be older than an anchor without being covered: its unit of work was still open."""

_HASH = re.compile(r"[0-9a-f]{64}")
_SALT = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"(?:[a-z0-9_-]+/)?[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_RARE = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")
_HASHES = re.compile(r'"([0-9a-f]{64})"')
NO_PROOF = "nothing proves them: give the anchors kept elsewhere with --anchors"
BROKEN = (zipfile.BadZipFile, EOFError, OSError, RuntimeError, zlib.error, struct.error)


class Unreadable(Exception):
    """The file is no export or pack, or goes beyond the limits."""


# --- RFC 8785 canonical JSON ---


def encoder(default: Callable[[Any], Any] | None = None) -> json.JSONEncoder:
    """An encoder for `canonical`; `default` turns what JSON does not know into what it does."""
    return json.JSONEncoder(
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        check_circular=False,
        default=default,
    )


_PLAIN = encoder()


def canonical(value: Any, encode: json.JSONEncoder = _PLAIN) -> str:
    """The RFC 8785 text of a value. Raises ValueError on what has none: NaN, large integers, lone surrogates."""
    text = encode.encode(value)
    # The fast encoder differs only in fractions, in large integers and in the order of rare keys.
    return text if _is_simple(value) else _written(json.loads(text))


def _is_simple(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() or not _RARE.search(value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_simple(key) and _is_simple(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_is_simple, value))
    return not isinstance(value, float) and (not isinstance(value, int) or -SAFE_INTEGER <= value <= SAFE_INTEGER)


def _written(value: Any) -> str:
    match value:
        case str():
            value.encode()  # A lone surrogate has no UTF-8 form: UnicodeEncodeError is a ValueError.
            return _PLAIN.encode(value)
        case bool() | None:
            return _PLAIN.encode(value)
        case int():
            if abs(value) > SAFE_INTEGER:
                raise ValueError(f"integer {value} is beyond 2^53 and has no canonical JSON form; write it as text")
            return str(value)
        case float():
            return _number(value)
        case list():
            return f"[{','.join(map(_written, value))}]"
        case _:
            keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
            return f"{{{','.join(f'{_written(key)}:{_written(value[key])}' for key in keys)}}}"


def _number(value: float) -> str:
    """ECMAScript's Number::toString: the shortest digits that read back, and its own rules for the point."""
    if value == 0:
        return "0"
    negative, numbers, power = Decimal(repr(value)).normalize().as_tuple()
    sign, digits, point = "-" * negative, "".join(map(str, numbers)), len(numbers) + int(power)
    if len(digits) <= point <= 21:
        return sign + digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    return f"{sign}{digits[0]}{'.' * (len(digits) > 1)}{digits[1:]}e{point - 1:+d}"


# --- hashes ---


def sha256(data: bytes | str) -> str:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def field_salt(salt: str, label: str) -> str:
    """The salt of one field, from the entry's own; it tells nothing about the salts of the others."""
    return hmac.digest(bytes.fromhex(salt), label.encode(), "sha256").hex()


def commitment(salt_of_field: str, label: str, value: Any) -> str:
    return sha256(canonical([salt_of_field, label, value]))


def entry_hash(*, stream: str, seq: int, at: str, kind: str, fields: Mapping[str, str], previous_hash: str) -> str:
    """The hash of an entry of format 2, over the commitments alone."""
    content = {"format": 2, "stream": stream, "seq": seq, "at": at, "kind": kind, "actor": fields["actor"]}
    payload = {label.removeprefix("payload."): digest for label, digest in fields.items() if label != "actor"}
    return sha256(canonical({**content, "fields": payload, "previous_hash": previous_hash}))


def first_format_text(value: Any) -> str:
    """Canonical JSON as format 1 had it: numbers as Python writes them, keys by code point."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def first_format_hash(entry: Mapping[str, Any]) -> str:
    """The hash of an entry of format 1, over the values themselves."""
    names = ("stream", "seq", "at", "kind", "actor", "payload", "previous_hash")
    return sha256(first_format_text({name: entry[name] for name in names}))


def leaf_hash(stream: str, length: int, head_hash: str) -> str:
    return sha256(b"\0" + canonical([stream, length, head_hash]).encode())


def node_hash(left: str, right: str) -> str:
    return sha256(b"\1" + bytes.fromhex(left) + bytes.fromhex(right))


def merkle_root(leaves: Sequence[str]) -> str:
    """The root of the tree of RFC 9162 over leaf hashes."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(merkle_root(leaves[:half]), merkle_root(leaves[half:]))


def root_of_path(leaf: str, path: Sequence[Sequence[str]]) -> str:
    """Where a proof leads: each step says on which side of us the other half lies, and its hash."""
    for side, other in path[:64]:
        leaf = node_hash(_hash(other), leaf) if side == "left" else node_hash(leaf, _hash(other))
    return leaf


ANCHOR = ("number", "at", "leaves", "root", "previous_hash")


def anchor_hash(anchor: Mapping[str, Any]) -> str:
    """The hash of an anchor: its number, moment, count of leaves, root and the hash of the anchor before it."""
    return sha256(canonical({"format": 1, **{name: anchor[name] for name in ANCHOR}}))


# --- reading ---


def parsed(text: bytes | str) -> dict[str, Any]:
    """One JSON object, strictly. Raises ValueError on a name given twice, NaN, huge numbers and deep nesting."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a name is given twice")
        return found

    def whole(digits: str) -> int:
        if len(digits) > 400:
            raise ValueError("a number is too long")
        return int(digits)

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no JSON")

    try:
        text = text.decode() if isinstance(text, bytes) else text
        value = json.loads(text, object_pairs_hook=once, parse_int=whole, parse_constant=refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    if _depth(value) > DEEPEST:
        raise ValueError("nested too deeply")
    return value


def _depth(value: Any) -> int:
    """How deep containers nest, counted without recursion."""
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        inner = [item.values() if isinstance(item, dict) else item for item in level if isinstance(item, (dict, list))]
        level, depth = [thing for things in inner for thing in things], depth + 1
    return depth


def lines_of(source: IO[bytes]) -> Iterator[bytes]:
    """Lines with their end. Raises Unreadable on one above the limit."""
    while line := source.readline(LARGEST_LINE + 1):
        if len(line) > LARGEST_LINE:
            raise Unreadable(f"a line is longer than {LARGEST_LINE} bytes")
        yield line


def line_of(line: Mapping[str, Any]) -> bytes:
    """A line of an export as its bytes."""
    text = first_format_text(line) if line.get("format") == 1 else canonical(line)
    return text.encode() + b"\n"


def _exactly(line: Mapping[str, Any], *names: str) -> None:
    if set(line) != set(names):
        raise ValueError(f"the names {sorted(set(line) ^ set(names))} are missing or unknown")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.60} is no text")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"{value!r:.60} is no count")
    return value


def _hash(value: Any) -> str:
    if not _HASH.fullmatch(_text(value)):
        raise ValueError(f"{value!r:.60} is no hash")
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value!r:.60} has no offset")
    return moment


# --- checking ---


class Check:
    """Takes the lines of an export and keeps what is wrong with them. `external` are the anchors kept elsewhere."""

    def __init__(
        self, external: Mapping[int, Mapping[str, Any]] | None, *, until: str | None = None, is_pack: bool = False
    ) -> None:
        self.findings: list[dict[str, str]] = []
        self.counts = dict.fromkeys(("findings", "entries", "anchored_entries", "streams", "anchors", "withheld"), 0)
        self.redactions: list[dict[str, Any]] = []
        self.first: dict[str, int] = {}
        self.hashes: set[str] = set()
        self.story: list[tuple[str, str, int, str]] = []
        self.matched: dict[str, Any] | None = None
        self.header: dict[str, Any] = {}
        self._external = external
        self._until = None if until is None else _moment(until)
        self._is_pack = is_pack
        self._anchor: dict[str, Any] = {}
        self._covered: dict[tuple[str, int], tuple[str, int]] = {}
        self._proven: dict[str, int] | None = None
        self._head: dict[str, Any] | None = None
        self._last: dict[str, Any] = {}
        self._ends: dict[str, int] = {}
        self._redacted: dict[tuple[str, int, str], str] = {}
        self._records: dict[tuple[str, int, str], tuple[str, dict[str, Any]]] = {}

    def wrong(self, code: str, where: str, problem: str) -> None:
        self.counts["findings"] += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append({"code": code, "where": where, "problem": problem})

    def journal(self, lines: Iterable[bytes]) -> None:
        """All lines of an export. Raises Unreadable when the first is no header."""
        digest, number, is_ended = hashlib.sha256(), 0, False
        kinds = {"anchor": self._take_anchor, "head": self._take_head, "entry": self._take_entry}
        for number, raw in enumerate(lines, start=1):
            if is_ended:
                self.wrong("after-end", f"line {number}", "there are lines after the end")
                break
            try:
                line = parsed(raw)
                if raw != line_of(line):
                    self.wrong("line-altered", f"line {number}", "is not in canonical form")
                if number == 1:
                    self._begin(line)
                elif line["type"] == "end":
                    is_ended = True
                    if line != {"type": "end", "lines": number - 1, "sha256": digest.hexdigest()}:
                        self.wrong("end-differs", f"line {number}", "lines were changed since the export was made")
                else:
                    kinds[line["type"]](line)
            except (ValueError, KeyError, TypeError, AttributeError) as problem:
                if number == 1:
                    raise Unreadable(f"no journal export: {problem!s:.200}") from None
                self.wrong("line-broken", f"line {number}", f"cannot be read: {problem!s:.200}")
            digest.update(raw)
        if number == 0:
            raise Unreadable("no journal export: it is empty")
        if not is_ended:
            self.wrong("end-missing", f"line {number}", "the last line is missing: the export was cut off")
        self._close_stream()
        self._finish()

    def _begin(self, line: dict[str, Any]) -> None:
        _exactly(line, "type", "what", "version", "scope", "exported_at", "withheld")
        if (line["type"], line["what"], _count(line["version"])) != ("header", "tiebeam-journal", 1):
            raise ValueError("the first line is no header")
        if line["scope"] not in {"all", "part"} or not isinstance(line["withheld"], list):
            raise ValueError("the header is broken")
        _moment(line["exported_at"])
        self.header = line

    def _take_anchor(self, line: dict[str, Any]) -> None:
        is_all = self.header["scope"] == "all"
        _exactly(line, "type", "hash", "leaf_list" if is_all else "proofs", *ANCHOR)
        number, where = _count(line["number"]), f"anchor {line['number']}"
        if self._proven is not None or self._head is not None:
            raise ValueError("an anchor behind the first stream")
        if anchor_hash(line) != line["hash"]:
            self.wrong("anchor-altered", where, "content does not match its hash")
        before = (self._anchor["number"], self._anchor["hash"]) if self._anchor else (0, GENESIS)
        if (self._anchor or is_all or number == 1) and before != (number - 1, line["previous_hash"]):
            self.wrong("anchor-chain", where, f"does not follow anchor {before[0]}")
        self._anchor = {name: line[name] for name in ("number", "at", "hash")}
        self.counts["anchors"] += 1
        if self._external is not None and number in self._external:
            if self._external[number]["hash"] == line["hash"]:
                self.matched = self._anchor
            else:
                self.wrong("anchor-differs", where, "is not the one that was kept elsewhere: history was rewritten")
        leaves = self._leaves(line, where) if is_all else self._proofs(line, where)
        for stream, length, head in leaves:
            if self._covered.setdefault((stream, length), (head, number))[0] != head:
                self.wrong("anchor-differs", where, f"stream {stream!r} has two hashes for entry {length}")
        if len(self._covered) > MOST_LEAVES:
            raise Unreadable("too many anchored streams")

    def _leaves(self, line: dict[str, Any], where: str) -> list[tuple[str, int, str]]:
        leaves = [(_text(stream), _count(length), _hash(head)) for stream, length, head in line["leaf_list"]]
        if len(leaves) != _count(line["leaves"]) or merkle_root([leaf_hash(*leaf) for leaf in leaves]) != line["root"]:
            self.wrong("proof-wrong", where, "its streams do not lead to its root")
        return leaves

    def _proofs(self, line: dict[str, Any], where: str) -> Iterator[tuple[str, int, str]]:
        for proof in line["proofs"]:
            _exactly(proof, "stream", "length", "head_hash", "path")
            leaf = (_text(proof["stream"]), _count(proof["length"]), _hash(proof["head_hash"]))
            if root_of_path(leaf_hash(*leaf), proof["path"]) != line["root"]:
                self.wrong("proof-wrong", where, f"the proof of stream {leaf[0]!r} does not lead to its root")
            yield leaf

    def _take_head(self, line: dict[str, Any]) -> None:
        _exactly(line, "type", "stream", "length", "hash")
        if self.header["scope"] == "part" or type(line["length"]) is not int:
            raise ValueError("a head where none belongs")
        self._close_stream()
        self._head = {"stream": _text(line["stream"]), "seq": line["length"], "hash": _hash(line["hash"])}

    def _take_entry(self, line: dict[str, Any]) -> None:
        stream, seq, where = _text(line["stream"]), _count(line["seq"]), f"{line['stream']} #{line['seq']}"
        if stream != self._last.get("stream"):
            self._open_stream(stream, seq, where)
        elif seq != self._last["seq"] + 1:
            self.wrong("entry-missing", where, f"entry {self._last['seq'] + 1} is missing before it")
        elif line["previous_hash"] != self._last["hash"]:
            self.wrong("chain-broken", where, "does not follow the entry before it")
        if seq == 1 and line["previous_hash"] != GENESIS:
            self.wrong("chain-broken", where, "is a first entry and names one before it")
        self._last = {"stream": stream, "seq": seq, "hash": _hash(line["hash"])}
        if hash_of_line(line) != line["hash"]:
            self.wrong("entry-altered", where, "content does not match its hash")
        head, number = self._covered.pop((stream, seq), (line["hash"], 0))
        if head != line["hash"]:
            self.wrong("anchored-differs", where, f"is not the entry that anchor {number} covers")
        self._note(line, where)

    def _note(self, line: dict[str, Any], where: str) -> None:
        """Keep what the end of the check needs of an entry."""
        assert self._proven is not None
        self.counts["entries"] += 1
        self._ends[line["stream"]] = line["seq"]
        moment = _moment(line["at"])
        if line["seq"] <= self._proven.get(line["stream"], 0):
            self.counts["anchored_entries"] += 1
        elif self.matched and moment + LATE < _moment(self.matched["at"]):
            self.wrong("unproven", where, "is older than the last anchor, yet no anchor covers it")
        payload = line["payload"]
        for label, (why, digest) in line.get("hidden", {}).items():
            if why == "redacted":
                self._redacted[line["stream"], line["seq"], label] = digest
            elif why == "withheld" and {label, "*"}.intersection(self.header["withheld"]):
                self.counts["withheld"] += 1
            else:
                self.wrong("withheld-undeclared", where, f"{label!r} is withheld, which the header does not say")
        if (line["stream"], line["kind"]) == (RECORDS, REDACTED) and "fields" in payload:
            record = {"at": line["at"], "actor": line.get("actor"), "reason": payload.get("reason")}
            for label, digest in payload["fields"].items():
                self._records[_text(payload["stream"]), _count(payload["seq"]), label] = (_hash(digest), record)
        if self._is_pack and (payload or "actor" in line):
            self.hashes.update(_HASHES.findall(canonical(payload)))
            self.story.append((line["at"], line["stream"], line["seq"], told(line)))

    def _open_stream(self, stream: str, seq: int, where: str) -> None:
        if self._head is None or self._head["stream"] != stream:
            self._close_stream()
            if self.header["scope"] == "all":
                self.wrong("head-missing", where, "the stream has entries but no head")
        if self._proven is None:
            self._prove()
        if stream in self.first:
            self.wrong("line-order", where, "the stream begins a second time")
        if self.header["scope"] == "all" and seq != 1:
            self.wrong("entry-missing", where, "entry 1 is missing before it")
        self.first[stream] = seq
        self.counts["streams"] += 1

    def _close_stream(self) -> None:
        head, self._head = self._head, None
        if head is None or head == self._last or (head["seq"] == 0 and head["hash"] == GENESIS):
            return
        where = f"{head['stream']} #{head['seq']}"
        self.wrong("head-differs", where, "the stream does not end with this entry and its hash")

    def _prove(self) -> None:
        """How far each stream is covered by anchors that were found elsewhere too, or lie before one that was."""
        last = 0 if self.matched is None else self.matched["number"]
        self._proven = {}
        for (stream, length), (_, number) in self._covered.items():
            if number <= last:
                self._proven[stream] = max(length, self._proven.get(stream, 0))

    def _finish(self) -> None:
        for (stream, length), (_, number) in self._covered.items():
            self.wrong("anchored-missing", f"{stream} #{length}", f"anchor {number} covers it, and it is not here")
        for stream, seq, label in sorted(self._records.keys() - self._redacted.keys()):
            if self.first.get(stream, seq + 1) <= seq <= self._ends.get(stream, 0):
                self.wrong("redaction-undone", f"{stream} #{seq}", f"{label!r} is on record as removed, and is not")
        for (stream, seq, label), digest in self._redacted.items():
            known, record = self._records.get((stream, seq, label), ("", {}))
            if known != digest:
                self.wrong("redaction-unrecorded", f"{stream} #{seq}", f"no record tells of the removal of {label!r}")
            self.redactions.append({"stream": stream, "seq": seq, "field": label, **record})
        if self._external is None:
            return
        newest = self._anchor.get("number", 0)
        late = [n for n, one in self._external.items() if n > newest and not self._is_after(one["at"])]
        if late:
            text = f"{len(late)} later anchors were kept elsewhere, the first is {min(late)}: it is old, or cut off"
            self.wrong("anchor-missing", "end", text)
        if self.matched is None:
            self.wrong("anchor-missing", "end", "none of its anchors was kept elsewhere, so nothing is proven")

    def _is_after(self, at: str) -> bool:
        return self._until is not None and _moment(at) > self._until

    def report(self, what: str) -> dict[str, Any]:
        """What was found, JSON-ready."""
        return {
            "sound": not self.counts["findings"],
            "what": what,
            "scope": self.header.get("scope"),
            "exported_at": self.header.get("exported_at"),
            "proven_by": self.matched,
            "counts": self.counts,
            "redactions": self.redactions[:MOST_FINDINGS],
            "findings": self.findings,
        }


def hash_of_line(line: dict[str, Any]) -> str:
    """The hash an exported entry must have. Raises ValueError on names that belong to no entry."""
    names = {"type", "format", "stream", "seq", "at", "kind", "payload", "previous_hash", "hash"}
    if _count(line["format"]) == 1:
        _exactly(line, "actor", *names)
        return first_format_hash(line)
    hidden, salts = line.get("hidden", {}), line.get("salts", {})
    names |= {"salts", "hidden"} if "hidden" in line else {"salt"}
    _exactly(line, *names, *(() if "actor" in hidden else ("actor",)))
    shown = {f"payload.{name}": value for name, value in line["payload"].items()}
    shown |= {"actor": line["actor"]} if "actor" in line else {}
    if line["format"] != 2 or ("hidden" in line and (not hidden or shown.keys() != salts.keys())):
        raise ValueError("an entry of no known format")
    if "hidden" not in line and not _SALT.fullmatch(line["salt"]):
        raise ValueError("the salt is broken")
    if hidden.keys() & shown.keys():
        raise ValueError("a field is shown and hidden at once")
    fields = {label: _hash(digest) for label, (_, digest) in hidden.items()}
    for label, value in shown.items():
        salt = _hash(salts[label]) if "hidden" in line else field_salt(line["salt"], label)
        fields[label] = commitment(salt, label, value)
    facts = {name: line[name] for name in ("stream", "seq", "at", "kind", "previous_hash")}
    return entry_hash(**facts, fields=fields)


def told(line: Mapping[str, Any]) -> str:
    """An entry as a person reads it: one line for it, and one for each field."""
    head = f"{line['at']}  {line['stream']} #{line['seq']}  {line['kind']}  by {line.get('actor', '(hidden)')}"
    values = {name: canonical(value) for name, value in line["payload"].items()}
    values |= {label.removeprefix("payload."): f"({why})" for label, (why, _) in line.get("hidden", {}).items()}
    text = [head, *(f"    {name}: {values[name]}" for name in sorted(values))]
    # Signs that turn the reading direction, and other signs nobody sees, are spelled out.
    return "".join(f"{''.join(c if c.isprintable() else f'<{ord(c):04x}>' for c in one)}\n" for one in text)


# --- files ---


def read_anchors(source: IO[bytes]) -> dict[int, dict[str, Any]]:
    """Anchors kept elsewhere, by number: one JSON object a line. Raises Unreadable."""
    known: dict[int, dict[str, Any]] = {}
    for number, raw in enumerate(lines_of(source), start=1):
        try:
            line = parsed(raw)
            if anchor_hash(line) != line["hash"]:
                raise ValueError("its content does not match its hash")
            if known.setdefault(_count(line["number"]), line)["hash"] != line["hash"]:
                raise ValueError(f"anchor {line['number']} is there twice, with different hashes")
            _moment(line["at"])
        except (ValueError, KeyError, TypeError) as problem:
            raise Unreadable(f"line {number} of the anchors cannot be trusted: {problem!s:.200}") from None
    if not known:
        raise Unreadable("the file of anchors holds none")
    return known


def members_of(pack: zipfile.ZipFile) -> dict[str, bytes]:
    """What a pack holds, by name, read within the limits. Raises Unreadable."""
    infos, total, found = pack.infolist(), 0, dict[str, bytes]()
    if len(infos) > MOST_MEMBERS:
        raise Unreadable(f"it holds {len(infos)} files, more than {MOST_MEMBERS}")
    for info in infos:
        if (
            not _NAME.fullmatch(info.filename)
            or info.filename in found
            or info.flag_bits & 1
            or info.compress_type not in {0, 8}
        ):
            raise Unreadable(f"the file name {info.filename[:60]!r} is refused")
        with pack.open(info) as source:
            # What the headers claim about the size is not believed.
            data = source.read(min(LARGEST_MEMBER, MOST_FOLD * info.compress_size + 4096) + 1)
        total += len(data)
        if len(data) > min(LARGEST_MEMBER, MOST_FOLD * info.compress_size + 4096) or total > LARGEST_PACK:
            raise Unreadable(f"{info.filename!r} unfolds to too much")
        found[info.filename] = data
    return found


def check_pack(source: IO[bytes], check: Check) -> None:
    """An evidence pack: its journal, then every file against the hashes that the journal names."""
    try:
        with zipfile.ZipFile(source) as pack:
            members = members_of(pack)
        manifest = parsed(members["manifest.json"])
        _exactly(manifest, "what", "version", "subject", "files")
        if (manifest["what"], _count(manifest["version"])) != ("tiebeam-evidence", 1):
            raise ValueError("the manifest is of no known kind")
        check.journal(lines_of(io.BytesIO(members["journal.jsonl"])))
        _check_files(manifest, members, check)
        _check_subject(manifest["subject"], members["story.txt"], check)
    except (*BROKEN, ValueError, KeyError, TypeError, AttributeError) as broken:
        raise Unreadable(f"no evidence pack: {broken!s:.200}") from None


def _check_subject(subject: dict[str, Any], story: bytes, check: Check) -> None:
    _exactly(subject, "run", "decision")
    run, decision = _text(subject["run"]), subject["decision"]
    if check.first.get(f"run:{run}") != 1:
        check.wrong("subject-missing", "manifest.json", f"the journal of run {run!r} is not in the pack")
    told_here = "".join(text for *_, text in sorted(check.story))
    if decision is not None and f'subject: "task:{_text(decision)}"' not in told_here:
        check.wrong("subject-missing", "manifest.json", f"the decision {decision!r} is not in the pack")
    if story != told_here.encode():
        check.wrong("story-differs", "story.txt", "does not tell what the journal says")


def _check_files(manifest: dict[str, Any], members: dict[str, bytes], check: Check) -> None:
    if members["manifest.json"] != canonical(manifest).encode():
        check.wrong("manifest-altered", "manifest.json", "is not in canonical form")
    for one in manifest["files"]:
        _exactly(one, "name", "sha256")
    listed = {_text(one["name"]): _hash(one["sha256"]) for one in manifest["files"]}
    if len(listed) < len(manifest["files"]):
        raise ValueError("a file is listed twice")
    for name in sorted((members.keys() - {"manifest.json"}) ^ listed.keys()):
        check.wrong("file-missing" if name in listed else "file-unlisted", name, "manifest and content differ")
    for name, digest in listed.items():
        if name in members and sha256(members[name]) != digest:
            check.wrong("file-altered", name, "content does not match the manifest")
        if name not in {"journal.jsonl", "story.txt"} and digest not in check.hashes:
            check.wrong("file-unproven", name, "no entry of the journal in the pack names its hash")


def verify(path: Path, *, anchors: Path | None = None, until: str | None = None) -> dict[str, Any]:
    """The report on an export or a pack. Raises Unreadable."""
    try:
        external = None
        if anchors is not None:
            with anchors.open("rb") as kept:
                external = read_anchors(kept)
        with path.open("rb") as source:
            is_pack = source.read(4) == b"PK\3\4"
            source.seek(0)
            check = Check(external, until=until, is_pack=is_pack)
            if is_pack:
                check_pack(source, check)
            else:
                check.journal(lines_of(source))
    except OSError as problem:
        raise Unreadable(f"{problem.filename or path}: {problem.strerror or problem}") from None
    return check.report("evidence" if is_pack else "journal")


def main(arguments: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(description="Check a journal export or an evidence pack.")
    options.add_argument("file", type=Path)
    options.add_argument("--anchors", type=Path, help="the anchors kept elsewhere, one JSON object a line")
    options.add_argument("--until", help="when the export was asked for: later anchors are no concern")
    options.add_argument("--json", action="store_true")
    given = options.parse_args(arguments)
    try:
        report = verify(given.file, anchors=given.anchors, until=given.until)
    except (Unreadable, ValueError) as problem:
        report = {"sound": False, "unreadable": str(problem)}
    sys.stdout.write(json.dumps(report, indent=2) + "\n" if given.json else in_words(report))
    return exit_code(report)


def exit_code(report: Mapping[str, Any]) -> int:
    """0 sound, 1 not sound, 2 cannot be read."""
    return 2 if "unreadable" in report else 0 if report["sound"] else 1


def in_words(report: Mapping[str, Any]) -> str:
    """The report for a person at a terminal."""
    if "unreadable" in report:
        return f"cannot be read: {report['unreadable']}\n"
    counts, by = report["counts"], report["proven_by"]
    proof = f"anchor {by['number']} of {by['at']} proves {counts['anchored_entries']} of them" if by else NO_PROOF
    lines = [f"{one['code']}: {one['where']}: {one['problem']}" for one in report["findings"]]
    lines += [
        f"redacted: {one['stream']} #{one['seq']} {one['field']}: {one.get('reason')}" for one in report["redactions"]
    ]
    verdict = "sound" if report["sound"] else f"NOT SOUND, {counts['findings']} findings"
    return "\n".join([*lines, f"{verdict}: {counts['entries']} entries; {proof}"]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
