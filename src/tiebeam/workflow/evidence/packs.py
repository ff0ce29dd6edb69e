"""Evidence packs: everything a decision or a run rests on in one file, which another machine verifies alone."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

import sqlalchemy as sa

from tiebeam.errors import Conflict, NotFound
from tiebeam.kit import canonical_json, sha256_hex
from tiebeam.store import JournalEntry, Stretch, part_lines, read_journal, search_journal
from tiebeam.verifier import RECORDS, REDACTED, Check
from tiebeam.workflow.evidence.tables import pinned_policy
from tiebeam.workflow.intake import Archive, document_view
from tiebeam.workflow.runs import load_run, pinned_content
from tiebeam.workforce import UnknownTask, run_of_task, shown_in_run

DECISIONS = frozenset({"task.decided", "task.endorsed"})
_STANDING = ("delegation.", "emergency.", "identity.")
"""Kinds of facts about what a person may do, whoever the session belongs to."""
_MOST_FACTS = 200
_PAGE = 500
_ENDING = re.compile(r"\.[a-z0-9]{1,5}")


class NotDecided(Conflict):
    """Nobody has decided the task, so there is no decision to show evidence of."""

    code = "not_decided"


class OfNoRun(Conflict):
    """The task stands by itself, so there is no run whose evidence could be packed."""

    code = "task_of_no_run"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a pack is about: a run, or one decision in it, by its task."""

    run: str
    decision: str | None

    @property
    def stream(self) -> str:
        return f"run:{self.run}"


@dataclass(frozen=True, slots=True)
class Pack:
    """`data` is a ZIP file. `missing` says in words what it should hold and could not."""

    subject: Subject
    data: bytes
    sha256: str
    missing: tuple[str, ...]

    @property
    def file_name(self) -> str:
        return f"evidence-{self.subject.decision or self.subject.run}.zip"


def subject_of(conn: sa.Connection, wanted: str) -> Subject:
    """`wanted` is the id of a run, or of a task for the decision on it. Raises NotFound and OfNoRun."""
    try:
        return Subject(load_run(conn, wanted).id, None)
    except NotFound:
        pass
    try:
        run = run_of_task(conn, wanted)
    except UnknownTask:
        raise NotFound(f"there is no run and no decision {wanted!r}; 'tiebeam runs list' shows the runs") from None
    if not run:
        raise OfNoRun(
            f"task {wanted!r} belongs to no run; its record is the journal: tiebeam journal list --stream task:{wanted}"
        )
    return Subject(run, wanted)


def check_decided(conn: sa.Connection, subject: Subject) -> None:
    """Raises NotDecided when the subject is a task without a decision on the record."""
    if subject.decision is None:
        return
    wanted = f"task:{subject.decision}"
    if not any(one.kind in DECISIONS and one.payload.get("subject") == wanted for one in _whole(conn, subject.stream)):
        raise NotDecided(
            f"nobody has decided task {subject.decision!r} yet; export the evidence of run {subject.run!r} instead",
            task=subject.decision,
            run=subject.run,
        )


def pack(conn: sa.Connection, subject: Subject, *, archive: Archive, at: datetime) -> Pack:
    """Put the pack together from what is stored."""
    shown = _facts(conn, subject)
    lines = list(part_lines(conn, _stretches(shown), exported_at=at))
    check = Check(None, is_pack=True)
    check.journal(lines)
    files: dict[str, bytes] = {
        "journal.jsonl": b"".join(lines),
        "story.txt": "".join(text for *_, text in sorted(check.story)).encode(),
    }
    # Only what the journal names by its hash proves anything.
    files |= {name: data for name, data in _contents(conn, subject) if sha256_hex(data) in check.hashes}
    documents, missing = _documents(conn, subject, archive, check.hashes)
    files |= documents
    listed = [{"name": name, "sha256": sha256_hex(data)} for name, data in sorted(files.items())]
    about = {"run": subject.run, "decision": subject.decision}
    manifest = {"what": "tiebeam-evidence", "version": 1, "subject": about, "files": listed}
    data = _zipped({"manifest.json": canonical_json(manifest).encode(), **files})
    return Pack(subject, data, sha256_hex(data), missing)


def _zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            # A date of our own would make two packs of the same facts differ.
            packed.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _stretches(entries: Iterable[JournalEntry]) -> list[Stretch]:
    found: dict[str, Stretch] = {}
    for entry in entries:
        found.setdefault(entry.stream, Stretch(entry.stream)).shown.add(entry.seq)
    return list(found.values())


