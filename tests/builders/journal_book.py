"""A small journal in memory, written by the format's description alone: for the verifier's vectors and tests."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tiebeam.verifier import (
    GENESIS,
    anchor_hash,
    canonical,
    commitment,
    entry_hash,
    field_salt,
    first_format_hash,
    leaf_hash,
    line_of,
    merkle_root,
    told,
)

Line = dict[str, Any]


@dataclass(slots=True)
class Book:
    """Streams of entries as an export shows them, and the anchors made so far."""

    streams: dict[str, list[Line]] = field(default_factory=dict[str, list[Line]])
    anchors: list[Line] = field(default_factory=list[Line])
    covered: dict[str, int] = field(default_factory=dict[str, int])
    _count: int = 0

    def add(self, stream: str, kind: str, payload: Mapping[str, Any], *, actor: str = "person:ada") -> Line:
        self._count += 1
        salt = f"{self._count:032x}"
        entries = self.streams.setdefault(stream, [])
        labels = {"actor": actor, **{f"payload.{name}": value for name, value in payload.items()}}
        fields = {label: commitment(field_salt(salt, label), label, value) for label, value in labels.items()}
        line: Line = {"type": "entry", "format": 2, "stream": stream, "seq": len(entries) + 1, "kind": kind}
        line |= {"at": self._now(), "actor": actor, "payload": dict(payload), "salt": salt}
        line["previous_hash"] = entries[-1]["hash"] if entries else GENESIS
        facts = {name: line[name] for name in ("stream", "seq", "at", "kind", "previous_hash")}
        line["hash"] = entry_hash(**facts, fields=fields)
        entries.append(line)
        return line

    def add_first_format(self, stream: str, kind: str, payload: Mapping[str, Any]) -> Line:
        """As releases before salted commitments wrote it."""
        self._count += 1
        entries = self.streams.setdefault(stream, [])
        line: Line = {"type": "entry", "format": 1, "stream": stream, "seq": len(entries) + 1, "kind": kind}
        line |= {"at": self._now(), "actor": "person:ada", "payload": dict(payload)}
        line["previous_hash"] = entries[-1]["hash"] if entries else GENESIS
        line["hash"] = first_format_hash(line)
        entries.append(line)
        return line

    def anchor(self) -> Line:
        grown = sorted(name for name, entries in self.streams.items() if len(entries) > self.covered.get(name, 0))
        leaves = [[name, len(self.streams[name]), self.streams[name][-1]["hash"]] for name in grown]
        self.covered |= {name: len(self.streams[name]) for name in grown}
        self._count += 1
        line: Line = {"type": "anchor", "number": len(self.anchors) + 1, "at": self._now(), "leaves": len(leaves)}
        line["root"] = merkle_root([leaf_hash(*leaf) for leaf in leaves])
        line["previous_hash"] = self.anchors[-1]["hash"] if self.anchors else GENESIS
        line |= {"hash": anchor_hash(line), "leaf_list": leaves}
        self.anchors.append(line)
        return line

    def redact(self, stream: str, seq: int, label: str, *, reason: str) -> None:
        """Remove one field and record that."""
        line = self.streams[stream][seq - 1]
        digest = hide(line, label, "redacted")
        payload = {"subject": f"entry:{stream}#{seq}", "stream": stream, "seq": seq, "fields": {label: digest}}
        self.add("journal", "journal.redacted", {**payload, "reason": reason}, actor="person:gus")

    def lines(self, *, withheld: Iterable[str] = ()) -> list[Line]:
        """The whole export, without its last line."""
        header = {"type": "header", "what": "tiebeam-journal", "version": 1, "scope": "all"}
        found: list[Line] = [{**header, "exported_at": self._now(), "withheld": sorted(withheld)}, *self.anchors]
        for name in sorted(self.streams):
            entries = self.streams[name]
            end = {"length": entries[-1]["seq"], "hash": entries[-1]["hash"]}
            found += [{"type": "head", "stream": name, **end}, *entries]
        return json.loads(json.dumps(found))

    def external(self) -> str:
        """The anchors as a file elsewhere holds them."""
        kept = [{name: one[name] for name in one if name not in {"type", "leaf_list"}} for one in self.anchors]
        return "".join(canonical(one) + "\n" for one in kept)

    def _now(self) -> str:
        moment = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(seconds=self._count)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def hide(line: Line, label: str, why: str) -> str:
    """Take a value out of an entry and leave its commitment, which is returned."""
    if "salts" not in line:
        salt = line.pop("salt")
        shown = ["actor", *(f"payload.{name}" for name in line["payload"])]
        line |= {"salts": {one: field_salt(salt, one) for one in shown}, "hidden": {}}
    value = line.pop("actor") if label == "actor" else line["payload"].pop(label.removeprefix("payload."))
    digest = commitment(line["salts"].pop(label), label, value)
    line["hidden"][label] = [why, digest]
    return digest


def sealed(lines: Iterable[Line]) -> bytes:
    """The lines as bytes, with a last line that fits them."""
    raw = [line_of(line) for line in lines]
    body = b"".join(raw)
    return body + line_of({"type": "end", "lines": len(raw), "sha256": hashlib.sha256(body).hexdigest()})


def rewritten(book: Book, change: Callable[[Line], None]) -> Book:
    """What a hostile administrator makes of a book: entries changed, and every hash after that computed anew."""
    forged = Book()
    for stream, entries in book.streams.items():
        for entry in entries:
            other = json.loads(json.dumps(entry))
            change(other)
            added = forged.add(stream, other["kind"], other["payload"], actor=other["actor"])
            added["at"] = other["at"]
    for entries in forged.streams.values():
        _rechain(entries)
    for anchor in book.anchors:
        leaves = [[name, length, forged.streams[name][length - 1]["hash"]] for name, length, _ in anchor["leaf_list"]]
        line = anchor | {"leaf_list": leaves, "root": merkle_root([leaf_hash(*leaf) for leaf in leaves])}
        line["previous_hash"] = forged.anchors[-1]["hash"] if forged.anchors else GENESIS
        forged.anchors.append(line | {"hash": anchor_hash(line)})
    return forged


def _rechain(entries: list[Line]) -> None:
    previous = GENESIS
    for line in entries:
        line["previous_hash"] = previous
        values = {"actor": line["actor"], **{f"payload.{name}": value for name, value in line["payload"].items()}}
        fields = {one: commitment(field_salt(line["salt"], one), one, value) for one, value in values.items()}
        facts = {name: line[name] for name in ("stream", "seq", "at", "kind", "previous_hash")}
        line["hash"] = previous = entry_hash(**facts, fields=fields)


def packed(lines: list[Line], files: Mapping[str, bytes], *, run: str, story: bytes | None = None) -> bytes:
    """An evidence pack of these lines and files."""
    entries = sorted((one for one in lines if one["type"] == "entry"), key=lambda e: (e["at"], e["stream"], e["seq"]))
    text = "".join(told(one) for one in entries).encode()
    members = {"journal.jsonl": sealed(lines), "story.txt": text if story is None else story, **files}
    listed = [{"name": name, "sha256": hashlib.sha256(data).hexdigest()} for name, data in sorted(members.items())]
    manifest = {"what": "tiebeam-evidence", "version": 1, "subject": {"run": run, "decision": None}, "files": listed}
    return zipped({"manifest.json": canonical(manifest).encode(), **members})


def zipped(members: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        for name, data in members.items():
            file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return target.getvalue()
