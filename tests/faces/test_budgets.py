"""Budgets on the command line and over HTTP. ids: EC-21, EC-22, EC-24"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.builders.budgets import USD
from tests.builders.workspaces import opened
from tests.faces.conftest import link_token
from tests.faces.terminal import Terminal
from tiebeam.api import build_api
from tiebeam.app import App
from tiebeam.economics.metering import Attempt, Ended, Settlement, Usage
from tiebeam.economics.spending import Hold, Short
from tiebeam.economics.spending import Path as Ceilings

TEAM, FLOW = "accounts-payable", "finance.invoice-processing-matching"
NEAREST = ["run:@accounts-payable", "accounts-payable", "finance", "company"]


@pytest.fixture(scope="module")
def company(example: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("budgets") / "ws"
    shutil.copytree(example, folder)
    return folder


@pytest.fixture(scope="module")
def app(company: Path) -> Iterator[App]:
    with opened(company) as found:
        yield found
        found.calls.close()


def reserved(app: App, usd: str) -> Hold:
    """Room for a call, once the database has leased it."""
    calls = app.calls.open()
    path = calls.spending.path(team=TEAM, workflow=FLOW, key_id="", execution="")
    assert isinstance(path, Ceilings)
    for _ in range(200):
        found = calls.spending.reserve(path, int(Decimal(usd) * USD), int(time.time() * 1000))
        if isinstance(found, Hold):
            return found
        assert isinstance(found, Short)
        time.sleep(0.01)
    raise AssertionError("no lease came")


def begun(app: App, name: str, hold: Hold) -> None:
    texts = ("step_id", "asked", "model", "provider", "upstream", "region", "service", "task_class", "route", "price")
    attempt = Attempt(
        id=name,
        call_id=name,
        at=int(time.time() * 1000),
        worst=hold.nano,
        nodes=hold.nodes,
        team=TEAM,
        workflow=FLOW,
        key_id="",
        agent="",
        environment="",
        execution="",
        is_run=False,
        endpoint="chat/completions",
        **dict.fromkeys(texts, ""),
    )
    app.calls.journal.attempt(attempt)
    assert app.calls.meter.writer.drain()


def ended(app: App, name: str, hold: Hold, usd: str) -> None:
    nano = int(Decimal(usd) * USD)
    at = int(time.time() * 1000)
    app.calls.journal.settle(Settlement(attempt_id=name, at=at, nano=nano, usage=Usage(), ended=Ended.OK))
    app.calls.spending.settle(hold, nano)
    assert app.calls.meter.writer.drain()


# ids: EC-21
# complaint: 2
def test_show_tells_ceiling_held_and_spent_of_every_budget(tiebeam: Terminal, app: App, company: Path) -> None:
    hold = reserved(app, "0.25")
    begun(app, "call-1", hold)
    rows = {row["id"]: row for row in tiebeam("budgets", "show", "--json", "-w", company).json}
    assert [(row["cap_usd"], row["held_usd"], row["spent_usd"]) for row in map(rows.get, NEAREST[1:])] == [
        ("50", "0.25", "0"),
        ("400", "0.25", "0"),
        ("1200", "0.25", "0"),
    ]
    assert Decimal(rows["company"]["leased_usd"]) >= Decimal("0.25")
    ended(app, "call-1", hold, "0.0123")
    rows = {row["id"]: row for row in tiebeam("budgets", "show", "--json", "-w", company).json}
    for budget in NEAREST[1:]:
        assert (rows[budget]["held_usd"], rows[budget]["spent_usd"]) == ("0", "0.0123")
    assert rows["finance"]["owner"]["role"] == "cfo"
    assert rows["trials"]["spent_usd"] == "0"
    assert "accounts-payable" in tiebeam("budgets", "show", "-w", company).out


# complaint: 7
def test_check_names_every_ceiling_of_a_call_and_which_has_no_room(tiebeam: Terminal, company: Path) -> None:
    said = tiebeam("budgets", "check", TEAM, FLOW, "--json", "-w", company)
    assert (said.code, [row["id"] for row in said.json["path"]]) == (0, NEAREST)
    said = tiebeam("budgets", "check", TEAM, FLOW, "--usd", "60", "--json", "-w", company)
    assert (said.code, said.json["fits"], said.json["refused_by"]) == (1, False, NEAREST[:2])
    assert "no room" in tiebeam("budgets", "check", TEAM, FLOW, "--usd", "60", "-w", company).out
    named = tiebeam("budgets", "check", TEAM, FLOW, "--execution", "run-7", "--json", "-w", company)
    assert named.json["path"][0]["id"] == "run:run-7@accounts-payable"


# ids: EC-22
def test_the_interface_shows_the_same_and_takes_requests(app: App) -> None:
    with TestClient(build_api(app), base_url="https://testserver") as client:
        signed_in = client.post("/session", json={"token": link_token(app, "leyla-aydin")})
        client.headers["x-csrf-token"] = signed_in.json()["csrf_token"]
        rows = {row["id"]: row for row in client.get("/budgets").json()["rows"]}
        assert rows["company"]["cap_usd"] == "1200"
        found = client.get("/budgets/covering", params={"team": TEAM, "workflow": FLOW}).json()["rows"]
        assert [row["id"] for row in found] == NEAREST
        asked = client.post("/budgets/finance/requests", json={"usd": "500", "reason": "month end"})
        assert (asked.status_code, asked.json()["role"]) == (201, "cfo")
        again = client.post("/budgets/finance/requests", json={"usd": "600", "reason": "month end"})
        assert again.status_code == 409
        assert client.post("/budgets/nothing/requests", json={"usd": "5", "reason": "x"}).status_code == 404


# ids: EC-22, HO-02
def test_who_owns_a_budget_finds_the_request_in_their_inbox_and_others_do_not(app: App) -> None:
    def tasks_of(person: str) -> list[str]:
        with TestClient(build_api(app), base_url="https://testserver") as client:
            client.post("/session", json={"token": link_token(app, person)})
            return [one["title"] for one in client.get("/tasks", params={"size": 500}).json()["rows"]]

    asking = app.workforce.principal("kerstin-blohm")
    app.asking.ask(asking, "accounts-payable", usd=Decimal(80), reason="a second quarter of scans")
    wanted = "Accounts payable: model use: 80.00 instead of 50.00 USD"
    assert wanted in tasks_of("jonas-petersen")
    assert wanted not in tasks_of("uwe-schmidtke")


def test_the_owner_decides_it_over_http_and_the_ceiling_is_the_new_one(app: App) -> None:
    with TestClient(build_api(app), base_url="https://testserver") as client:
        signed_in = client.post("/session", json={"token": link_token(app, "jonas-petersen")})
        client.headers["x-csrf-token"] = signed_in.json()["csrf_token"]
        (task,) = [
            one
            for one in client.get("/tasks", params={"mine": True}).json()["rows"]
            if one["title"].endswith("80.00 instead of 50.00 USD")
        ]
        said = client.post(
            f"/tasks/{task['id']}/decide", json={"verb": "approve", "payload_hash": task["payload_hash"]}
        )
        assert said.status_code in {200, 201}, said.text
        rows = {row["id"]: row for row in client.get("/budgets").json()["rows"]}
        assert rows["accounts-payable"]["cap_usd"] == "80"


def test_asking_for_less_than_there_is_says_so(tiebeam: Terminal, company: Path) -> None:
    said = tiebeam("budgets", "ask", "trials", "--usd", "5", "--reason", "more trials", "-w", company)
    assert said.code == 1
    assert "ask for the ceiling you need" in said.err
    for amount in ("NaN", "1e50", "-5", "0.0000000001"):
        said = tiebeam("budgets", "ask", "trials", "--usd", amount, "--reason", "more trials", "-w", company)
        assert (said.code, "is no ceiling in US dollars" in said.err) == (1, True)
    assert tiebeam("budgets", "check", TEAM, FLOW, "--usd", "NaN", "-w", company).code == 2
    said = tiebeam("budgets", "ask", "trials", "--usd", "9", "--reason", "more trials", "--json", "-w", company)
    assert (said.code, said.json["budget"], said.json["role"]) == (0, "trials", "controller")
