"""Sign-in links for colleagues: made by administrators, for one person, once."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from tests.builders.console_people import CONTROLLER, console, csrf_in, signed_in
from tiebeam.app import App
from tiebeam.store import search_journal

ADMINISTRATOR, COLLEAGUE = "kerstin-blohm", "carla-reuter"


def test_an_administrator_makes_a_link_that_signs_a_colleague_in(app: App) -> None:
    client = signed_in(app, ADMINISTRATOR)
    page = client.get("/settings").text
    assert "Make a sign-in link for Carla Reuter" in page
    answer = client.post("/settings/link", data={"person": COLLEAGUE, "csrf": csrf_in(page)})
    found = re.search(r"token=([\w-]+)", answer.text)
    assert found is not None
    other = TestClient(console(app), base_url="http://console.test")
    other.post("/sign-in", data={"token": found[1]})
    assert "Carla Reuter" in other.get("/").text
    with app.store.read() as conn:
        entries = search_journal(conn, stream_prefix=f"person:{COLLEAGUE}")
    assert any(entry.actor == f"person:{ADMINISTRATOR}" for entry in entries)


def test_others_neither_see_colleagues_nor_make_links_for_them(app: App) -> None:
    client = signed_in(app, CONTROLLER)
    page = client.get("/settings").text
    assert "Make a sign-in link" not in page
    answer = client.post("/settings/link", data={"person": COLLEAGUE, "csrf": csrf_in(page)})
    assert answer.status_code == 403
    assert "token=" not in answer.text


def test_a_link_is_not_made_without_the_sessions_own_token(app: App) -> None:
    client = signed_in(app, ADMINISTRATOR)
    assert client.post("/settings/link", data={"person": COLLEAGUE}).status_code == 403
