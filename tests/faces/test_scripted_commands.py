"""The commands that others script against, as they are promised, from an empty folder. ids: B14, G1, HO-02, F12"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.workspaces import INTENT, opened, take_in
from tests.faces.conftest import ADMINISTRATOR
from tests.faces.papers import write_invoices
from tests.faces.terminal import Terminal


@pytest.fixture(scope="module")
def worked_on(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with one invoice that a person rejected."""
    folder = tmp_path_factory.mktemp("scripted") / "company"
    shutil.copytree(template, folder)
    papers = write_invoices(tmp_path_factory.mktemp("papers"), "R-1")
    with opened(folder, work=True) as app:
        take_in(app, papers / "R-1.xml")
        with app.store.read() as conn:
            (task,) = app.workforce.tasks(conn, state="active").rows
        person = app.workforce.principal(task.people[0].person_id)
        app.workforce.decide(person, task.id, verb="reject", payload_hash=task.payload_hash, input={"comment": "no"})
        assert app.engine.drain(timeout=60)
    return folder


@pytest.fixture
def company(worked_on: Path, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "company"
    shutil.copytree(worked_on, folder)
    yield folder
    assert sorted(path.name for path in Path.cwd().iterdir() if path.suffix not in {".zip", ".jsonl"}) == []


def test_the_journal_is_verified_as_promised(tiebeam: Terminal, company: Path) -> None:
    here = ("--workspace", company)
    assert tiebeam("journal", "anchor", *here).code == 0
    kept = company / ".tiebeam" / "anchors.jsonl"
    live = tiebeam("journal", "verify", "--anchors", kept, "--json", *here)
    assert (live.code, live.json["sound"]) == (0, True)
    assert tiebeam("journal", "export", "out.jsonl", *here).code == 0
    for arguments in (("out.jsonl",), ("out.jsonl", "--anchors", kept)):
        said = tiebeam("journal", "verify", *arguments, "--json")
        assert (said.code, said.json["sound"], said.json["findings"]) == (0, True, [])
    cut = Path("out.jsonl").read_bytes().splitlines(keepends=True)[:-3]
    Path("cut.jsonl").write_bytes(b"".join(cut))
    found = tiebeam("journal", "verify", "cut.jsonl", "--anchors", kept, "--json")
    assert (found.code, found.json["sound"]) == (1, False)
    assert tiebeam("journal", "verify", "absent.jsonl", "--json").code == 2


@pytest.mark.parametrize("kind", ["run", "decision"])
def test_evidence_is_exported_and_verified_as_promised(tiebeam: Terminal, company: Path, kind: str) -> None:
    here = ("--workspace", company)
    run = tiebeam("runs", "list", "--json", *here).json["items"][0]["id"]
    decided = tiebeam("journal", "list", "--kind", "task.decided", "--json", *here).json[0]["payload"]["subject"]
    subject = run if kind == "run" else decided.removeprefix("task:")
    made = tiebeam("evidence", "export", subject, "pack.zip", "--json", *here)
    assert (made.code, made.json["run"]) == (0, run), made.err
    assert made.json["sha256"] == hashlib.sha256(Path("pack.zip").read_bytes()).hexdigest()
    kept = company / ".tiebeam" / "anchors.jsonl"
    said = tiebeam("evidence", "verify", "pack.zip", "--anchors", kept, "--json")
    assert (said.code, said.json["sound"], said.json["what"]) == (0, True, "evidence")
    assert said.json["proven_by"]["number"] >= 1


def test_policy_explains_as_promised(tiebeam: Terminal, company: Path) -> None:
    asked = ("--verb", "run.start", "--object", f"intent:{INTENT}", "--json", "--workspace", company)
    allowed = tiebeam("policy", "explain", "--person", "carl", *asked)
    denied = tiebeam("policy", "explain", "--person", "nora", *asked)
    assert (allowed.code, allowed.json["allowed"]) == (0, True)
    assert (denied.code, denied.json["allowed"]) == (1, False)
    assert {"allowed", "reason", "rule", "policy_version", "verb", "principal", "object", "context", "spoke"} <= set(
        denied.json
    )


def test_tokens_are_made_listed_and_revoked_as_promised(
    tiebeam: Terminal, company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ("--workspace", company)
    made = tiebeam("tokens", "create", "a script", "--scope", "read", "--expires", "30d", "--json", *here)
    assert (made.code, made.json["token"]["holder"]) == (0, f"person:{ADMINISTRATOR}"), made.err
    name, secret = made.json["id"], made.json["secret"]
    assert secret.startswith(f"{name}_")
    (listed,) = tiebeam("tokens", "list", "--json", *here).json["rows"]
    assert (listed["id"], listed["state"]) == (name, "active")
    assert secret not in str(listed)
    monkeypatch.setenv("TIEBEAM_TOKEN", secret)
    assert tiebeam("runs", "list", "--json", *here).code == 0
    assert tiebeam("tokens", "create", "another", "--scope", "read", "--json", *here).code == 1
    assert tiebeam("journal", "anchor", *here).code == 1
    monkeypatch.delenv("TIEBEAM_TOKEN")
    ended = tiebeam("tokens", "revoke", name, "--json", *here)
    assert ended.code == 0, ended.err
    monkeypatch.setenv("TIEBEAM_TOKEN", secret)
    assert tiebeam("runs", "list", "--json", *here).code == 1
