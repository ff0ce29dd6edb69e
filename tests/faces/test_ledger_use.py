"""Totals, charges, returns, statements, anomalies and outcomes at the command line and over HTTP, with one answer."""

# ids: EC-19, EC-21, EC-24, EC-27
from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.builders.use import charge, put
from tests.builders.workspaces import INTENT, make_workspace, opened
from tests.faces.conftest import link_token
from tests.faces.terminal import Terminal
from tiebeam.api import build_api
from tiebeam.app import App
from tiebeam.economics.forecast import Month

CFO, OWNER, STEWARD = "antje-brinkmann", "peter-harms", "henrik-lund"
"""The CFO answers for the company's budget, the owner for two of its lines, the steward for none."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Two teams used models last month and today; one execution of today went wild."""
    folder = make_workspace(tmp_path_factory.mktemp("use") / "company", example="harbour-tools")
    shutil.rmtree(folder / "allocations")
    with opened(folder) as found:
        today = found.store.clock.now().date()
        last_month = Month.of(found.store.clock.now()).plus(-1).first
        put(
            found.store,
            [
                charge("a", last_month, team="purchasing", workflow="offers", nano=2_000_000_000),
                charge("b", last_month, team="it", workflow="letters", execution="job-b", nano=1_000_000_001),
                charge("c1", today, call_id="c", team="purchasing", concluded=False, nano=1),
                charge("c2", today, call_id="c", team="purchasing", execution="job/1", nano=30_000_000_000),
                charge("d", today, team="accounts-payable", workflow=INTENT, execution="job-2", nano=900_000_000),
            ],
        )
        yield found


@pytest.fixture(scope="module")
def clients(app: App) -> Iterator[dict[str, TestClient]]:
    found: dict[str, TestClient] = {}
    with ExitStack() as opened_ones:
        for person in (CFO, OWNER, STEWARD):
            client = opened_ones.enter_context(TestClient(build_api(app), base_url="https://testserver"))
            answer = client.post("/session", json={"token": link_token(app, person)})
            client.headers["x-csrf-token"] = answer.json()["csrf_token"]
            found[person] = client
        yield found


@pytest.fixture
def api(clients: dict[str, TestClient]) -> TestClient:
    return clients[CFO]


def month(app: App) -> str:
    return str(Month.of(app.store.clock.now()).plus(-1))


def test_totals_are_the_same_on_every_face(app: App, api: TestClient, tiebeam: Terminal) -> None:
    first = Month.read(month(app)).first
    days = {"from": str(first), "to": str(first)}
    over_http = api.get("/ledger/totals", params={"by": "team", **days}).json()
    said = tiebeam(
        "ledger", "totals", "--by", "team", "--from", days["from"], "--to", days["to"], "--json", "-w", app.workspace
    )
    assert said.json == over_http
    assert [(row["key"], row["cost_usd"]) for row in over_http] == [
        ("purchasing", "2"),
        ("it", "1.000000001"),
    ]
    assert said.json[0].keys() >= {"requests", "input_tokens", "cached_input_tokens", "output_tokens"}
    (course,) = api.get("/ledger/totals/daily", params={"by": "workflow", "team": "purchasing", **days}).json()
    assert (course["day"], course["key"]) == (str(first), "offers")
    text = tiebeam("ledger", "totals", "--team", "purchasing", "-w", app.workspace).out
    assert text.startswith("team")
    assert "purchasing" in text


