"""Documents in over HTTP, and the runs they become."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.testclient import TestClient

from tests.faces.conftest import SignIn
from tests.faces.papers import invoice_bytes
from tiebeam.api import gate
from tiebeam.app import LARGEST_DOCUMENT, App


# ids: G2
def test_uploaded_documents_become_runs(app: App, admin: TestClient) -> None:
    files = [("files", (f"Rechnung {number} ß.xml", invoice_bytes(number))) for number in ("R-7", "R-8")]

    accepted = admin.post("/runs", files=files)
    assert app.engine.drain(timeout=60)
    listed = admin.get("/runs", params={"batch": accepted.json()["batch_id"]}).json()
    run = admin.get(f"/runs/{accepted.json()['run_ids'][0]}").json()
    document = admin.get(f"/documents/{run['item']['document_id']}").json()

    assert accepted.status_code == 202
    assert accepted.json()["new"] == listed["total"] == 2
    assert run["case"]["decision"] == "hold"
    assert run["case"]["labels"] == ["missing_po"]
    assert {step["step_id"] for step in run["steps"]} >= {"read", "match", "decide"}
    assert document["invoice"]["number"] == "R-7"
    assert admin.get(f"/batches/{accepted.json()['batch_id']}").json()["read"] == 2


def test_the_original_comes_back_as_a_download(app: App, admin: TestClient) -> None:
    data = invoice_bytes("R-9")
    accepted = admin.post("/runs", files={"files": ("<b>ü.html", data)})
    assert app.engine.drain(timeout=60)
    run = admin.get(f"/runs/{accepted.json()['run_ids'][0]}").json()

    answer = admin.get(f"/documents/{run['item']['document_id']}/content")

    assert answer.content == data
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_cannot_be_read_becomes_a_run_too(app: App, admin: TestClient) -> None:
    accepted = admin.post("/runs", files={"files": ("notes.txt", b"milk, eggs")})
    assert app.engine.drain(timeout=60)

    run = admin.get(f"/runs/{accepted.json()['run_ids'][0]}").json()

    assert run["case"]["decision"] == "unreadable"
    assert run["item"]["state"] == "waiting"


def test_a_document_that_is_too_large_is_refused_and_nothing_is_taken_in(admin: TestClient) -> None:
    files = [("files", ("a.xml", invoice_bytes("R-1"))), ("files", ("b.pdf", b"%PDF" + bytes(LARGEST_DOCUMENT)))]

    answer = admin.post("/runs", files=files)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "b.pdf" in answer.json()["detail"]
    assert admin.get("/runs").json()["total"] == 0


def test_a_request_that_says_it_is_too_large_is_not_read(admin: TestClient) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        sent += 1
        yield b"x"

    headers = {"content-type": "multipart/form-data; boundary=x", "content-length": str(gate.LARGEST_UPLOAD + 1)}
    answer = admin.post("/runs", content=body(), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_request_that_does_not_say_how_large_it_is_is_cut_off(admin: TestClient) -> None:
    def body() -> Iterator[bytes]:
        yield b'{"reason": "'
        for _ in range(4):
            yield b"x" * (gate.LARGEST_BODY // 2)
        yield b'"}'

    answer = admin.post("/runs/x/cancel", content=body(), headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_too_many_files_no_files_and_an_unknown_workflow_are_told(admin: TestClient) -> None:
    many = [("files", (f"{number}.xml", b"<a/>")) for number in range(201)]

    assert admin.post("/runs", files=many).status_code == 422
    assert admin.post("/runs", data={"intent": "finance.nothing"}).status_code == 422
    unknown = admin.post("/runs", files={"files": ("a.xml", b"<a/>")}, data={"intent": "finance.nothing"})
    assert unknown.status_code == 404
    assert admin.get("/runs").json()["total"] == 0


def test_a_run_is_cancelled_with_a_reason_by_who_may(sign_in: SignIn, waiting_task: str) -> None:
    carl, bea = sign_in("carl"), sign_in("bea")
    run = carl.get(f"/tasks/{waiting_task}").json()["run_id"]

    assert carl.post(f"/runs/{run}/cancel", json={"reason": "no"}).status_code == 403
    assert bea.post(f"/runs/{run}/cancel", json={"reason": " "}).status_code == 422
    assert bea.post(f"/runs/{run}/cancel", json={"reason": "sent twice"}).json()["state"] == "cancelled"
    assert carl.get(f"/tasks/{waiting_task}").json()["state"] == "cancelled"
    late = carl.post(f"/tasks/{waiting_task}/decide", json={"verb": "approve"})
    assert (late.status_code, late.json()["code"]) == (409, "task_closed")
