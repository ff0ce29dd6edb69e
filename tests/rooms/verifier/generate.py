"""The test vectors: every case of what can happen to an export, and what the verifier must say.

python -m tests.rooms.verifier.generate     writes the files below vectors/ anew
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.builders.journal_book import Book, Line, hide, packed, rewritten, sealed, zipped
from tiebeam.verifier import leaf_hash

FOLDER = Path(__file__).parent / "vectors"
DOCUMENT = b"<Invoice>4711</Invoice>\n"
RUN = "run:run_1"


def book() -> Book:
    made = Book()
    made.add("workspace", "graph.applied", {"digest": "aa" * 32})
    made.add(RUN, "run.started", {"recipe": "three-way-match", "share": 0.25})
    made.add(RUN, "step.done", {"document": hashlib.sha256(DOCUMENT).hexdigest(), "outcome": "read"})
    made.anchor()
    made.add(RUN, "task.decided", {"subject": "task:task_1", "verb": "approve", "comment": "Grüße, 😀"})
    made.add("person:ada", "access.signed-in", {"session": "session_1"})
    made.anchor()
    made.add(RUN, "run.ended", {"outcome": "paid"})
    return made


def _entry(lines: list[Line], stream: str, seq: int) -> Line:
    return next(one for one in lines if one["type"] == "entry" and (one["stream"], one["seq"]) == (stream, seq))


def _changed(change: Callable[[list[Line]], object], *, of: Book | None = None) -> bytes:
    """An export whose lines were changed, and its last line computed anew."""
    lines = (of or book()).lines()
    change(lines)
    return sealed(lines)


def _flipped(marker: bytes) -> bytes:
    """One bit of the first letter behind the marker is another."""
    whole = bytearray(sealed(book().lines()))
    whole[whole.index(marker) + len(marker)] ^= 1
    return bytes(whole)


def exports() -> Iterator[tuple[str, str, bytes, int, list[str] | None]]:
    """(name, what it is, bytes, exit code, findings), each against the anchors of the untouched book."""
    yield "sound", "an untouched export; its last entry came after the last anchor", sealed(book().lines()), 0, []
    yield from _flips()
    yield from _cuts()
    yield from _rewrites()
    yield from _redactions()


def _flips() -> Iterator[tuple[str, str, bytes, int, list[str] | None]]:
    both = ["end-differs", "entry-altered"]
    yield "flipped-payload", "one bit of a value", _flipped(b'"verb":"'), 1, both
    yield "flipped-actor", "one bit of an actor", _flipped(b'"actor":"'), 1, both
    yield "flipped-salt", "one bit of a salt", _flipped(b'"salt":"'), 1, both
    yield "flipped-moment", "one bit of a moment", _flipped(b'"person:ada","at":"202'), 1, both
    yield (
        "flipped-root",
        "one bit of an anchor's root",
        _flipped(b'"root":"'),
        1,
        [
            "anchor-altered",
            "end-differs",
            "proof-wrong",
        ],
    )
    yield "flipped-head", "one bit of where a stream ends", _flipped(b'{"hash":"'), 1, ["end-differs", "head-differs"]
    yield "flipped-end", "one bit of the last line", _flipped(b'"sha256":"'), 1, ["end-differs"]
    yield "flipped-header", "one bit of the header's date", _flipped(b'"exported_at":"202'), 1, ["end-differs"]


def _cuts() -> Iterator[tuple[str, str, bytes, int, list[str] | None]]:
    whole = sealed(book().lines())
    without_end = whole[: whole.rindex(b"\n", 0, -1) + 1]
    yield "cut-last-line", "the last line is gone", without_end, 1, ["end-missing"]
    yield "cut-mid-line", "the file ends in the middle of a line", whole[: len(whole) // 2], 1, None
    cut = book()
    del cut.streams[RUN][2:]
    cut.anchors.pop()
    del cut.streams["person:ada"]
    yield (
        "cut-tail",
        "entries, heads and the last anchor are gone, all else was computed anew",
        sealed(cut.lines()),
        1,
        ["anchor-missing"],
    )
    kept = book()
    del kept.streams[RUN][3:]
    yield (
        "cut-behind-anchor",
        "what came after the last anchor is gone: nobody can see that",
        sealed(kept.lines()),
        0,
        [],
    )
    gone = book()
    del gone.streams["person:ada"]
    yield "removed-stream", "a stream is gone with its head", sealed(gone.lines()), 1, ["anchored-missing"]
    middle = _changed(lambda lines: lines.remove(_entry(lines, RUN, 2)))
    yield "removed-entry", "an entry in the middle is gone", middle, 1, ["anchored-missing", "entry-missing"]
    twice = _changed(lambda lines: lines.insert(lines.index(_entry(lines, RUN, 1)), _entry(lines, RUN, 1)))
    yield "repeated-entry", "an entry is there twice", twice, 1, ["entry-missing"]
    yield "empty", "an empty file", b"", 2, []
    yield "no-export", "some other JSON", b'{"a":1}\n', 2, []
    yield "name-twice", "a line gives a name twice", whole.replace(b'"verb":', b'"verb":"reject","verb":'), 1, None
    deep = whole.replace(b'"outcome":"paid"', b'"outcome":' + b"[" * 5000 + b"]" * 5000)
    yield "too-deep", "a value nested five thousand times", deep, 1, None


def _rewrites() -> Iterator[tuple[str, str, bytes, int, list[str] | None]]:
    def bribe(line: Line) -> None:
        if line["kind"] == "task.decided":
            line["payload"]["verb"] = "reject"

    forged = rewritten(book(), bribe)
    yield (
        "rewritten",
        "a decision is another, and all hashes, heads and anchors were computed anew",
        sealed(forged.lines()),
        1,
        ["anchor-differs"],
    )
    honest = book()
    forged.anchors = honest.anchors
    yield (
        "rewritten-beside-anchors",
        "the chain was rewritten, the anchors are the true ones",
        sealed(forged.lines()),
        1,
        ["anchored-differs"],
    )
    other = _changed(lambda lines: _entry(lines, RUN, 3)["payload"].update(verb="reject"))
    yield "changed-entry", "a value is another, its hash is not", other, 1, ["entry-altered"]
    inserted = book()
    inserted.add(RUN, "task.decided", {"verb": "approve"})["at"] = "2026-01-01T00:00:00.000000Z"
    late = inserted.lines()
    yield (
        "backdated",
        "an entry added later claims to be older than the anchors",
        sealed(late),
        1,
        [
            "entry-altered",
            "unproven",
        ],
    )


def _redactions() -> Iterator[tuple[str, str, bytes, int, list[str] | None]]:
    def removed() -> Book:
        made = book()
        made.redact(RUN, 3, "payload.comment", reason="asked for by the person")
        return made

    yield "redacted", "a comment was removed, and that is on record", sealed(removed().lines()), 0, []
    actor = book()
    actor.redact(RUN, 3, "actor", reason="left the company")
    yield "redacted-actor", "an actor was removed, and that is on record", sealed(actor.lines()), 0, []
    replaced = removed()
    line = replaced.streams[RUN][2]
    del line["hidden"], line["salts"]
    line["salt"] = "f" * 32
    line["payload"]["comment"] = "all fine"
    yield (
        "redacted-and-replaced",
        "another value stands where one was removed",
        sealed(replaced.lines()),
        1,
        ["entry-altered", "redaction-undone"],
    )
    silent = removed()
    del silent.streams["journal"]
    yield (
        "redacted-in-silence",
        "a comment was removed without a record",
        sealed(silent.lines()),
        1,
        ["redaction-unrecorded"],
    )
    undone = removed()
    undone.streams[RUN][2] = book().streams[RUN][2]
    yield "redaction-undone", "a removed value is back", sealed(undone.lines()), 1, ["redaction-undone"]
    held = book()
    for entries in held.streams.values():
        for one in entries:
            hide(one, "actor", "withheld")
    yield "withheld", "all actors are withheld, and the header says so", sealed(held.lines(withheld=["actor"])), 0, []
    yield (
        "withheld-in-silence",
        "all actors are withheld, and the header does not say so",
        sealed(held.lines()),
        1,
        ["withheld-undeclared"],
    )


def part(*, break_proof: bool = False) -> list[Line]:
    """One stream with a proof, as packs have it."""
    made = book()
    anchor = made.anchors[0]
    leaves = [leaf_hash(*leaf) for leaf in anchor["leaf_list"]]
    first, second = anchor["leaf_list"]
    assert [first[0], second[0]] == [RUN, "workspace"]
    other = leaves[0] if break_proof else leaves[1]
    proof = {"stream": first[0], "length": first[1], "head_hash": first[2], "path": [["right", other]]}
    lines = made.lines()
    header = lines[0] | {"scope": "part", "withheld": ["*"]}
    anchors = [{k: v for k, v in one.items() if k != "leaf_list"} | {"proofs": []} for one in made.anchors]
    anchors[0]["proofs"] = [proof]
    entries = [one for one in lines if one["type"] == "entry" and one["stream"] == RUN][:2]
    return [header, *anchors, *entries]


def packs() -> Iterator[tuple[str, str, bytes, int, list[str] | None]]:
    name = f"document/{hashlib.sha256(DOCUMENT).hexdigest()}.xml"
    yield "pack-sound", "a pack with its document", packed(part(), {name: DOCUMENT}, run="run_1"), 0, []
    wrong = packed(part(break_proof=True), {name: DOCUMENT}, run="run_1")
    yield "pack-wrong-proof", "the proof leads elsewhere", wrong, 1, ["proof-wrong"]
    swapped = packed(part(), {name: b"<Invoice>4712</Invoice>\n"}, run="run_1")
    yield "pack-other-document", "another document, listed with its own hash", swapped, 1, ["file-unproven"]
    story = packed(part(), {name: DOCUMENT}, run="run_1", story=b"All is well.\n")
    yield "pack-other-story", "a story that the journal does not tell", story, 1, ["story-differs"]
    other = packed(part(), {name: DOCUMENT}, run="run_2")
    yield "pack-other-run", "a pack that names another run", other, 1, ["subject-missing"]
    slip = zipped({"../../etc/passwd": b"x"})
    yield "pack-zip-slip", "a member that would leave the folder", slip, 2, []
    yield "pack-cut", "half a pack", packed(part(), {}, run="run_1")[:900], 2, []


def vectors() -> Iterator[dict[str, Any]]:
    kept = book().external()
    for name, about, data, code, findings in exports():
        text = data.decode("utf-8", "surrogateescape")
        yield {"name": name, "about": about, "export": text, "anchors": kept, "exit": code, "findings": findings}
    for name, about, data, code, findings in packs():
        text = base64.b64encode(data).decode()
        yield {"name": name, "about": about, "pack": text, "anchors": kept, "exit": code, "findings": findings}


def written(vector: dict[str, Any]) -> str:
    return json.dumps(vector, indent=1, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for one in vectors():
        (FOLDER / f"{one['name']}.json").write_text(written(one))
