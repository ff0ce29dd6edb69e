"""Every route asks who is there and whether they may. The routes are those the application really has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from tests.faces.conftest import SignIn
from tiebeam.api import build_api
from tiebeam.api.gate import OPEN
from tiebeam.app import App

INTENT = "finance.invoice-processing-matching"
PARTS = {
    "intent": INTENT,
    "kind": "intents",
    "task_id": "task_0",
    "run_id": "run_0",
    "person_id": "x",
    "batch_id": "b",
    "document_id": "d",
    "page": "1",
}
BODIES: dict[str, Any] = {
    "/tasks/{task_id}/decide": {"verb": "approve"},
    "/tasks/{task_id}/reassign": {"role": "controller"},
    "/tasks/{task_id}/snooze": {"until": "2030-01-01T00:00:00Z"},
    "/tasks/{task_id}/answer": {"text": "yes", "sender": "them"},
    "/runs/{run_id}/cancel": {"reason": "a test"},
    "/workflows/{intent}/promote": {"to": "pilot"},
}


class Parts(dict[str, str]):
    """Ids by name; what nobody knows is called `x`."""

    def __missing__(self, key: str) -> str:
        return "x"


def _routes() -> Iterator[tuple[str, str]]:
    # Building the routes touches nothing of the application.
    for path, operations in build_api(cast("Any", object())).openapi()["paths"].items():
        for method in operations:
            yield method.upper(), path


SIGNED = {("POST", "/hooks/{source}")}
"""Messages of other programs, which are signed instead."""
ROUTES = [route for route in _routes() if route not in OPEN | SIGNED]


def _call(client: TestClient, method: str, path: str) -> Any:
    url = path.format_map(Parts(PARTS))
    if path == "/runs" and method == "POST":
        return client.post(url, files={"files": ("a.xml", b"<a/>")})
    params = {"id": INTENT} if path.endswith("/record") else {}
    return client.request(method, url, json=BODIES.get(path), params=params)


def test_there_are_routes_to_try() -> None:
    assert len(ROUTES) > 25
    assert {path for _, path in ROUTES} >= set(BODIES)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_comes_in_without_a_session(template_client: TestClient, method: str, path: str) -> None:
    for content in (b"", b"{not json"):
        headers = {"content-type": "application/json"}
        answer = template_client.request(method, path.format_map(Parts(PARTS)), content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")
    assert template_client.get("/nowhere").status_code == 401


@pytest.fixture(scope="module")
def template_client() -> Iterator[TestClient]:
    """No application behind it: without a cookie nothing is looked up."""
    with TestClient(build_api(cast("Any", object()))) as client:
        yield client


def test_a_colleague_from_elsewhere_finds_the_library_and_nothing_else(sign_in: SignIn, waiting_task: str) -> None:
    nora = sign_in("nora")
    lists = {"/runs": "items", "/tasks": "rows", "/ledger/lines": "lines"}

    found = {path: nora.get(path).json()[rows] for path, rows in lists.items()}

    assert found == {"/runs": [], "/tasks": [], "/ledger/lines": []}
    assert nora.get("/overview").json()["runs"] == {}
    assert nora.get("/workflows").json() == []
    assert nora.get("/library/intents").json() != []
    assert nora.get("/journal").status_code == 403
    assert nora.get(f"/tasks/{waiting_task}").status_code == 404


def test_a_colleague_from_elsewhere_changes_no_task_and_no_run(sign_in: SignIn, app: App, waiting_task: str) -> None:
    nora = sign_in("nora")
    with app.store.read() as conn:
        before = app.workforce.task(conn, waiting_task)
    parts = {"task_id": waiting_task, "run_id": before.run_id}
    changes = [path for method, path in ROUTES if method == "POST" and ("{task_id}" in path or "{run_id}" in path)]

    codes = {path: nora.post(path.format(**parts), json=BODIES.get(path)).status_code for path in changes}

    assert len(codes) >= 7
    assert set(codes.values()) == {404}, "what one may not see does not exist for one"
    with app.store.read() as conn:
        assert app.workforce.task(conn, waiting_task) == before


def test_who_sees_a_task_and_may_not_decide_it_is_told_the_rule(sign_in: SignIn, waiting_task: str) -> None:
    answer = sign_in("gus").post(f"/tasks/{waiting_task}/decide", json={"verb": "approve"})

    assert (answer.status_code, answer.json()["code"]) == (403, "refused")
    assert answer.json()["data"]["rule"] == "default-deny"
    assert "someone who holds the task's role" in answer.json()["detail"]


def test_the_administrator_may_do_what_is_not_a_decision(admin: TestClient) -> None:
    refused = {
        (method, path): answer.text
        for method, path in ROUTES
        if (method, path) != ("DELETE", "/session") and (answer := _call(admin, method, path)).status_code in {401, 403}
    }

    assert refused == {}


def test_what_nobody_knows_is_not_found(admin: TestClient) -> None:
    for path in (
        "/tasks/x",
        "/runs/x",
        "/batches/x",
        "/documents/x",
        "/documents/x/content",
        "/workflows/x",
        "/nowhere",
    ):
        answer = admin.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), path
    assert admin.get("/library/intents/record", params={"id": "x"}).status_code == 404
    assert admin.get("/library/nothing").json()["code"] == "invalid"
    assert admin.post("/tasks/x/decide", json={"verb": "approve"}).status_code == 404
    assert admin.put("/tasks").json()["code"] == "method_not_allowed"
