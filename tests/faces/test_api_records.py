"""Workflows, library, ledger and journal over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from tests.builders.workspaces import opened
from tests.faces.conftest import ADMINISTRATOR, link_token
from tiebeam.api import build_api
from tiebeam.app import App

INTENT = "finance.invoice-processing-matching"


@pytest.fixture
def fresh_app(fresh_workspace: Path) -> Iterator[App]:
    """Nothing is evaluated yet, so a gate is shut."""
    with opened(fresh_workspace) as app:
        yield app


@pytest.fixture
def client(fresh_app: App) -> Iterator[TestClient]:
    with TestClient(build_api(fresh_app), base_url="https://testserver") as client:
        answer = client.post("/session", json={"token": link_token(fresh_app, ADMINISTRATOR)})
        client.headers["x-csrf-token"] = answer.json()["csrf_token"]
        yield client


# ids: B16
def test_a_shut_gate_keeps_a_workflow_down_and_says_why(client: TestClient) -> None:
    # ids: B16
    answer = client.post(f"/workflows/{INTENT}/promote", json={"to": "pilot"})

    assert (answer.status_code, answer.json()["code"]) == (409, "gates_shut")
    shut = [gate for gate in answer.json()["data"]["gates"] if not gate["passed"]]
    assert [gate["gate"] for gate in shut] == ["evaluation-passed"]
    assert shut[0]["reason"]
    assert client.get(f"/workflows/{INTENT}").json()["standing"]["stage"] == "draft"
    kinds = [entry["kind"] for entry in client.get("/journal", params={"stream": "workspace"}).json()]
    assert "promotion.refused" in kinds


def test_an_override_needs_a_reason_and_a_last_day(client: TestClient) -> None:
    until = (datetime.now(UTC) + timedelta(days=7)).date().isoformat()
    for body in ({"override": "pilot customer"}, {"override": " ", "until": until}, {"until": until}):
        answer = client.post(f"/workflows/{INTENT}/promote", json={"to": "pilot", **body})
        assert answer.status_code in {403, 422}, answer.text
    past = client.post(f"/workflows/{INTENT}/promote", json={"to": "pilot", "override": "x", "until": "2020-01-01"})
    assert past.status_code == 422

    answer = client.post(
        f"/workflows/{INTENT}/promote", json={"to": "pilot", "override": "pilot customer", "until": until}
    )

    assert answer.json()["override_reason"] == "pilot customer"
    assert client.get(f"/workflows/{INTENT}").json()["standing"]["override_until"] == until


def test_an_evaluation_opens_the_gate(client: TestClient) -> None:
    evaluated = client.post(f"/workflows/{INTENT}/evaluate").json()
    promoted = client.post(f"/workflows/{INTENT}/promote", json={"to": "pilot"})
    shown = client.get(f"/workflows/{INTENT}").json()

    assert evaluated["passed_cases"] == evaluated["total_cases"] > 0
    assert promoted.status_code == 200, promoted.text
    assert shown["evaluation"]["passed_cases"] == evaluated["passed_cases"]
    assert [one["to_state"] for one in shown["history"]] == ["pilot"]
    assert client.post(f"/workflows/{INTENT}/promote", json={"to": "draft"}).status_code in {200, 422}


def test_the_library_shows_lineage_both_ways(client: TestClient) -> None:
    intents = client.get("/library/intents").json()
    one = client.get("/library/intents/record", params={"id": INTENT}).json()

    assert INTENT in [item["id"] for item in intents]
    assert one["file"].endswith(".toml")
    assert any(kind == "adoptions" for kind, _ in one["used_by"])
    assert one["depends_on"]


def test_a_changed_journal_is_found_out(fresh_app: App, client: TestClient) -> None:
    whole = client.get("/journal/verify").json()
    assert (whole["sound"], whole["breaks"]) == (True, [])

    with fresh_app.store.unit() as unit:
        unit.conn.execute(
            sa.text("UPDATE journal_entry SET actor = 'person:nobody' WHERE stream = 'workspace' AND seq = 1")
        )
    found = client.get("/journal/verify", params={"stream": "workspace"}).json()

    assert found["sound"] is False
    assert found["breaks"][0]["stream"] == "workspace"


# ids: D8, EC-15
def test_the_ledger_is_told_by_line_by_day_and_by_workflow(admin: TestClient, waiting_task: str) -> None:
    run = admin.get(f"/tasks/{waiting_task}").json()["run_id"]

    assert admin.get("/ledger/lines", params={"run_id": run}).json()["lines"]
    assert [one["intent"] for one in admin.get("/ledger/summary").json()] == [INTENT]
    assert len(admin.get("/ledger/daily").json()) == 31
    for wrong in ("since=2026-02-02&until=2026-01-01", "since=1000-01-01", "since=x"):
        assert admin.get(f"/ledger/daily?{wrong}").status_code == 422
    assert admin.get("/ledger/summary?until=0001-01-01").status_code == 200