def test_a_total_leads_to_charges_a_call_and_its_execution(app: App, api: TestClient, tiebeam: Terminal) -> None:
    page = api.get("/ledger/charges", params={"team": "purchasing", "limit": 2}).json()
    rest = api.get("/ledger/charges", params={"team": "purchasing", "limit": 2, "before": page["before"]}).json()
    assert [row["id"] for row in (*page["charges"], *rest["charges"])] == ["c2", "c1", "a"]
    call = api.get("/ledger/calls/c").json()
    assert ([row["id"] for row in call["attempts"]], call["cost_usd"]) == (["c1", "c2"], "30.000000001")
    one = api.get("/ledger/execution", params={"name": "job/1"}).json()
    assert (one["cost_usd"], one["is_run"], one["steps"][0]["calls"]) == ("30", False, 1)
    listed = tiebeam("ledger", "lines", "--team", "purchasing", "--limit", "1", "-w", app.workspace)
    assert "more with --before" in listed.out
    shown = tiebeam("ledger", "lines", "--call", "c", "--json", "-w", app.workspace)
    assert shown.json["cost_usd"] == "30.000000001"
    assert "attempts" not in tiebeam("ledger", "lines", "--call", "c", "-w", app.workspace).err
    assert tiebeam("ledger", "lines", "--of", "runs", "--key", "k", "-w", app.workspace).code == 2
    assert tiebeam("ledger", "lines", "-w", app.workspace).code == 0


def test_outcomes_are_reported_once_and_turn_into_returns(app: App, api: TestClient, tiebeam: Terminal) -> None:
    body = {
        "outcomes": [
            {"ref": "o-1", "team": "purchasing", "workflow": "triage", "value": "45.5", "basis": "hours saved at 50"},
            {"ref": "o-2", "team": "purchasing", "workflow": "triage", "execution": "job/1", "accepted": 0},
        ]
    }
    made = api.post("/outcomes", json=body)
    assert made.status_code == 201, made.text
    assert api.post("/outcomes", json=body).json() == made.json()
    changed = {"outcomes": [{**body["outcomes"][0], "value": "46"}]}
    assert api.post("/outcomes", json=changed).json()["code"] == "outcome_differs"
    (row,) = [one for one in api.get("/returns").json()["rows"] if one["key"] == "triage"]
    assert (row["outcomes"], row["ended"], row["value_usd"], row["usd_per_outcome"]) == (1, 2, "45.5", "30.000000001")
    said = tiebeam("returns", "--by", "workflow", "--json", "-w", app.workspace)
    assert row in said.json
    assert "usd per million tokens" in tiebeam("returns", "--by", "model", "-w", app.workspace).out
    again = ("outcomes", "report", "--ref", "o-1", "--team", "purchasing", "--workflow", "triage", "--value", "45.50")
    same = tiebeam(*again, "--basis", "hours saved at 50", "--json", "-w", app.workspace)
    assert [one["id"] for one in same.json] == [made.json()[0]["id"]]
    assert len(api.get("/outcomes", params={"team": "purchasing"}).json()["outcomes"]) == 2
    assert tiebeam("outcomes", "list", "--json", "-w", app.workspace).code == 0


