"""Looking after runs from the terminal, over HTTP and in the console: the same verbs, each with its preview.

ids: HO-02, B11, WF-15
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.builders.console_people import console, csrf_in, signed_in
from tests.builders.order_desk import ADMINISTRATOR, INTENT, RECIPE, STEPS, make_order_desk, rewrite
from tests.builders.workspaces import opened
from tests.faces.conftest import add_people, link_token, served
from tests.faces.terminal import Terminal
from tiebeam.app import App
from tiebeam.workflow.runs import RunState, fail_run, load_run

SECOND = """[[step]]
id = "again"
title = "Look once more"
kind = "review"
pattern = "orchestration"
after = ["look"]
review = { handoff = "sales.look" }

"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = make_order_desk(tmp_path_factory.mktemp("desk") / "company")
    add_people(folder)
    with opened(folder, work=True) as app:
        rewrite(app)
        yield app


@pytest.fixture
def run(app: App) -> str:
    """A run that waits for a person, by the first version."""
    row = app.starting.start(app.principal(), INTENT, {"order": "O-1"})
    assert app.engine.drain(timeout=30)
    return row.id


@pytest.fixture(scope="module")
def http(app: App) -> Iterator[TestClient]:
    with TestClient(served(app), base_url="https://testserver", raise_server_exceptions=False) as client:
        answer = client.post("/session", json={"token": link_token(app, ADMINISTRATOR)})
        client.headers["x-csrf-token"] = answer.json()["csrf_token"]
        yield client


@pytest.fixture(scope="module")
def pages(app: App) -> TestClient:
    return signed_in(app, ADMINISTRATOR, asgi=console(app))


def state_of(app: App, run_id: str) -> RunState:
    assert app.engine.drain(timeout=30)
    with app.store.read() as conn:
        return load_run(conn, run_id).state


def put_aside(app: App, run_id: str) -> None:
    with app.store.unit() as unit:
        fail_run(unit, run_id, error="KeyError: drawer")


def test_the_terminal_holds_ends_and_follows_a_run(app: App, run: str, tiebeam: Terminal) -> None:
    def do(*words: str) -> dict[str, object]:
        said = tiebeam("runs", *words, "--workspace", app.workspace, "--json")
        assert said.code == 0, said.err
        return json.loads(said.out)

    assert do("pause", run, "--reason", "a holiday")["state"] == "paused"
    assert tiebeam("runs", "list", "--state", "paused", "--workspace", app.workspace).out.count(run) == 1
    assert do("resume", run)["state"] == "queued"
    assert do("cancel", run, "--preview")["tasks"] == 1
    assert do("cancel", run, "--reason", "sent twice")["state"] == "cancelled"
    lines = tiebeam("runs", "tail", run, "--json", "--workspace", app.workspace).out.splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert (kinds[0], kinds[-1]) == ("run.started", "run.cancelled")
    assert {"run.paused", "run.resumed"} <= set(kinds)
    made = str(do("fork", run, "--reason", "not twice after all")["run"])
    assert state_of(app, made) is RunState.WAITING
    assert tiebeam("runs", "cancel", made, "--workspace", app.workspace).code == 2, "a reason is asked for"
    assert tiebeam("runs", "retry", made, "--keep", "look", "--workspace", app.workspace).code == 2
    refused = tiebeam("runs", "retry", made, "--workspace", app.workspace)
    assert (refused.code, "[not_failed]" in refused.err) == (1, True)


def test_the_terminal_shows_what_needs_a_look_and_lets_it_go(app: App, run: str, tiebeam: Terminal) -> None:
    put_aside(app, run)

    listed = tiebeam("runs", "attention", "--json", "--workspace", app.workspace)

    assert listed.code == 1
    assert [one["run"] for one in json.loads(listed.out)["put_aside"]["runs"]] == [run]
    assert tiebeam("runs", "retry", run, "--workspace", app.workspace).code == 0
    assert state_of(app, run) is RunState.WAITING
    assert tiebeam("runs", "attention", "--workspace", app.workspace).code == 0


def test_open_runs_are_moved_over_http_and_from_the_terminal(
    app: App, run: str, http: TestClient, tiebeam: Terminal
) -> None:
    other = app.starting.start(app.principal(), INTENT, {"order": "O-2"}).id
    assert app.engine.drain(timeout=30)
    rewrite(app, steps=STEPS + SECOND)
    try:
        wanted = {"recipe": RECIPE, "run": [run, other]}
        seen = http.get("/runs/migration", params=wanted).json()
        assert (seen["fits"], [one["fit"]["waits"] for one in seen["runs"]]) == (2, [["look"], ["look"]])
        body = {"recipe": RECIPE, "reason": "look twice", "runs": [run]}
        assert http.post("/runs/migration", json={**body, "reason": ""}).status_code == 422
        assert http.post("/runs/migration", json=body).json()["moved"] == [run]

        words = ("runs", "migrate", "--recipe", RECIPE, "--run", other, "--workspace", app.workspace)
        assert "1 would be moved" in tiebeam(*words).out
        assert tiebeam(*words, "--yes").code == 2, "a reason is asked for"
        assert tiebeam(*words, "--yes", "--reason", "look twice").code == 0
        assert "0 would be moved" in tiebeam(*words).out
    finally:
        rewrite(app)
    stays = tiebeam(*words)
    assert stays.code == 0
    assert "1 would be moved" in stays.out


