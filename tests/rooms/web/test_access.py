"""Settings → Access: what one sees of sessions and tokens, and what one ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.builders.console_people import ADMINISTRATOR, ANALYST, CONTROLLER, csrf_in, signed_in
from tests.builders.workspaces import make_workspace, opened
from tiebeam.app import App
from tiebeam.http import COOKIE
from tiebeam.kit import FixedClock, SystemClock
from tiebeam.workforce import SessionView

PAGE = "/settings/access"
TOKEN = re.compile(r"tb_[psa]_[0-9a-z]{8}_[\w-]{43}_[0-9a-z]{6}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_workspace(tmp_path_factory.mktemp("access") / "company", example="harbour-tools")


@pytest.fixture(scope="module")
def app(folder: Path) -> Iterator[App]:
    with opened(folder) as house:
        yield house


def send(client: TestClient, path: str, **fields: str) -> str:
    csrf = csrf_in(client.get(PAGE).text)
    answer = client.post(f"{PAGE}{path}", data={"csrf": csrf, **fields})
    assert answer.status_code < 500, answer.text
    return answer.text


def test_a_token_is_shown_once_and_revoked_here(app: App) -> None:
    client = signed_in(app, ANALYST)
    assert "No tokens" in client.get(PAGE).text
    made = send(client, "/tokens", name="month-end script", days="30", scope="read")
    (secret,) = set(TOKEN.findall(made))
    assert "data-copy" in made
    assert "<script>" not in made
    again = client.get(PAGE).text
    assert TOKEN.search(again) is None
    assert "month-end script" in again
    assert app.workforce.access.principal_of_token(secret).person_id == ANALYST
    assert "opens nothing any more" in send(client, "/revoke", token=secret[:13])
    assert "Revoked" in client.get(PAGE).text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "my script", "days": "", "scope": "read"}, "needs an end"),
        ({"name": "my script", "days": "400", "scope": "read"}, "366 days"),
        ({"name": "my script", "days": "soon", "scope": "read"}, "no number of days"),
        ({"name": "my script", "days": "30"}, "at least one scope"),
        ({"name": "my script", "days": "30", "scope": "token.create"}, "No token may be for"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(app: App, fields: dict[str, str], told: str) -> None:
    page = send(signed_in(app, ANALYST), "/tokens", **fields)
    assert told in page
    assert 'value="my script"' in page
    assert TOKEN.search(page) is None


def test_machines_are_shown_to_who_manages_them(app: App) -> None:
    manager, analyst = signed_in(app, ADMINISTRATOR), signed_in(app, ANALYST)
    assert "agent:invoice-clerk" in manager.get(PAGE).text
    assert "agent:invoice-clerk" not in analyst.get(PAGE).text
    made = send(manager, "/tokens", name="clerk", holder="agent:invoice-clerk", scope="read", days="")
    assert TOKEN.search(made) is not None
    refused = send(analyst, "/tokens", name="clerk", holder="agent:invoice-clerk", scope="read", days="3")
    assert TOKEN.search(refused) is None


def test_one_ends_one_s_own_sessions_and_nobody_else_s(app: App) -> None:
    here, there, colleague = signed_in(app, ANALYST), signed_in(app, ANALYST), signed_in(app, CONTROLLER)
    assert "This one" in here.get(PAGE).text
    assert "Everybody else" not in here.get(PAGE).text
    (foreign,) = {
        one.id for one in _sessions(app, CONTROLLER) if one.id in signed_in(app, ADMINISTRATOR).get(PAGE).text
    }
    assert "here is no session" in send(here, "/end", session=foreign)
    send(here, "/end-others")
    assert there.get(PAGE, follow_redirects=False).status_code == 303
    assert here.get(PAGE).status_code == 200
    send(signed_in(app, ADMINISTRATOR), "/end", session=foreign)
    assert colleague.get(PAGE, follow_redirects=False).status_code == 303


def test_a_page_that_was_open_for_an_hour_may_still_be_sent(folder: Path) -> None:
    clock = FixedClock(SystemClock().now())
    with opened(folder, clock=clock) as app:
        client = signed_in(app, ANALYST)
        csrf, first = csrf_in(client.get(PAGE).text), client.cookies[COOKIE]
        clock.advance(minutes=90)
        client.get("/")
        assert client.cookies[COOKIE] != first
        answer = client.post(f"{PAGE}/tokens", data={"csrf": csrf, "name": "x", "days": "3", "scope": "read"})
        assert TOKEN.search(answer.text) is not None


def _sessions(app: App, person: str) -> list[SessionView]:
    with app.store.read() as conn:
        return app.workforce.access.sessions(conn, app.workforce.principal(person))
