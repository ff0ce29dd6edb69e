"""Signing in over HTTP, and who the API believes it talks to."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.faces.conftest import ADMINISTRATOR, SignIn, link_token
from tiebeam.app import App


def test_a_link_signs_in_once(app: App, anonymous: TestClient) -> None:
    token = link_token(app, "bea")

    first = anonymous.post("/session", json={"token": token})
    anonymous.cookies.clear()
    second = anonymous.post("/session", json={"token": token})

    assert first.status_code == 201
    assert first.json()["person"] == "bea"
    assert (second.status_code, second.json()["code"]) == (403, "link_refused")
    assert second.headers["content-type"] == "application/problem+json"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app: App, anonymous: TestClient) -> None:
    answer = anonymous.post("/session", json={"token": link_token(app, "bea")})
    flags = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}

    assert {"httponly", "secure", "samesite=lax", "path=/"} <= flags


def test_too_many_wrong_links_are_slowed_down(anonymous: TestClient) -> None:
    answers = [anonymous.post("/session", json={"token": f"guess-{number}"}) for number in range(12)]

    assert {answer.status_code for answer in answers[:10]} == {403}
    assert (answers[-1].status_code, answers[-1].json()["code"]) == (429, "too_many_attempts")


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(sign_in: SignIn) -> None:
    client = sign_in("bea")
    cookies = dict(client.cookies)

    assert client.delete("/session").status_code == 204
    client.cookies.update(cookies)
    assert client.get("/session").status_code == 401


@pytest.mark.parametrize("token", [None, "", "wrong", "0" * 64])
def test_a_change_without_the_sessions_token_is_refused(admin: TestClient, token: str | None) -> None:
    del admin.headers["x-csrf-token"]
    headers = {} if token is None else {"x-csrf-token": token}

    answer = admin.post("/runs", files={"files": ("a.xml", b"<a/>")}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_refused")


def test_another_sessions_token_is_refused(sign_in: SignIn) -> None:
    bea, carl = sign_in("bea"), sign_in("carl")

    answer = bea.delete("/session", headers={"x-csrf-token": carl.headers["x-csrf-token"]})

    assert answer.status_code == 403
    assert bea.get("/session").status_code == 200


@pytest.mark.parametrize(
    ("params", "headers"),
    [
        ({"person": ADMINISTRATOR, "person_id": ADMINISTRATOR, "as": ADMINISTRATOR, "actor": ADMINISTRATOR}, {}),
        ({}, {"x-person": ADMINISTRATOR, "x-forwarded-user": ADMINISTRATOR, "remote-user": ADMINISTRATOR}),
    ],
)
def test_claims_to_be_someone_else_change_nothing(
    sign_in: SignIn, params: dict[str, str], headers: dict[str, str]
) -> None:
    nora = sign_in("nora")

    who = nora.get("/session", params=params, headers=headers)
    journal = nora.get("/journal", params=params, headers=headers)

    assert who.json()["principal"]["person_id"] == "nora"
    assert who.json()["principal"]["administrator"] is False
    assert journal.status_code == 403


def test_a_claim_in_a_body_is_told_not_to_be_heard(sign_in: SignIn) -> None:
    administrator = sign_in(ADMINISTRATOR)
    body = {"to": "production", "actor": "person:bea", "person": "bea"}

    answer = administrator.post("/workflows/finance.invoice-processing-matching/promote", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "actor" in answer.json()["detail"]


def test_health_says_nothing_but_that_it_works(anonymous: TestClient) -> None:
    assert anonymous.get("/health").json() == {"status": "ok", "workers": 1}
