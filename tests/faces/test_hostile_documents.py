"""Hostile documents through the whole product: command line, API and console take them in and show them harmlessly."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.builders.console_people import csrf_in, signed_in
from tests.builders.hostile import Hostile, hostile_documents
from tests.builders.hostile_archives import zip_of
from tests.builders.workspaces import opened
from tests.faces.conftest import ADMINISTRATOR
from tests.faces.papers import invoice_bytes
from tests.faces.terminal import INTENT, Terminal
from tiebeam.app import App
from tiebeam.workflow.intake import document_view
from tiebeam.workflow.runs import RunFilter, list_runs, run_view

pytestmark = pytest.mark.deep

POSING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
MARKUP = re.compile(r"<script>alert|<img src=x|onmouseover=\"alert|<b>EUR", re.IGNORECASE)
FORMULA = re.compile("^\\s*[=+\\-@\uff1d\uff0b\uff20]")
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def sample() -> list[Hostile]:
    """Every dishonest name and file name, and of each other kind of trick one."""
    made = hostile_documents(seed=7, port=9)
    chosen: dict[str, Hostile] = {}
    for one in made:
        group = one.kind if one.kind.startswith(("name:", "file name:", "account:")) else one.kind.partition(":")[0]
        if len(one.data) < 3_000_000:
            chosen.setdefault(group, one)
    return list(chosen.values())


def harmless(text: str, *, what: str) -> None:
    found = POSING.search(text)
    assert found is None, f"{what} shows {found.group()!r} in {text[max(0, found.start() - 80) : found.end() + 20]!r}"


def shown_harmlessly(html: str, *, what: str) -> None:
    harmless(html, what=what)
    assert MARKUP.search(html) is None, f"{what} holds the markup of a document"


# ids: B7, CA-05, WF-01
def test_the_command_line_takes_them_all_in_and_prints_nothing_a_terminal_obeys(
    tiebeam: Terminal, workspace: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    for number, one in enumerate(sample()):
        ending = Path(one.name).suffix[:5] if Path(one.name).suffix.isascii() else ""
        (folder / f"{number:03}{ending or '.xml'}").write_bytes(one.data)
    (folder / "turned\u202elmx.xml").write_bytes(invoice_bytes("R-900"))
    where = ("--workspace", workspace)

    said = tiebeam("run", INTENT, folder, *where, "--jsonl", "out.jsonl")
    rows = [json.loads(line) for line in Path("out.jsonl").read_text(encoding="utf-8").splitlines()]

    assert said.code == 1, "some of them cannot be read"
    assert "internal error" not in said.err
    assert len(rows) >= len(sample())
    assert {row["decision"] for row in rows} <= {"hold", "unreadable", "reject", "auto_pay", "manager_approval"}
    assert all(row["reason"] for row in rows if row["decision"] == "unreadable")
    looks = [said, *(tiebeam(*command, *where) for command in (("runs", "list"), ("inbox",), ("status",)))]
    looks += [tiebeam(*command, *where) for command in (("runs", "list", "--json"), ("inbox", "--json"))]
    looks += [tiebeam("runs", "show", row["run"], *where) for row in rows[:40]]
    for look in looks:
        harmless(look.out + look.err, what="the terminal")
    harmless(Path("out.jsonl").read_text(encoding="utf-8"), what="the file of rows")
    assert not list(Path("/dev/shm").glob("owned*"))


# ids: B7, CA-05
def test_the_api_takes_them_in_under_any_name(app: App, admin: TestClient) -> None:
    for one in sample():
        answer = admin.post("/runs", files={"files": (one.name or "x", one.data)}, data={"intent": INTENT})
        assert answer.status_code in {202, 400, 422}, f"{one.kind}: {answer.status_code} {answer.text[:300]}"
        if answer.status_code == 202:
            assert answer.json()["run_ids"]
    assert app.engine.drain(timeout=120)
    listed = admin.get("/runs", params={"size": 500}).json()
    for item in listed["items"]:
        view = admin.get(f"/runs/{item['id']}")
        assert view.status_code == 200
        name = admin.get(f"/documents/{view.json()['item']['document_id']}").json()["name"]
        assert 0 < len(name) <= 200
        assert "/" not in name
        assert POSING.search(name) is None


# ids: B7
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"reason":' * 20_000,
        b'{"reason": 1e400}',
        b'{"reason": NaN}',
        b'{"reason": ' + b"9" * 100_000 + b"}",
        b'{"reason": "\\ud800"}',
        b'{"reason": "\\u0000"}',
        b'{"reason": "' + b"x" * 900_000 + b'"}',
        b"\xff\xfe{}",
        b"\x00" * 1000,
        b'{"reason": "x", "reason": "y", "person": "bea"}',
    ],
    ids=["deep lists", "deep objects", "1e400", "NaN", "digits", "half", "NUL", "long", "UTF-16", "nothing", "a claim"],
)
def test_no_body_breaks_the_api(admin: TestClient, body: bytes) -> None:
    answer = admin.post("/runs/run_none/cancel", content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text[:300]


# ids: B7, CA-05
def test_the_console_shows_them_escaped_and_its_tables_run_nothing(app: App) -> None:
    client = signed_in(app, ADMINISTRATOR)
    token = csrf_in(client.get("/upload").text)
    for one in sample():
        answer = client.post("/upload", data={"csrf": token, "intent": INTENT}, files={"files": (one.name, one.data)})
        assert answer.status_code < 500, f"{one.kind}: {answer.text[:300]}"
    assert app.engine.drain(timeout=120)

    for path in ("/", "/runs", "/inbox", "/audit"):
        shown_harmlessly(client.get(path).text, what=path)
    runs = client.get("/runs.json").json()
    assert len(runs) > 50
    for row in runs:
        page = client.get(f"/runs/{row['id']}")
        assert page.status_code == 200
        shown_harmlessly(page.text, what=f"the page of {row['id']}")
    links = "".join(client.get(f"/runs/{row['id']}").text for row in runs[:60])
    for path in set(re.findall(r'href="(/documents/doc_[a-z0-9_]+)"', links)):
        shown_harmlessly(client.get(path).text, what=path)
    with app.store.read() as conn:
        tasks = app.workforce.tasks(conn, state="active", size=200).rows
    for task in tasks:
        shown_harmlessly(client.get(f"/tasks/{task.id}").text, what=f"task {task.id}")
    for path in ("/runs.csv", "/inbox.csv"):
        text = client.get(path).text
        harmless(text.replace("\r\n", "\n"), what=path)
        for row in csv.reader(io.StringIO(text)):
            assert [cell for cell in row if FORMULA.match(cell) and not NUMBER.fullmatch(cell)] == []


# ids: CA-05, WF-01
def test_an_archive_gives_its_documents_on_every_way_in(tiebeam: Terminal, workspace: Path, tmp_path: Path) -> None:
    archive = tmp_path / "inbox.zip"
    archive.write_bytes(
        zip_of({"2026/R-1.xml": invoice_bytes("R-1"), "R-2.xml": invoice_bytes("R-2"), "list.csv": b"x"})
    )
    bad = tmp_path / "bad.zip"
    bad.write_bytes(zip_of({"../../owned.xml": invoice_bytes("R-3"), "R-4.xml": invoice_bytes("R-4")}))

    first = tiebeam("run", INTENT, archive, "--workspace", workspace, "--json").json
    again = tiebeam("run", INTENT, archive, "--workspace", workspace, "--json").json
    refused = tiebeam("run", INTENT, bad, "--workspace", workspace)

    assert [row["document"] for row in first["documents"]] == ["R-1", "R-2"]
    assert (again["new"], again["known"]) == (0, 2)
    assert refused.code == 1
    assert "bad: Nothing was taken from this ZIP archive: the name '../../owned.xml' points outside" in refused.out
    with opened(workspace, work=True) as app:
        client = signed_in(app, ADMINISTRATOR)
        token = csrf_in(client.get("/upload").text)
        files = {"files": ("post.zip", zip_of({"R-7.xml": invoice_bytes("R-7"), "R-8.xml": invoice_bytes("R-8")}))}
        page = client.post("/upload", data={"csrf": token, "intent": INTENT}, files=files)
        assert "2 documents taken in" in page.text
        assert app.engine.drain(timeout=60)
        with app.store.read() as conn:
            found = [run_view(conn, item.id).item for item in list_runs(conn, RunFilter(), size=500).items]
            documents = [document_view(conn, item.document_id or "") for item in found]
    uploaded = {view.name: view.source for view in documents if view.channel == "console"}
    assert uploaded.keys() == {"R-7.xml", "R-8.xml"}
    assert uploaded["R-7.xml"].startswith("upload:doc_")
    assert uploaded["R-7.xml"].endswith(":post.zip!/R-7.xml")
    taken = {view.name: view.source for view in documents if view.channel == "folder"}
    assert taken["R-1.xml"] == f"{archive}!/2026/R-1.xml"
