"""The journal over HTTP: its state, anchors, exports, removals and packs of evidence. ids: HO-02, B14, C5, F12"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

import tiebeam.verifier
from tests.faces.conftest import SignIn
from tiebeam.app import App
from tiebeam.kit import sha256_hex

ALONE = Path(tiebeam.verifier.__file__)


def judged(data: bytes, folder: Path, workspace: Path) -> tuple[int, dict[str, Any]]:
    """What another machine says, which has the verifier's file, this answer and the anchors."""
    (folder / "file").write_bytes(data)
    anchors = folder / "kept.jsonl"
    anchors.write_bytes((workspace / ".tiebeam" / "anchors.jsonl").read_bytes())
    alone = folder / "verifier.py"
    alone.write_bytes(ALONE.read_bytes())
    command = [sys.executable, "-I", "-S", str(alone), str(folder / "file"), "--anchors", str(anchors), "--json"]
    done = subprocess.run(command, env={}, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def decided(app: App, admin: TestClient, task: str) -> str:
    """The task, decided by somebody who may; returns its run."""
    with app.store.read() as conn:
        view = app.workforce.task(conn, task)
    person = app.workforce.principal(view.people[0].person_id)
    app.workforce.decide(person, task, verb="reject", payload_hash=view.payload_hash, input={"comment": "not ours"})
    assert app.engine.drain(timeout=60)
    return admin.get(f"/tasks/{task}").json()["run_id"]


def test_the_state_of_anchors_is_told_and_one_is_made_now(admin: TestClient, waiting_task: str) -> None:
    assert waiting_task
    before = admin.get("/journal/anchors").json()
    made = admin.post("/journal/anchors")
    assert made.status_code == 200, made.text
    state = made.json()
    assert state["last"]["number"] == (before["last"] or {"number": 0})["number"] + 1
    assert [(one["number"], one["error"]) for one in state["places"]] == [(state["last"]["number"], None)]
    whole = admin.get("/journal/verify").json()
    assert whole["sound"] is True
    assert whole["proven_by"]["number"] == state["last"]["number"]
    assert whole["compared_with"].startswith("file:")


def test_a_place_that_fails_says_why(app: App, admin: TestClient, waiting_task: str, workspace: Path) -> None:
    assert waiting_task
    admin.post("/journal/anchors")
    kept = workspace / ".tiebeam" / "anchors.jsonl"
    kept.write_text(kept.read_text().replace('"hash":"', '"hash":"0'))
    with app.store.unit() as unit:
        unit.journal("notes", "noted", actor="person:ann", payload={"text": "something to anchor"})
    state = admin.post("/journal/anchors").json()
    assert "is not continued" in state["places"][0]["error"]
    found = admin.get("/journal/verify").json()
    assert found["sound"] is False
    assert "cannot be trusted" in found["breaks"][0]["problem"]


def test_an_export_verifies_on_another_machine_and_goes_on_the_record(
    admin: TestClient, waiting_task: str, workspace: Path, tmp_path: Path
) -> None:
    assert waiting_task
    admin.post("/journal/anchors")
    answer = admin.post("/journal/export", json={"withhold": ["comment"]})
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    code, report = judged(answer.content, tmp_path, workspace)
    assert (code, report["findings"], report["scope"]) == (0, [], "all")
    (record,) = admin.get("/journal", params={"kind": "journal.exported"}).json()
    assert record["payload"]["sha256"] == answer.headers["x-content-sha256"] == sha256_hex(answer.content)
    table = admin.post("/journal/export", json={"format": "csv"})
    assert table.text.startswith("at,stream,seq,kind")


@pytest.mark.parametrize(
    "body", [{"format": "xlsx"}, {"since": "yesterday"}, {"actor": "person:ada"}, {"stream": "zz"}]
)
def test_an_export_of_nothing_or_in_no_format_is_refused(admin: TestClient, body: dict[str, str]) -> None:
    assert admin.post("/journal/export", json=body).status_code == 422


def test_a_pack_of_a_run_and_of_a_decision_verify_elsewhere(
    app: App, admin: TestClient, waiting_task: str, workspace: Path, tmp_path: Path
) -> None:
    early = admin.post(f"/tasks/{waiting_task}/evidence")
    assert (early.status_code, early.json()["code"]) == (409, "not_decided")
    run = decided(app, admin, waiting_task)
    for path in (f"/runs/{run}/evidence", f"/tasks/{waiting_task}/evidence"):
        answer = admin.post(path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/zip"
        code, report = judged(answer.content, tmp_path, workspace)
        assert (code, report["findings"], report["what"]) == (0, [], "evidence")
    exported = admin.get("/journal", params={"kind": "evidence.exported"}).json()
    assert {one["payload"]["decision"] for one in exported} == {None, waiting_task}


def test_a_field_is_removed_with_a_reason_and_the_chain_holds(admin: TestClient, waiting_task: str) -> None:
    run = admin.get(f"/tasks/{waiting_task}").json()["run_id"]
    wanted = {"stream": f"run:{run}", "seq": 1, "fields": ["subject"]}
    unsaid = admin.post("/journal/redactions", json={**wanted, "reason": "  "})
    assert (unsaid.status_code, unsaid.json()["data"]["rule"]) == (403, "redaction-without-reason")
    done = admin.post("/journal/redactions", json={**wanted, "reason": "asked for by the supplier"})
    assert (done.status_code, done.json()["removed"]) == (201, ["payload.subject"])
    first = [one for one in admin.get("/journal", params={"stream": f"run:{run}"}).json() if one["seq"] == 1]
    assert first[0]["redacted"] == ["subject"]
    assert "subject" not in first[0]["payload"]
    found = admin.get("/journal/verify").json()
    assert (found["sound"], found["redactions"][0]["reason"]) == (True, "asked for by the supplier")
    assert admin.post("/journal/redactions", json={**wanted, "reason": "again, please"}).status_code == 422
    missing = admin.post("/journal/redactions", json={**wanted, "seq": 4711, "reason": "not there"})
    assert missing.status_code == 404


def test_who_answers_for_nothing_gets_nothing_and_changes_nothing(
    app: App, sign_in: SignIn, admin: TestClient, waiting_task: str
) -> None:
    run = admin.get(f"/tasks/{waiting_task}").json()["run_id"]
    redaction = {"stream": f"run:{run}", "seq": 1, "fields": ["subject"], "reason": "because I would like to"}
    gus = sign_in("gus")
    answers = {
        path: gus.post(path, json=body).status_code
        for path, body in (
            ("/journal/anchors", None),
            ("/journal/export", {}),
            ("/journal/redactions", redaction),
            (f"/runs/{run}/evidence", None),
            (f"/tasks/{waiting_task}/evidence", None),
        )
    }
    assert set(answers.values()) <= {403, 404}, answers
    assert gus.get("/journal/anchors").status_code == 403
    # Who sees the run and owns neither it nor its trail cannot carry its evidence away either.
    carl = sign_in("carl")
    assert carl.get(f"/runs/{run}").status_code == 200
    assert carl.post(f"/runs/{run}/evidence").status_code == 403
    with app.store.read() as conn:
        taken = "SELECT count(*) FROM journal_entry WHERE kind IN ('journal.exported', 'evidence.exported')"
        assert conn.execute(sa.text(taken)).scalar_one() == 0


def test_the_audit_owner_reads_but_removes_nothing(sign_in: SignIn, waiting_task: str) -> None:
    bea = sign_in("bea")
    run = bea.get(f"/tasks/{waiting_task}").json()["run_id"]
    assert bea.get("/journal/verify", params={"stream": f"run:{run}"}).json()["sound"] is True
    assert bea.get("/journal/verify").status_code == 403
    redaction = {"stream": f"run:{run}", "seq": 1, "fields": ["subject"], "reason": "because I would like to"}
    assert bea.post("/journal/redactions", json=redaction).status_code == 403
    assert bea.post("/journal/redactions", json={**redaction, "stream": "workspace"}).status_code == 403


def test_the_overview_says_what_holds_the_processes_that_read_documents(sign_in: SignIn) -> None:
    held = sign_in("nora").get("/overview").json()["reading"]
    assert held["missing"] == []
    assert held["network"] == "seccomp"