def _facts(conn: sa.Connection, subject: Subject) -> list[JournalEntry]:
    """The run's own entries, and those of other streams that its decisions rest on."""
    found = list(_whole(conn, subject.stream))
    document_id = load_run(conn, subject.run).document_id
    if document_id is not None:
        batch = f"batch:{document_view(conn, document_id).batch_id}"
        found += [entry for entry in _whole(conn, batch) if entry.kind == "batch.accepted"]
    for entry in [one for one in found if one.kind in DECISIONS]:
        if subject.decision in (None, str(entry.payload.get("subject", "")).removeprefix("task:")):
            found += _behind(conn, entry)
    return [*found, *_records_of(conn, found)]


def _whole(conn: sa.Connection, stream: str) -> Iterator[JournalEntry]:
    after = 0
    while page := read_journal(conn, stream, limit=_PAGE, after_seq=after):
        yield from page
        after = page[-1].seq


def _behind(conn: sa.Connection, decision: JournalEntry) -> list[JournalEntry]:
    """How those involved signed in, what was delegated to them, and which workspace was in force."""
    identity: dict[str, Any] = decision.payload.get("identity") or {}
    given = str(decision.payload.get("on_behalf_of") or "")
    people = [identity.get("person"), identity.get("vouched_by"), *given.split(", ")]
    streams = {decision.actor, *(f"person:{person}" for person in people if person)}
    proofs = [str(identity.get("session_id") or ""), str(identity.get("subject") or "").removeprefix("token:")]
    proofs = [proof for proof in proofs if proof]
    found: list[JournalEntry] = []
    for stream in sorted(streams):
        earlier = [entry for entry in _whole(conn, stream) if entry.at <= decision.at]
        found += [entry for entry in earlier if _is_ground(entry, proofs)][-_MOST_FACTS:]
    applied = search_journal(conn, stream_prefix="workspace", kind="graph.applied", limit=_MOST_FACTS)
    return [*found, *[entry for entry in applied if entry.stream == "workspace" and entry.at <= decision.at][:1]]


def _is_ground(entry: JournalEntry, proofs: list[str]) -> bool:
    if entry.kind.startswith(_STANDING):
        return True
    text = canonical_json(entry.payload)
    return any(f'"{proof}"' in text or f':{proof}"' in text for proof in proofs)


def _records_of(conn: sa.Connection, entries: list[JournalEntry]) -> list[JournalEntry]:
    """The records of the redactions among these entries."""
    wanted = {(entry.stream, entry.seq) for entry in entries if entry.redacted}
    if not wanted:
        return []
    records = (entry for entry in _whole(conn, RECORDS) if entry.kind == REDACTED)
    return [one for one in records if (one.payload.get("stream"), one.payload.get("seq")) in wanted]


def _contents(conn: sa.Connection, subject: Subject) -> Iterator[tuple[str, bytes]]:
    """What the journal names by hash: the recipe, the policies, and what people were shown."""
    run = load_run(conn, subject.run)
    yield f"recipe/{run.recipe_hash}.json", canonical_json(pinned_content(conn, run.recipe_hash)).encode()
    for content in shown_in_run(conn, subject.run):
        data = canonical_json(content).encode()
        yield f"shown/{sha256_hex(data)}.json", data
    for entry in _whole(conn, subject.stream):
        version = entry.payload.get("policy_version")
        if entry.kind in DECISIONS and version:
            content = conn.execute(
                sa.select(pinned_policy.c.content).where(pinned_policy.c.version == version)
            ).scalar_one_or_none()
            if content is not None:
                yield f"policy/{version}.json", canonical_json(content).encode()


def _documents(
    conn: sa.Connection, subject: Subject, archive: Archive, known: Container[str]
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The original bytes of what the run is about, and in words what of it could not be had."""
    document_id = load_run(conn, subject.run).document_id
    if document_id is None:
        return {}, ()
    document = document_view(conn, document_id)
    if document.sha256 not in known:
        return {}, (f"the journal does not name document {document_id!r} yet: it was not read",)
    try:
        data = archive.path_of(document.sha256).read_bytes()
    except NotFound as gone:
        return {}, (gone.message,)
    ending = PurePath(document.name).suffix.lower()
    return {f"document/{document.sha256}{ending if _ENDING.fullmatch(ending) else ''}": data}, ()
