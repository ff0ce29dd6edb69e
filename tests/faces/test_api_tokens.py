"""Tokens over HTTP: who they stand for, what they reach, and every way they are refused. ids: G1"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.builders.workspaces import INTENT, opened
from tests.faces.conftest import ADMINISTRATOR, META, SignIn
from tests.faces.papers import invoice_bytes
from tiebeam.api import build_api
from tiebeam.app import App
from tiebeam.http import COOKIE

FEED = f"""title = "ERP feed"
purpose = "Hands in invoices."
managing_role = "controller"
roles = ["ap-analyst"]
scopes = ["read", "run.start"]

{META}"""
EXPIRES = "2027-06-01T00:00:00Z"


@pytest.fixture
def feed(app: App, workspace: Path) -> Path:
    folder = workspace / "service-accounts"
    folder.mkdir()
    path = folder / "erp-feed.toml"
    path.write_text(FEED, encoding="utf-8")
    with app.store.unit() as unit:
        app.graph.apply(unit, actor=f"person:{ADMINISTRATOR}")
    return path


@pytest.fixture
def bea(sign_in: SignIn) -> TestClient:
    return sign_in("bea")


def create(client: TestClient, *scopes: str, **body: Any) -> dict[str, Any]:
    wanted = {"name": "script", "scopes": list(scopes) or ["read"], "expires_at": EXPIRES, **body}
    answer = client.post("/tokens", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def bearer(app: App) -> Iterator[Any]:
    clients: list[TestClient] = []

    def made(secret: str) -> TestClient:
        client = TestClient(build_api(app), base_url="https://testserver", raise_server_exceptions=False)
        client.headers["authorization"] = f"Bearer {secret}"
        clients.append(client)
        return client

    yield made
    for client in clients:
        client.close()


def test_a_token_stands_for_its_person_and_needs_no_other_token(bea: TestClient, bearer: Any) -> None:
    made = create(bea, "read", "token.view")
    client = bearer(made["secret"])

    who = client.get("/session").json()

    assert (who["principal"]["person_id"], who["principal"]["method"]) == ("bea", "token")
    assert who["csrf_token"] is None
    assert client.get("/runs").status_code == 200
    assert [one["id"] for one in client.get("/tokens").json()["rows"]] == [made["token"]["id"]]
    assert made["secret"] not in client.get("/tokens").text


def test_what_is_out_of_scope_is_refused_though_the_person_may(bea: TestClient, bearer: Any, waiting_task: str) -> None:
    decision = {"verb": "approve", "payload_hash": bea.get(f"/tasks/{waiting_task}").json()["payload_hash"]}
    for scopes, status in ((["read"], 403), (["read", "task.*"], 403), (["read", "task.decide"], 200)):
        answer = bearer(create(bea, *scopes)["secret"]).post(f"/tasks/{waiting_task}/decide", json=decision)
        assert answer.status_code == status, answer.text
    assert answer.json()["person"] == "bea"


def test_a_token_gives_nobody_access(admin: TestClient, bearer: Any) -> None:
    client = bearer(create(admin, "token.*", "person.*", "session.*")["secret"])

    assert client.post("/tokens", json={"name": "x", "scopes": ["read"], "expires_at": EXPIRES}).status_code == 403
    assert client.post(f"/people/{ADMINISTRATOR}/link").status_code == 403


def test_a_service_account_hands_in_documents_and_nothing_else(
    app: App, feed: Path, bea: TestClient, bearer: Any, waiting_task: str
) -> None:
    made = create(bea, "read", "run.start", holder="service:erp-feed", expires_at=None)
    client = bearer(made["secret"])

    assert "never ends" in made["warnings"][0]
    started = client.post(
        "/runs", data={"intent": INTENT}, files={"files": ("R-9.xml", invoice_bytes("R-9"), "application/xml")}
    )
    assert started.status_code < 300, started.text
    assert app.engine.drain(timeout=60)
    run = client.get(f"/runs/{started.json()['run_ids'][0]}").json()
    assert run["journal"][0]["actor"] == "service:erp-feed"
    assert client.post(f"/tasks/{waiting_task}/claim").status_code == 403
    assert client.get("/service-accounts").status_code in {200, 403}
    rows = {one["key"]: one for one in bea.get("/service-accounts").json()["rows"]}
    assert rows["service:erp-feed"]["managing_role"] == "controller"
    feed.unlink()
    with app.store.unit() as unit:
        app.graph.apply(unit, actor=f"person:{ADMINISTRATOR}")
    assert client.get("/runs").status_code == 401


def test_only_who_manages_a_machine_makes_its_tokens(feed: Path, sign_in: SignIn) -> None:
    body = {"name": "x", "scopes": ["read"], "holder": "service:erp-feed"}
    for person, status in (("gus", 403), ("nora", 403), ("bea", 201), (ADMINISTRATOR, 201)):
        assert sign_in(person).post("/tokens", json=body).status_code == status


def test_revoking_takes_effect_at_once_and_strangers_find_nothing(
    bea: TestClient, sign_in: SignIn, bearer: Any
) -> None:
    made = create(bea)
    client, token_id = bearer(made["secret"]), made["token"]["id"]

    assert client.get("/runs").status_code == 200
    stranger = sign_in("carl").delete(f"/tokens/{token_id}")
    assert (stranger.status_code, stranger.json()["code"]) == (404, "unknown_token")
    assert bea.delete(f"/tokens/{token_id}").status_code == 204
    refused = client.get("/runs")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_refused")
    assert "was revoked" in refused.json()["detail"]
    assert refused.headers["www-authenticate"] == 'Bearer realm="tiebeam", error="invalid_token"'


def test_whoever_is_nobody_is_told_how_to_say_who_they_are(anonymous: TestClient) -> None:
    answer = anonymous.get("/runs")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="tiebeam"')


def test_two_identities_in_one_request_are_none(bea: TestClient, admin: TestClient, bearer: Any) -> None:
    secret = create(bea)["secret"]
    answer = admin.get("/session", headers={"authorization": f"Bearer {secret}"})
    twice = bearer(secret).get("/session", headers=[("authorization", "Bearer x"), ("authorization", "Bearer y")])
    cookie = bearer(secret).get("/session", headers={"cookie": f"{COOKIE}=anything"})

    assert {one.status_code for one in (answer, twice, cookie)} == {400}
    assert {one.json()["code"] for one in (answer, twice, cookie)} == {"ambiguous_identity"}


def test_a_token_in_an_address_is_refused_with_what_to_do(bea: TestClient, anonymous: TestClient, bearer: Any) -> None:
    secret = create(bea)["secret"]
    for client in (anonymous, bea, bearer(secret)):
        for url in (f"/runs?access_token={secret}", f"/tokens/{secret}"):
            answer = client.get(url)
            assert (answer.status_code, answer.json()["code"]) == (400, "token_in_address")
            assert secret not in answer.text


def test_other_schemes_are_not_taken(anonymous: TestClient, bea: TestClient) -> None:
    secret = create(bea)["secret"]
    for header in (f"Basic {secret}", secret, f"Token {secret}", "Bearer", f"Bearer {'x' * 5000}"):
        assert anonymous.get("/runs", headers={"authorization": header}).status_code == 401
    assert anonymous.get("/runs", headers={"authorization": f"bearer {secret}"}).status_code == 200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=300))
def test_whatever_stands_in_the_header_is_refused_and_never_an_error(anonymous: TestClient, text: str) -> None:
    answer = anonymous.get("/runs", headers={"authorization": f"Bearer {text}".encode("latin-1")})
    assert answer.status_code in {401, 429}
    assert answer.status_code == 401 or int(answer.headers["retry-after"]) > 0


def test_no_secret_is_in_the_database_or_the_journal(app: App, workspace: Path, bea: TestClient, bearer: Any) -> None:
    secret = create(bea)["secret"]
    bearer(secret).get("/runs")
    cookie = bea.cookies[f"__Host-{COOKIE}"]
    app.store.close()
    parts = [secret[14:57], *cookie.split(".")]
    for path in (workspace / ".tiebeam").rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not any(part.encode() in content for part in parts), path.name


def test_sessions_are_listed_and_ended(sign_in: SignIn, admin: TestClient) -> None:
    here, there = sign_in("bea"), sign_in("bea")
    listed = here.get("/sessions").json()
    (other,) = [one["id"] for one in listed["rows"] if one["id"] != listed["current"]]

    assert {one["person_id"] for one in listed["rows"]} == {"bea"}
    assert here.get("/sessions", params={"person": "carl"}).status_code == 403
    assert sign_in("carl").delete(f"/sessions/{other}").status_code == 404
    assert here.delete(f"/sessions/{other}").status_code == 204
    assert there.get("/session").status_code == 401
    assert "bea" in {one["person_id"] for one in admin.get("/sessions").json()["rows"]}
    assert admin.delete("/sessions", params={"person": "bea"}).json()["ended"] == 1
    assert here.get("/session").status_code == 401


def test_a_browser_is_given_its_new_secret_with_any_answer(workspace: Path) -> None:
    from tests.faces.conftest import link_token
    from tiebeam.kit import FixedClock, SystemClock

    clock = FixedClock(SystemClock().now())
    with opened(workspace, clock=clock) as app:
        client = TestClient(build_api(app), base_url="https://testserver")
        answer = client.post("/session", json={"token": link_token(app, "bea")})
        first, csrf = client.cookies[COOKIE], answer.json()["csrf_token"]
        clock.advance(minutes=61)
        renewed = client.get("/runs")
        assert "httponly" in renewed.headers["set-cookie"].lower()
        assert client.cookies[COOKIE] != first
        assert client.get("/session").json()["csrf_token"] == csrf
        clock.advance(minutes=2)
        thief = TestClient(build_api(app), base_url="https://testserver", cookies={COOKIE: first})
        assert thief.get("/session").status_code == 401
        assert client.get("/session").status_code == 401
