"""Delegations and emergency access through the console, the API and the command line."""

# ids: HO-02, B14, C5

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.builders.console_people import console, csrf_in, signed_in
from tests.faces.conftest import ADMINISTRATOR, SignIn
from tests.faces.terminal import Terminal
from tiebeam.app import App

REASON = "Nobody of the owners can be reached"


@pytest.fixture
def pages(app: App) -> dict[str, TestClient]:
    asgi = console(app)
    return {name: signed_in(app, name, asgi=asgi) for name in ("bea", "carl", "nora", ADMINISTRATOR)}


def send(client: TestClient, path: str, **fields: str):
    token = csrf_in(client.get("/settings/standing").text)
    return client.post(f"/settings/standing/{path}", data={"csrf": token, **fields}, follow_redirects=False)


def week(app: App) -> dict[str, str]:
    today = app.store.clock.now().date()
    return {"first": today.isoformat(), "last": (today + timedelta(days=6)).isoformat()}


def test_a_role_is_delegated_and_taken_back_on_a_page(app: App, pages: dict[str, TestClient]) -> None:
    bea = pages["bea"]
    done = send(bea, "delegate", role="controller", receiver="nora", reason="At the fair", **week(app))
    assert (done.status_code, done.headers["location"]) == (303, "/settings/standing")
    assert app.workforce.principal("nora").deputising == (("controller", "bea"),)
    page = bea.get("/settings/standing").text
    assert "At the fair" in page
    assert "At the fair" not in pages["carl"].get("/settings/standing").text
    with app.store.read() as conn:
        (made,) = app.workforce.delegations.find(conn, app.workforce.principal("bea"))
    assert send(pages["carl"], "revoke", delegation=made.id).status_code == 404
    assert send(bea, "revoke", delegation=made.id).status_code == 303
    assert app.workforce.principal("nora").deputising == ()


def test_a_refused_form_comes_back_with_the_reason_and_what_was_typed(app: App, pages: dict[str, TestClient]) -> None:
    told = send(pages["bea"], "delegate", role="controller", receiver="nora", reason="Gone", first="soon", last="later")
    assert told.status_code == 422
    assert "&#39;soon&#39; is no day" in told.text
    assert 'value="Gone"' in told.text
    refused = send(pages["carl"], "delegate", giver="bea", role="controller", receiver="nora", reason="x", **week(app))
    assert refused.status_code == 403


def test_an_emergency_is_taken_seen_ended_and_reviewed_on_pages(app: App, pages: dict[str, TestClient]) -> None:
    admin, nora = pages[ADMINISTRATOR], pages["nora"]
    assert 'id="take"' not in nora.get("/settings/standing").text
    assert send(nora, "take", role="controller", minutes="30", reason=REASON).status_code == 403
    assert send(admin, "take", role="workflow-designer", minutes="x", reason=REASON).status_code == 422
    assert send(admin, "take", role="workflow-designer", minutes="30", reason=REASON).status_code == 303
    assert REASON in nora.get("/").text
    with app.store.read() as conn:
        (made,) = app.workforce.emergencies.find(conn, app.workforce.principal(ADMINISTRATOR))
    note = "Read the reason and the mail"
    early = send(nora, "review", emergency=made.id, finding="justified", note=note)
    assert early.status_code == 409
    assert send(admin, "close", emergency=made.id).status_code == 303
    assert "waits for your review" in nora.get("/").text
    assert send(admin, "review", emergency=made.id, finding="justified", note=note).status_code == 403
    assert send(nora, "review", emergency=made.id, finding="perhaps", note=note).status_code == 422
    assert send(nora, "review", emergency=made.id, finding="justified", note=note).status_code == 303
    assert "Emergency access" not in nora.get("/").text
    assert note in nora.get("/settings/standing").text


def test_the_same_over_http(app: App, sign_in: SignIn) -> None:
    bea, nora, admin = sign_in("bea"), sign_in("nora"), sign_in(ADMINISTRATOR)
    asked = {"receiver": "nora", "role": "controller", "reason": "At the fair", **week(app)}
    made = bea.post("/delegations", json=asked)
    assert made.status_code == 201, made.text
    key = made.json()["delegation"]["id"]
    assert [one["state"] for one in nora.get("/delegations").json()["rows"]] == ["running"]
    assert bea.post("/delegations", json={**asked, "receiver": "bea"}).status_code == 403
    assert nora.post("/delegations", json={**asked, "receiver": "gus"}).status_code == 422
    assert nora.delete(f"/delegations/{key}").status_code == 200
    assert bea.get("/delegations").json()["rows"] == []
    assert bea.post("/emergencies", json={"role": "goods-receiver", "minutes": 5, "reason": REASON}).status_code == 403
    opened = admin.post("/emergencies", json={"role": "workflow-designer", "minutes": 5, "reason": REASON})
    assert opened.status_code == 201, opened.text
    key = opened.json()["emergency"]["id"]
    gus = sign_in("gus")
    assert gus.get("/emergencies").json()["rows"] == []
    assert gus.post(f"/emergencies/{key}/close").status_code == 404
    assert nora.post(f"/emergencies/{key}/close").json()["emergency"]["state"] == "awaiting-review"
    judged = nora.post(f"/emergencies/{key}/review", json={"finding": "justified", "note": "Read all of it"})
    assert judged.json()["emergency"]["state"] == "reviewed"


def test_a_body_cannot_say_who_delegates(app: App, sign_in: SignIn) -> None:
    asked = {"receiver": "nora", "role": "controller", "reason": "x", **week(app)}
    carl = sign_in("carl")
    assert carl.post("/delegations", json={**asked, "giver": "bea"}).status_code == 403
    assert carl.post("/delegations", json={**asked, "created_by": "person:bea"}).status_code == 422


def test_the_same_at_the_command_line(workspace: Path, tiebeam: Terminal) -> None:
    where = ("--workspace", str(workspace), "--json")
    opened = tiebeam("emergency", "open", "--role", "workflow-designer", "--minutes", "5", "--reason", REASON, *where)
    assert opened.code == 0, opened.err
    key = json.loads(opened.out)["id"]
    assert json.loads(tiebeam("emergency", "list", *where).out)["rows"][0]["state"] == "open"
    assert json.loads(tiebeam("emergency", "close", key, *where).out)["state"] == "awaiting-review"
    own = tiebeam("emergency", "review", key, "--finding", "justified", "--note", "It was I myself", *where)
    assert (own.code, "refused" in own.err) == (1, True)
    made = tiebeam(
        "delegations", "create", "controller", "--from", "bea", "--to", "nora", "--last", "2099-01-01",
        "--reason", "ill", *where,
    )  # fmt: skip
    assert (made.code, "92 days" in made.err) == (1, True)
    assert json.loads(tiebeam("delegations", "list", *where).out) == {"rows": []}
    told = json.loads(tiebeam("access", "check", *where).out)
    assert (told["sign_in"], told["provider"]) == (["link"], None)
