"""The console over a real house: reading, refusing, exporting, taking in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.builders.console_people import (
    BUYER,
    CONTROLLER,
    INTENT,
    console,
    csrf_in,
    link_for,
    open_tasks,
    signed_in,
)
from tiebeam.app import App
from tiebeam.workflow.runs import RunFilter, list_runs


@pytest.fixture
def controller(app: App) -> TestClient:
    return signed_in(app, CONTROLLER)


def test_nobody_sees_anything_without_signing_in(app: App) -> None:
    client = TestClient(console(app), base_url="http://console.test")
    for path in ("/", "/inbox", "/runs", "/audit", "/documents/doc_1", "/nope"):
        answer = client.get(path, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")
    for path in ("/runs.json", "/runs.csv", "/live", "/palette.json"):
        assert client.get(path).status_code == 401


def test_a_sign_in_link_works_once_and_opening_it_does_not_use_it_up(app: App) -> None:
    link = link_for(app, BUYER)
    first, second = (TestClient(console(app), base_url="http://console.test") for _ in range(2))
    for _ in range(3):
        assert "Continue" in first.get(link).text
    token = link.split("token=")[1]
    assert first.post("/sign-in", data={"token": token}, follow_redirects=False).status_code == 303
    again = second.post("/sign-in", data={"token": token}, follow_redirects=False)
    assert again.status_code == 403
    assert "cannot be used" in again.text
    assert "Carla Reuter" in first.get("/").text


def test_the_session_cookie_is_out_of_reach_of_scripts(app: App) -> None:
    client = TestClient(console(app), base_url="http://console.test")
    token = link_for(app, BUYER).split("token=")[1]
    answer = client.post("/sign-in", data={"token": token}, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize(
    "target", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_host(app: App, target: str) -> None:
    client = TestClient(console(app), base_url="http://console.test")
    token = link_for(app, BUYER).split("token=")[1]
    answer = client.post("/sign-in", data={"token": token, "next": target}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_every_page_of_the_rail_is_there_and_light(app: App, controller: TestClient) -> None:
    with app.store.read() as conn:
        run = list_runs(conn, RunFilter()).items[0].id
    task = open_tasks(app)[0].id
    pages = ["/", "/inbox", "/inbox?tab=all", f"/inbox/{task}", "/runs", f"/runs/{run}", "/workflows", "/settings"]
    pages += [f"/workflows/{INTENT}", "/library/intents", f"/library/intents/{INTENT}", "/audit", "/upload", "/palette"]
    for path in pages:
        answer = controller.get(path)
        assert answer.status_code == 200, path
        assert len(answer.content) < 48_000, path
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"


def test_no_link_of_a_page_leads_nowhere(app: App, controller: TestClient) -> None:
    seen: set[str] = set()
    for start in ("/", "/inbox?tab=all", "/runs", "/workflows", f"/workflows/{INTENT}", f"/library/intents/{INTENT}"):
        for href in re.findall(r'href="(/[^"#]*)', controller.get(start).text):
            seen.add(href.replace("&amp;", "&"))
    for href in sorted(seen)[:120]:
        assert controller.get(href).status_code == 200, href


def test_a_run_shows_graph_steps_cost_and_audit(app: App, controller: TestClient) -> None:
    # ids: D8, WF-09
    with app.store.read() as conn:
        done = list_runs(conn, RunFilter(state="done", decision="auto_pay")).items[0]
    text = controller.get(f"/runs/{done.id}").text
    assert 'class="graph"' in text
    assert 'id="step-match"' in text
    assert 'id="ledger"' in text
    assert f"/audit?stream=run%3A{done.id}" in text
    whole = controller.get(f"/runs/{done.id}.json").json()
    assert whole["run"]["id"] == done.id
    assert whole["journal"][0]["hash"]
    lines = controller.get(f"/runs/{done.id}/ledger.csv").text
    assert lines.startswith("id,at,kind,step,quantity,amount")


def test_a_table_comes_as_page_csv_and_json_with_the_same_filter(controller: TestClient) -> None:
    records = controller.get("/runs.json?state=waiting").json()
    rows = list(csv.DictReader(io.StringIO(controller.get("/runs.csv?state=waiting").text)))
    assert [row["id"] for row in rows] == [record["id"] for record in records]
    assert {record["state"] for record in records} == {"waiting"}
    page = controller.get("/runs?state=waiting").text
    assert all(f'data-key="{record["id"]}"' in page for record in records)
    assert 'href="/runs.csv?state=waiting"' in page


def test_dropped_invoices_become_runs_and_are_not_taken_in_twice(app: App) -> None:
    # ids: CA-05
    client = signed_in(app, CONTROLLER)
    token = csrf_in(client.get("/upload").text)
    with app.store.read() as conn:
        before = list_runs(conn, RunFilter()).total
    data = b"<Invoice>not really</Invoice>"
    send = {"data": {"csrf": token, "intent": INTENT}, "files": [("files", ("../../etc/new.xml", data, "text/xml"))]}
    first = client.post("/upload", **send)  # type: ignore[arg-type]
    assert "1 document taken in" in first.text
    assert app.engine.drain(timeout=60)
    with app.store.read() as conn:
        page = list_runs(conn, RunFilter())
    assert page.total == before + 1
    newest = page.items[0]
    assert newest.decision == "unreadable"
    text = client.get(f"/runs/{newest.id}").text
    assert "new.xml" in text
    assert "etc" not in text.split("new.xml")[0][-20:]


def test_an_upload_without_a_file_says_so(app: App) -> None:
    client = signed_in(app, CONTROLLER)
    answer = client.post("/upload", data={"csrf": csrf_in(client.get("/upload").text), "intent": INTENT})
    assert answer.status_code == 422
    assert "choose at least one file" in answer.text.lower()


def test_the_original_document_comes_back_byte_for_byte(app: App, controller: TestClient) -> None:
    with app.store.read() as conn:
        document_id = list_runs(conn, RunFilter()).items[-1].document_id
    answer = controller.get(f"/documents/{document_id}/original")
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"].split(";")[0] in {"text/plain", "application/pdf"}


def test_the_journal_is_for_those_who_own_the_trail(app: App, controller: TestClient) -> None:
    assert "Audit" in controller.get("/").text
    assert controller.get("/audit?stream=workspace").status_code == 200
    buyer = signed_in(app, BUYER)
    assert buyer.get("/audit").status_code == 403
    assert 'href="/audit"' not in buyer.get("/").text


def test_looking_at_one_stream_recomputes_its_chain(app: App, controller: TestClient) -> None:
    run = open_tasks(app)[0].run_id
    assert "is whole" in controller.get(f"/audit?stream=run:{run}").text


def test_the_palette_finds_an_invoice_by_its_number(app: App, controller: TestClient) -> None:
    with app.store.read() as conn:
        item = list_runs(conn, RunFilter()).items[0]
    number = item.subject.split(" · ")[0]
    found = controller.get("/palette.json", params={"q": number}).json()
    assert f"/runs/{item.id}" in {entry["href"] for entry in found}
    assert {entry["href"] for entry in controller.get("/palette.json").json()} >= {"/", "/inbox", "/runs"}


def test_an_unknown_page_task_run_or_workflow_is_a_clear_404(controller: TestClient) -> None:
    for path in ("/nope", "/inbox/task_x", "/runs/run_x", "/workflows/no.such", "/library/intents/no.such"):
        answer = controller.get(path)
        assert answer.status_code == 404, path
        assert "<h1>" in answer.text


def test_an_unexpected_failure_shows_a_reference_and_no_traceback(
    app: App, controller: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(app.economics), "run_cost", broken)
    with app.store.read() as conn:
        run = list_runs(conn, RunFilter()).items[0].id
    answer = controller.get(f"/runs/{run}")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    reference = re.search(r"err_[0-9a-f]{10}", answer.text)
    assert reference is not None
    assert reference.group(0) in caplog.text


def test_promotion_is_for_the_owning_role(app: App) -> None:
    # ids: WF-10
    client = signed_in(app, BUYER)
    page = client.get(f"/workflows/{INTENT}").text
    assert "/promote" not in page
    token = csrf_in(client.get("/settings").text)
    answer = client.post(f"/workflows/{INTENT}/promote", data={"csrf": token, "to": "pilot"})
    assert answer.status_code == 403


def test_signing_out_ends_the_session(app: App) -> None:
    client = signed_in(app, BUYER)
    token = csrf_in(client.get("/settings").text)
    client.post("/sign-out", data={"csrf": token})
    assert client.get("/", follow_redirects=False).status_code == 303


def test_what_a_supplier_writes_is_text_on_every_page(app: App) -> None:
    client = signed_in(app, CONTROLLER)
    token = csrf_in(client.get("/upload").text)
    name = "<img src=x onerror=alert(1)>.xml"
    client.post(
        "/upload",
        data={"csrf": token, "intent": INTENT},
        files=[("files", (name, b"<a>hello again</a>", "text/xml"))],
    )
    assert app.engine.drain(timeout=60)
    for path in ("/", "/runs", "/inbox?tab=all", "/palette?q=img"):
        assert "<img" not in client.get(path).text


def test_a_body_of_unknown_or_endless_size_is_not_read(app: App) -> None:
    def endless() -> Iterator[bytes]:
        yield b"token="
        yield b"x" * 100_000

    client = TestClient(console(app), base_url="http://console.test")
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/sign-in", content=endless(), headers=form).status_code == 413
    assert client.post("/sign-in", data={"token": "x" * 100_000}).status_code == 413
    inside = signed_in(app, BUYER)
    assert inside.post("/sign-out", content=endless(), headers=form).status_code == 413
    assert inside.get("/settings").status_code == 200


def test_who_was_signed_out_meanwhile_returns_to_the_page_they_came_from(app: App) -> None:
    client = TestClient(console(app), base_url="http://console.test")
    came_from = {"referer": "http://console.test/inbox/task_1?tab=all"}
    answer = client.post("/inbox/task_1/decide", data={"verb": "approve"}, headers=came_from, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/inbox/task_1%3Ftab%3Dall"