def test_reports_come_from_files(app: App, tiebeam: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "outcomes.jsonl"
    file.write_text('{"ref": "f-1", "team": "plant", "workflow": "sensors"}\n{"ref": "f-2"}\n', encoding="utf-8")
    said = tiebeam("outcomes", "report", "--file", file, "-w", app.workspace)
    assert (said.code, "line 2: team is missing" in said.err) == (1, True)
    assert tiebeam("outcomes", "report", "--team", "plant", "-w", app.workspace).code == 2


def test_a_statement_comes_in_every_form_and_is_billed_once(
    app: App, api: TestClient, tiebeam: Terminal, tmp_path: Path
) -> None:
    asked = {"about": "team:purchasing", "month": month(app)}
    one = api.get("/ledger/statement", params=asked).json()
    assert (one["total_usd"], one["owner_role"], one["is_final"]) == ("2", "budget-owner", True)
    assert one["lines"][0]["ledger"]["workflow"] == "offers"
    assert api.get("/ledger/statement.csv", params=asked).text.splitlines()[-1].startswith("total")
    assert api.get("/ledger/statement.xlsx", params=asked).content[:2] == b"PK"
    first = api.post("/ledger/statements", json=asked)
    assert (first.status_code, first.json()["usd"], first.json()["number"]) == (201, "2", 1)
    assert api.post("/ledger/statements", json=asked).json()["code"] == "nothing_due"
    kept = api.get(f"/ledger/statements/{first.json()['id']}").json()
    assert kept["content"]["total_usd"] == "2"
    assert [row["id"] for row in api.get("/ledger/statements").json()] == [first.json()["id"]]
    table, sheet = tmp_path / "a.csv", tmp_path / "a.xlsx"
    words = ("ledger", "statement", "team:purchasing", "--month", month(app), "-w", app.workspace)
    assert "total $2" in tiebeam(*words, "--csv", table, "--xlsx", sheet).out
    assert table.read_text("utf-8").startswith("section")
    assert sheet.read_bytes()[:2] == b"PK"
    assert tiebeam("ledger", "issued", "--json", "-w", app.workspace).json[0]["number"] == 1
    assert "team:purchasing" in tiebeam("ledger", "statement", "-w", app.workspace).out
    assert tiebeam("ledger", "statement", "purchasing", "-w", app.workspace).code == 1


def test_what_stands_out_is_told(app: App, api: TestClient, tiebeam: Terminal) -> None:
    found = api.get("/ledger/anomalies").json()
    assert [(one["kind"], one["execution"]) for one in found] == [("runaway", "job-2")]
    assert found[0]["threshold"] == "0.1"
    said = tiebeam("ledger", "anomalies", "--json", "-w", app.workspace)
    assert (said.code, said.json) == (1, found)
    first = Month.read(month(app)).first
    quiet = tiebeam(
        "ledger", "anomalies", "--from", str(first - timedelta(days=9)), "--to", str(first), "-w", app.workspace
    )
    assert quiet.code == 0
    assert api.get("/ledger/anomalies", params={"from": "2020-01-01"}).json()["code"] == "invalid"


def test_everyone_sees_their_part_and_no_more(clients: dict[str, TestClient]) -> None:
    def teams(person: str) -> set[Any]:
        return {row["key"] for row in clients[person].get("/ledger/totals").json()}

    assert teams(CFO) == {"purchasing", "accounts-payable", "it"}
    assert teams(OWNER) == {"purchasing", "accounts-payable"}, (
        "two lines' and that of a workflow whose ledger they read"
    )
    owner, steward = clients[OWNER], clients[STEWARD]
    assert owner.get("/ledger/calls/call-b").status_code == 404
    assert owner.get("/ledger/execution", params={"name": "job-b"}).status_code == 404
    assert owner.get("/ledger/statement", params={"about": "team:it"}).status_code == 404
    assert "line:hand-tools" in owner.get("/ledger/parties").json()
    assert "purchasing" not in steward.get("/ledger/totals").text
    assert steward.get("/ledger/calls/c").status_code in {403, 404}


def test_who_answers_for_nothing_reports_and_bills_nothing(app: App, clients: dict[str, TestClient]) -> None:
    outcome = {"ref": "x", "team": "it", "workflow": "letters"}
    for person in (OWNER, STEWARD):
        assert clients[person].post("/outcomes", json={"outcomes": [outcome]}).status_code == 403
        billed = clients[person].post("/ledger/statements", json={"about": "team:it", "month": month(app)})
        assert billed.status_code in {403, 404}


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/ledger/totals?from=2026-02-01&to=2026-01-01", "invalid"),
        ("/ledger/totals?by=nothing", "invalid"),
        ("/ledger/charges?before=x", "invalid"),
        ("/ledger/statement?about=team:purchasing&month=2026-13", "wrong_month"),
        ("/ledger/statement?about=nobody", "wrong_party"),
        ("/ledger/statement?about=line:nothing", "unknown_party"),
        ("/ledger/statements/x", "unknown_statement"),
        ("/ledger/calls/x", "unknown_call"),
        ("/ledger/execution?name=x", "unknown_execution"),
        ("/returns?by=day", "invalid"),
    ],
)
def test_what_makes_no_sense_is_told_so(api: TestClient, path: str, error: str) -> None:
    assert api.get(path).json()["code"] == error
