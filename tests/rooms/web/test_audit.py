"""Audit: the proof of the journal, its anchors, exports, packs of evidence and what was removed. ids: HO-02, B14, C5"""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.builders.console_people import ADMINISTRATOR, BUYER, csrf_in, signed_in
from tests.builders.workspaces import make_workspace, opened, take_in
from tests.faces.papers import write_invoices
from tiebeam.app import App
from tiebeam.workforce import TaskView


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_workspace(tmp_path_factory.mktemp("audit") / "company", example="harbour-tools")
    shutil.rmtree(folder / "data" / "inbox")
    papers = write_invoices(tmp_path_factory.mktemp("papers"), "R-1")
    with opened(folder, work=True) as app:
        take_in(app, papers / "R-1.xml")
    return folder


@pytest.fixture
def app(template: Path, tmp_path: Path) -> Iterator[App]:
    folder = tmp_path / "company"
    shutil.copytree(template, folder)
    with opened(folder) as house:
        yield house


@pytest.fixture
def admin(app: App) -> TestClient:
    return signed_in(app, ADMINISTRATOR)


def a_task(app: App) -> TaskView:
    with app.store.read() as conn:
        return app.workforce.tasks(conn, state="active").rows[0]


def post(client: TestClient, path: str, **fields: str) -> tuple[int, str]:
    answer = client.post(path, data={"csrf": csrf_in(client.get("/settings/access").text), **fields})
    return answer.status_code, answer.text


def test_a_sound_journal_says_how_far_it_is_proven(app: App, admin: TestClient) -> None:
    (app.workspace / ".tiebeam" / "anchors.jsonl").unlink(missing_ok=True)
    text = admin.get("/audit/verify").text
    assert "Sound." in text
    assert "only that the journal agrees with itself" in text
    code, after = post(admin, "/audit/anchors")
    assert code == 200
    (number,) = re.findall(r"Anchor (\d+) is made\.", after)
    assert "Up to date" in after
    assert f"Anchor {number}, which lies in file:" in admin.get("/audit/verify").text


def test_a_broken_one_names_stream_and_number_in_words(app: App, admin: TestClient) -> None:
    with app.store.unit() as unit:
        unit.conn.execute(sa.text("UPDATE journal_entry SET kind = 'x' WHERE stream = 'workspace' AND seq = 1"))
    text = admin.get("/audit/verify").text
    assert "Broken. No. 1 of workspace: content does not match its hash" in text


def test_a_place_that_fails_shows_its_error(app: App, admin: TestClient) -> None:
    post(admin, "/audit/anchors")
    kept = app.workspace / ".tiebeam" / "anchors.jsonl"
    kept.unlink()
    with app.store.unit() as unit:
        unit.journal("notes", "noted", actor="person:ann", payload={"text": "something to anchor"})
    _, text = post(admin, "/audit/anchors")
    assert "1 place did not take it" in text
    assert "Fails" in text
    assert "it is gone or empty" in text


def test_an_export_is_downloaded(app: App, admin: TestClient) -> None:
    csrf = csrf_in(admin.get("/audit/verify").text)
    lines = admin.post("/audit/export", data={"csrf": csrf, "format": "jsonl", "withhold": "actor, comment"})
    assert lines.headers["content-disposition"] == 'attachment; filename="journal.jsonl"'
    assert b'"withheld":["actor","payload.comment"]' in lines.content
    table = admin.post("/audit/export", data={"csrf": csrf, "format": "csv"})
    assert table.text.startswith("at,stream")
    assert admin.post("/audit/export", data={"csrf": csrf, "format": "exe"}).status_code == 422
    assert admin.post("/audit/export", data={"format": "csv"}).status_code == 403


def test_evidence_is_taken_from_the_run_and_from_the_decided_task(app: App, admin: TestClient) -> None:
    task = a_task(app)
    page = f"/inbox/{task.id}"
    assert "Evidence pack" not in admin.get(page).text
    assert post(admin, f"{page}/evidence")[0] == 409
    person = app.workforce.principal(task.people[0].person_id)
    app.workforce.decide(person, task.id, verb="reject", payload_hash=task.payload_hash, input={"comment": "not ours"})
    for place in (page, f"/runs/{task.run_id}"):
        text = admin.get(place).text
        assert f'action="{place}/evidence"' in text
        answer = admin.post(f"{place}/evidence", data={"csrf": csrf_in(text)})
        with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
            assert {"manifest.json", "journal.jsonl", "story.txt"} <= set(pack.namelist())


def test_a_removed_field_is_shown_as_removed(app: App, admin: TestClient) -> None:
    stream = f"run:{a_task(app).run_id}"
    place = f"/audit/entry?stream={stream}&seq=1"
    text = admin.get(place).text
    assert "Remove a field" in text
    fields = {"stream": stream, "seq": "1", "field": "subject"}
    code, told = post(admin, "/audit/redact", **fields, reason="brief")
    assert (code, "ten letters or more" in told, 'value="brief"' in told) == (422, True, True)
    code, told = post(admin, "/audit/redact", **fields, reason="asked for by the <supplier>")
    assert code == 200
    assert re.search(r"Removed by Kerstin Blohm, [^<]*: asked for by the &lt;supplier&gt;", told)
    assert ">subject</option>" not in told
    listed = admin.get(f"/audit?stream={stream}").text
    assert "Removed: subject" in listed
    assert "is whole" in listed
    proof = admin.get("/audit/verify").text
    assert "Sound." in proof
    assert "asked for by the &lt;supplier&gt;" in proof
    assert post(admin, "/audit/redact", **fields, reason="asked for once more")[0] == 422


@pytest.mark.parametrize("seq", ["0", "99999", "x", "", "1.5", "9" * 30])
def test_an_entry_that_is_not_there_is_not_found(admin: TestClient, seq: str) -> None:
    assert admin.get("/audit/entry", params={"stream": "workspace", "seq": seq}).status_code == 404


def test_who_owns_no_trail_sees_and_does_nothing_of_this(app: App) -> None:
    buyer = signed_in(app, BUYER)
    stream = f"run:{a_task(app).run_id}"
    for path in ("/audit/verify", "/audit/anchors", f"/audit/entry?stream={stream}&seq=1"):
        assert buyer.get(path).status_code == 403
    for path, fields in (
        ("/audit/anchors", {}),
        ("/audit/export", {"format": "csv"}),
        ("/audit/redact", {"stream": stream, "seq": "1", "field": "subject", "reason": "I would like to"}),
        (f"/runs/{a_task(app).run_id}/evidence", {}),
        (f"/inbox/{a_task(app).id}/evidence", {}),
    ):
        code, _ = post(buyer, path, **fields)
        assert code in {403, 404}, path