def test_over_http_every_verb_says_first_what_it_would_do(app: App, run: str, http: TestClient) -> None:
    assert http.post(f"/runs/{run}/pause", json={"reason": "wait"}).json()["state"] == "paused"
    assert http.post(f"/runs/{run}/resume", json={}).status_code == 202
    assert app.engine.drain(timeout=30)
    assert http.get(f"/runs/{run}/cancel").json()["tasks"] == 1
    assert http.get(f"/runs/{run}/rewind", params={"step": "look"}).json()["forgets"] == ["look"]
    assert http.get(f"/runs/{run}/rewind", params={"step": "x"}).status_code == 404
    assert http.post(f"/runs/{run}/rewind", json={"step": "look", "reason": "anew"}).status_code == 202
    assert "cancel it first" in http.get(f"/runs/{run}/fork").json()["refusal"]
    assert http.post(f"/runs/{run}/fork", json={"reason": "x"}).json()["code"] == "not_forkable"
    assert http.get(f"/runs/{run}/replay").json()["code"] == "not_replayable"
    assert http.post(f"/runs/{run}/cancel", json={"reason": "done with it"}).json()["state"] == "cancelled"
    facts = http.get(f"/runs/{run}/events").json()
    rest = http.get(f"/runs/{run}/events", params={"after": facts["after"]}).json()
    assert (facts["rows"][-1]["kind"], rest["rows"]) == ("run.cancelled", [])
    followed = http.get("/runs/events", params={"limit": 500}).json()
    assert run in {one["run"] for one in followed["rows"]}


def test_an_ended_run_is_replayed_by_another_version(app: App, run: str, http: TestClient, pages: TestClient) -> None:
    with app.store.read() as conn:
        (task,) = app.workforce.tasks(conn, run_id=run, state="active").rows
    app.workforce.decide(app.principal(), task.id, verb="approve")
    assert state_of(app, run) is RunState.DONE
    assert http.get(f"/runs/{run}/replay").json()["differs"] is False

    rewrite(app, steps=STEPS + SECOND)
    try:
        done = http.get(f"/runs/{run}/replay").json()
        page = pages.get(f"/runs/{run}/replay").text
        assert "differs" not in pages.get(f"/runs/{run}/replay?version=pinned").text.split("It would be the same")[0]
    finally:
        rewrite(app)
    assert (done["differs"], done["after"]) == (True, "not ended")
    assert "Look once more" in page


def test_the_console_offers_what_one_may_do_and_shows_it_before_it_is_done(
    app: App, run: str, pages: TestClient
) -> None:
    def send(place: str, **fields: str) -> str:
        csrf = csrf_in(pages.get(f"/runs/{run}").text)
        answer = pages.post(place, data={"csrf": csrf, **fields}, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    shown = pages.get(f"/runs/{run}").text
    assert f'action="/runs/{run}/pause"' in shown
    assert f'href="/runs/{run}/cancel"' in shown
    assert send(f"/runs/{run}/pause") == f"/runs/{run}"
    assert f'action="/runs/{run}/resume"' in pages.get(f"/runs/{run}").text
    send(f"/runs/{run}/resume")
    assert "1 open task is withdrawn." in pages.get(f"/runs/{run}/cancel").text
    assert "Done again: look." in pages.get(f"/runs/{run}/again?step=look").text
    send(f"/runs/{run}/again", step="look", reason="anew")
    assert state_of(app, run) is RunState.WAITING
    assert "Two runs" not in pages.get(f"/runs/{run}/fork").text
    send(f"/runs/{run}/cancel", reason="enough")
    assert state_of(app, run) is RunState.CANCELLED
    made = send(f"/runs/{run}/fork", reason="after all")
    assert f"/runs/{run}" in pages.get(made).text, "both runs name each other"
    put_aside(app, made.removeprefix("/runs/"))
    assert f'action="{made}/retry"' in pages.get("/runs/attention").text
    assert "/runs/attention" in pages.get("/runs").text
    send(f"{made}/retry")
    moving = pages.get(f"/runs/migrate?recipe={RECIPE}")
    assert moving.status_code == 200
    assert "Open runs by another version" in moving.text
    assert pages.get("/runs/migrate").status_code == 404


def test_who_may_not_is_refused_everywhere(app: App, run: str, tiebeam: Terminal, tmp_path: Path) -> None:
    del tmp_path
    gus = signed_in(app, "gus", asgi=console(app))
    for path in ("cancel", "again", "fork", "replay"):
        assert gus.get(f"/runs/{run}/{path}").status_code in {403, 404}
    assert gus.get(f"/runs/migrate?recipe={RECIPE}").status_code in {403, 404}
    with TestClient(served(app), base_url="https://testserver", raise_server_exceptions=False) as client:
        answer = client.post("/session", json={"token": link_token(app, "gus")})
        client.headers["x-csrf-token"] = answer.json()["csrf_token"]
        for verb, body in (("pause", {"reason": "x"}), ("cancel", {"reason": "x"}), ("fork", {"reason": "x"})):
            assert client.post(f"/runs/{run}/{verb}", json=body).status_code in {403, 404}
        moved = client.post("/runs/migration", json={"recipe": RECIPE, "reason": "x"})
        assert moved.status_code in {403, 404}
    assert state_of(app, run) is RunState.WAITING
    assert tiebeam("runs", "pause", "run_x", "--reason", "x", "--workspace", app.workspace).code == 1
