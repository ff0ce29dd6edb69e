"""What a decision rests on goes to an auditor in one file, and nobody can change it unseen (ids: HO-02, B14, G1)."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tiebeam.verifier
from tests.builders.hostile_administrator import rewrite_history
from tests.builders.journal_book import zipped
from tests.journeys.conftest import Company
from tiebeam.errors import NotFound
from tiebeam.kit import canonical_json, digest_of
from tiebeam.store import JournalEntry, journal_lines, read_anchors, read_journal, redact
from tiebeam.workflow.evidence import Pack

ALONE = Path(tiebeam.verifier.__file__)
DOCUMENT = "IN-260026"


@pytest.fixture(scope="module")
def decided(company: Company) -> JournalEntry:
    """The record of a decision by somebody who signed in with an identity provider."""
    app, task = company.app, company.task(DOCUMENT)
    person = task.people[0].person_id
    with app.store.unit() as unit:
        session = app.workforce.access.start_session(
            unit, person, method="oidc", subject="https://id.example|4711", vouched_by=None
        )
    actor = app.workforce.access.principal(session)
    app.workforce.decide(
        actor, task.id, verb="approve", payload_hash=task.payload_hash, input={"comment": "Agreed in October, ask Uwe."}
    )
    assert app.engine.drain(timeout=60)
    return record_of(company, task.id)


def record_of(company: Company, task_id: str) -> JournalEntry:
    with company.app.store.read() as conn:
        entries = read_journal(conn, f"run:{company.runs[DOCUMENT]}")
    found = [one for one in entries if one.kind == "task.decided" and one.payload["subject"] == f"task:{task_id}"]
    return found[0]


def export(company: Company, wanted: str) -> Pack:
    app = company.app
    with app.store.read() as conn:
        subject = app.evidence.subject(conn, wanted)
    return app.evidence.export(subject, actor="person:aud")


def kept(company: Company, folder: Path) -> Path:
    """The anchors as they lie elsewhere."""
    path = folder / "anchors.jsonl"
    with company.app.store.read() as conn:
        text = "".join(canonical_json(one.as_json()) + "\n" for one in read_anchors(conn, limit=1000))
    path.write_text(text)
    return path


def judged(data: bytes, anchors: Path) -> tuple[int, dict[str, Any]]:
    """What another machine says, which has the verifier's file, the pack and the anchors, and nothing else."""
    path = anchors.parent / "file"
    path.write_bytes(data)
    command = [sys.executable, "-I", str(ALONE), str(path), "--anchors", str(anchors), "--json"]
    done = subprocess.run(command, env={}, cwd=anchors.parent, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def members(pack: Pack) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack.data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_the_record_of_a_decision_names_all_it_rests_on(company: Company, decided: JournalEntry) -> None:
    facts, identity = decided.payload, decided.payload["identity"]
    task = company.app.workforce
    assert (identity["method"], identity["subject"]) == ("oidc", "https://id.example|4711")
    assert identity["session_id"]
    assert decided.actor == f"person:{identity['person']}"
    assert facts["policy_version"] == company.app.authority.version
    assert facts["rule"]
    assert isinstance(facts["audit_owner"], str)
    assert facts["audit_owner"]
    with company.app.store.read() as conn:
        view = task.task(conn, facts["subject"].removeprefix("task:"))
    assert facts["payload_hash"] == view.payload_hash
    assert facts["context_hash"] == digest_of(view.context)
    (original,) = (company.folder / "data" / "inbox").rglob(f"{DOCUMENT}.*")
    assert facts["documents"] == [hashlib.sha256(original.read_bytes()).hexdigest()]
    assert facts["recipe_hash"] == company.run(DOCUMENT).recipe_hash
    assert facts["models"] == []


def test_a_pack_of_a_run_is_proven_on_another_machine(company: Company, decided: JournalEntry, tmp_path: Path) -> None:
    made = export(company, company.runs[DOCUMENT])
    code, report = judged(made.data, kept(company, tmp_path))
    assert (code, report["findings"], made.missing) == (0, [], ())
    assert report["counts"]["anchored_entries"] == report["counts"]["entries"]
    held = members(made)
    assert {name.partition("/")[0] for name in held} == {
        "manifest.json",
        "journal.jsonl",
        "story.txt",
        "recipe",
        "policy",
        "shown",
        "document",
    }
    assert f"policy/{decided.payload['policy_version']}.json" in held
    story = held["story.txt"].decode()
    assert "access.signed-in" in story
    assert "graph.applied" in story
    assert "Agreed in October, ask Uwe." in story


def test_a_pack_of_a_decision_names_it(company: Company, decided: JournalEntry, tmp_path: Path) -> None:
    task_id = decided.payload["subject"].removeprefix("task:")
    made = export(company, task_id)
    assert made.subject.decision == task_id
    assert judged(made.data, kept(company, tmp_path))[0] == 0


def test_an_export_of_evidence_is_on_the_record(company: Company, decided: JournalEntry) -> None:
    made = export(company, company.runs[DOCUMENT])
    with company.app.store.read() as conn:
        last = read_journal(conn, f"run:{company.runs[DOCUMENT]}")[-1]
    assert (last.kind, last.actor, last.payload["sha256"]) == ("evidence.exported", "person:aud", made.sha256)


def test_evidence_of_nothing_is_refused(company: Company) -> None:
    with pytest.raises(NotFound, match="no run and no decision"):
        export(company, "run_of_nobody")


def _other_document(held: dict[str, bytes]) -> None:
    name = next(name for name in held if name.startswith("document/"))
    held[name] = held[name] + b" "


def _other_journal(held: dict[str, bytes]) -> None:
    held["journal.jsonl"] = held["journal.jsonl"].replace(b"Agreed in October", b"Agreed in Octobar")


def _other_story(held: dict[str, bytes]) -> None:
    held["story.txt"] = held["story.txt"].replace(b"approve", b"reject ")


def _without_policy(held: dict[str, bytes]) -> None:
    del held[next(name for name in held if name.startswith("policy/"))]


def _one_more(held: dict[str, bytes]) -> None:
    held["document/more.pdf"] = b"%PDF-1.7"


@pytest.mark.parametrize("change", [_other_document, _other_journal, _other_story, _without_policy, _one_more])
@pytest.mark.parametrize("is_listed_anew", [False, True])
def test_a_changed_pack_is_found_out(
    company: Company,
    decided: JournalEntry,
    tmp_path: Path,
    change: Callable[[dict[str, bytes]], None],
    is_listed_anew: bool,
) -> None:
    held = members(export(company, company.runs[DOCUMENT]))
    change(held)
    if is_listed_anew and change is not _without_policy:
        manifest = json.loads(held["manifest.json"])
        names = sorted(held.keys() - {"manifest.json"})
        manifest["files"] = [{"name": name, "sha256": hashlib.sha256(held[name]).hexdigest()} for name in names]
        held["manifest.json"] = canonical_json(manifest).encode()
    code, report = judged(zipped(held), kept(company, tmp_path))
    assert code == 1, report


def test_redacted_words_are_missing_from_the_pack_and_said_to_be(
    company: Company, decided: JournalEntry, tmp_path: Path
) -> None:
    with company.app.store.unit() as unit:
        redact(unit, decided.stream, decided.seq, fields=["comment"], reason="names Uwe", actor="person:aud")
    made = export(company, company.runs[DOCUMENT])
    code, report = judged(made.data, kept(company, tmp_path))
    assert (code, report["findings"]) == (0, [])
    assert report["redactions"][0]["reason"] == "names Uwe"
    assert "comment: (redacted)" in members(made)["story.txt"].decode()


def test_a_history_rewritten_in_the_database_is_found_in_its_exports(
    company: Company, decided: JournalEntry, tmp_path: Path
) -> None:
    """Last, for it leaves this company with a forged past."""
    company.app.anchoring.anchor()
    anchors = kept(company, tmp_path)
    entry = decided

    def forge(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        is_it = kind == "task.decided" and payload["subject"] == entry.payload["subject"]
        return payload | {"verb": "reject"} if is_it else payload

    rewrite_history(company.app.store, forge)
    made = export(company, company.runs[DOCUMENT])
    code, report = judged(made.data, anchors)
    assert code == 1
    assert "anchor-differs" in {one["code"] for one in report["findings"]}
    with company.app.store.read() as conn:
        whole = b"".join(journal_lines(conn, exported_at=company.app.store.clock.now()))
    code, report = judged(whole, anchors)
    assert code == 1
    assert "anchor-differs" in {one["code"] for one in report["findings"]}
