"""Triggers and events at every face: the console, the API and the command line say and do the same.

ids: WF-14, G2
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.builders.console_people import console, csrf_in, signed_in
from tests.builders.order_desk import ADMINISTRATOR, INTENT, make_order_desk
from tests.builders.order_events import STARTS, WAITS
from tests.builders.workspaces import opened
from tests.faces.conftest import link_token
from tests.faces.terminal import Terminal
from tiebeam.api import build_api
from tiebeam.app import App

NIGHTLY = '[[trigger]]\nid = "nightly"\ncron = "0 2 * * *"\ninput = { order = "at" }\n\n'
NAME = f"{INTENT}:nightly"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = make_order_desk(tmp_path_factory.mktemp("desk") / "company", steps=WAITS, triggers=STARTS + NIGHTLY)
    with opened(folder) as app:
        yield app


@pytest.fixture(scope="module")
def api(app: App) -> Iterator[TestClient]:
    with TestClient(build_api(app), base_url="https://testserver") as client:
        answer = client.post("/session", json={"token": link_token(app, ADMINISTRATOR)})
        client.headers["x-csrf-token"] = answer.json()["csrf_token"]
        yield client


@pytest.fixture(scope="module")
def pages(app: App) -> TestClient:
    return signed_in(app, ADMINISTRATOR, asgi=console(app))


def test_a_run_starts_on_an_input_over_http(api: TestClient) -> None:
    started = api.post(f"/workflows/{INTENT}/runs", json={"input": {"order": "A-1"}, "subject": "Anna's order"})

    assert started.status_code == 202
    assert api.get(f"/runs/{started.json()['id']}").json()["item"]["subject"] == "Anna's order"
    wrong = api.post(f"/workflows/{INTENT}/runs", json={"input": {"ordr": "A-1"}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "input_rejected")
    assert "did you mean 'order'" in wrong.json()["data"]["faults"]["ordr"]


def test_an_event_is_sent_listed_and_shown_over_http(api: TestClient) -> None:
    body = {"name": "order.placed", "key": "A-2", "payload": {"amount": 20}, "id": "a-2"}
    sent = api.post("/events", json=body)
    again = api.post("/events", json=body)

    assert (sent.status_code, sent.json()["state"], again.json()["repeated"]) == (202, "delivered", True)
    (listed,) = api.get("/events", params={"key": "A-2"}).json()["rows"]
    shown = api.get(f"/events/{listed['id']}").json()
    assert shown["payload"] == {"amount": 20}
    assert [one["run_id"] for one in shown["taken"]] == sent.json()["runs"]
    assert api.get("/events/evt_none").status_code == 404
    assert api.get("/events/refused").json() == {"rows": []}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "order.payd", "key": "A"}, 404),
        ({"name": "order.paid", "key": ""}, 422),
        ({"name": "order.paid", "key": "A", "payload": [1]}, 422),
        ({"name": "order.paid", "key": "A", "person": "somebody"}, 422),
        ({"name": "order.paid", "key": "A", "at": "2026-01-01T00:00:00"}, 422),
    ],
)
def test_what_is_no_event_is_refused_over_http(api: TestClient, body: dict[str, object], code: int) -> None:
    assert api.post("/events", json=body).status_code == code


def test_triggers_are_operated_over_http(api: TestClient) -> None:
    def view() -> dict[str, object]:
        rows = api.get("/triggers").json()["rows"]
        return next(one for one in rows if one["id"] == NAME)

    assert len(view()["next"]) == 5  # pyright: ignore[reportArgumentType]
    assert api.post(f"/triggers/{NAME}/pause", json={"reason": "stocktaking"}).status_code == 200
    assert (view()["reason"], view()["next"]) == ("stocktaking", [])
    assert api.post(f"/triggers/{NAME}/resume").json() == {"trigger": NAME, "paused": False}
    fired = api.post(f"/triggers/{NAME}/fire", json={})
    starts = api.get(f"/triggers/{NAME}/starts").json()["rows"]
    assert fired.status_code == 202
    assert starts[0]["run_id"] == fired.json()["run_id"]
    day = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-03T00:00:00Z", "dry": True}
    made = api.post(f"/triggers/{NAME}/backfill", json=day).json()
    assert (len(made["moments"]), made["started"]) == (2, [])
    assert api.post(f"/triggers/{INTENT}:none/fire", json={}).status_code == 404


def test_the_page_shows_triggers_and_operates_them(app: App, pages: TestClient) -> None:
    page = pages.get("/triggers")
    assert page.status_code == 200
    assert "0 2 * * *" in page.text
    token = csrf_in(page.text)

    paused = pages.post(f"/triggers/{NAME}/pause", data={"csrf": token, "reason": "<b>stock</b>"})
    assert "&lt;b&gt;stock&lt;/b&gt;" in paused.text
    assert pages.post(f"/triggers/{NAME}/resume", data={"csrf": token}).status_code == 200
    fired = pages.post(f"/triggers/{NAME}/fire", data={"csrf": token}, follow_redirects=False)
    assert fired.headers["location"].startswith("/runs/run_")
    assert pages.post(f"/triggers/{NAME}/fire", data={}).status_code == 403


def test_an_event_whose_start_failed_is_tried_again_from_its_page(app: App, pages: TestClient) -> None:
    sent = app.triggering.events.send(app.principal(), "order.broken", key="A-3", payload={"note": "<script>"})

    page = pages.get(f"/events/{sent.event_id}")

    assert "Try again" in page.text
    assert "<script>" not in page.text.replace('<script src="', "")
    assert "&lt;script&gt;" in page.text
    form = {"csrf": csrf_in(page.text), "event": sent.event_id}
    again = pages.post(f"/triggers/{INTENT}:broken/fire", data=form)
    assert again.status_code == 409
    assert "nothing" in again.text


def test_the_command_line_says_and_does_the_same(app: App, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiebeam, folder = Terminal(capsys), app.workspace
    payload = tmp_path / "payload.json"
    payload.write_text(json.dumps({"amount": 30}), encoding="utf-8")

    sent = tiebeam("events", "send", "order.placed", "--key", "C-1", "--payload", payload, "--json", "-w", folder)
    assert (sent.code, sent.json["state"]) == (0, "delivered"), sent.err
    shown = tiebeam("events", "show", sent.json["event_id"], "-w", folder)
    assert sent.json["runs"][0] in shown.out
    listed = tiebeam("events", "list", "--key", "C-1", "--json", "-w", folder)
    assert [one["id"] for one in listed.json["rows"]] == [sent.json["event_id"]]
    assert tiebeam("events", "list", "--state", "lost", "-w", folder).code == 2
    assert tiebeam("events", "refused", "-w", folder).code == 0
    wrong = tiebeam("events", "send", "order.payd", "--key", "C-1", "-w", folder)
    assert wrong.code == 1
    assert "did you mean" in wrong.err
    assert tiebeam("triggers", "list", "-w", folder).out.count(INTENT) == 4
    assert tiebeam("triggers", "pause", NAME, "--reason", "x", "-w", folder).code == 0
    assert tiebeam("triggers", "resume", NAME, "-w", folder).code == 0
    assert "is started" in tiebeam("triggers", "fire", NAME, "-w", folder).out
    made = tiebeam("triggers", "backfill", NAME, "--from", "2026-01-01", "--to", "2026-01-02T12:00", "-w", folder)
    assert "2 moments, 2 started now" in made.out
    assert tiebeam("triggers", "starts", NAME, "-w", folder).out.count("started") >= 3
