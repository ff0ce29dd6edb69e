"""Forecasts, cost to serve and the budget frame at the command line, over HTTP and in the console, with one answer."""

# ids: EC-15, EC-19, EC-20, EC-23, EC-24
from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.builders.adopted import case_lines
from tests.builders.console_people import console, signed_in
from tests.builders.workspaces import INTENT, make_workspace, opened
from tests.faces.conftest import link_token
from tests.faces.terminal import Terminal
from tiebeam.api import build_api
from tiebeam.app import App
from tiebeam.economics.forecast import Month
from tiebeam.http import Caller
from tiebeam.kit import FixedClock
from tiebeam.store import search_journal

CFO, CONTROLLER, STEWARD = "antje-brinkmann", "jonas-petersen", "henrik-lund"
"""The CFO reads frames and ledgers; the controller answers for the workflow; the steward has no part in it."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = make_workspace(tmp_path_factory.mktemp("forecast") / "company", example="harbour-tools")
    with opened(folder) as found:
        found.forecasting.keep()
        day = found.forecasting.month_now().first
        # Dearer than a whole month was planned, so that it alarms on whatever day of the month this runs.
        with found.store.unit() as unit:
            cases = [
                one for number in range(60) for one in case_lines(day, number, minutes="60" if number < 50 else "0")
            ]
            found.economics.record(unit, cases)
        assert [one.level.value for one in found.forecasting.check()] == ["alert"]
        yield found


@pytest.fixture(scope="module")
def api(app: App) -> Iterator[TestClient]:
    with TestClient(build_api(app), base_url="https://testserver") as client:
        client.post("/session", json={"token": link_token(app, CFO)})
        yield client


def month(app: App) -> Month:
    return app.forecasting.month_now()


def test_the_month_over_http(app: App, api: TestClient) -> None:
    (listed,) = api.get("/forecast").json()
    one = api.get(f"/forecast/{INTENT}").json()
    assert one["workflow"] == listed["workflow"] == INTENT
    assert (one["month"], one["level"], one["owner"]) == (str(month(app)), "alert", CONTROLLER)
    # 50 hours at 40, and 1 of each of 60 cases.
    assert one["total"]["actual"] == "2060"
    assert one["plan"]["kept"] is True
    assert float(one["total"]["planned"]) == pytest.approx(1395.246667)
    ahead = api.get("/forecast", params={"month": str(month(app).plus(2))}).json()[0]
    assert (ahead["plan"]["kept"], ahead["level"], ahead["total"]["actual"]) == (False, "calm", "0")


def test_alerts_are_told_with_who_answers(api: TestClient) -> None:
    (alert,) = api.get("/forecast/alerts").json()
    assert (alert["level"], alert["owner"], alert["actual"]) == ("alert", CONTROLLER, "2060")
    assert "most of it is people" in alert["because"]


@pytest.mark.parametrize(
    ("path", "code", "error"),
    [
        ("/forecast?month=2026-13", 422, "wrong_month"),
        ("/forecast?month=2199-01", 422, "invalid"),
        ("/forecast/finance.nothing", 404, "not_forecast"),
        ("/forecast/reconciliation?months=99", 422, "invalid"),
        ("/ledger/served?since=2026-02-01&until=2026-01-01", 422, "invalid"),
        ("/ledger/measured/finance.nothing", 404, "not_adopted"),
        (f"/ledger/measured/{INTENT}?since=2026-02-01&until=2026-01-01", 422, "invalid"),
        (f"/ledger/measured/{INTENT}?since=2020-01-01&until=2020-01-31", 422, "no_history"),
        ("/budget/frame?name=1999", 404, "no_frame"),
    ],
)
def test_what_makes_no_sense_is_told_so(api: TestClient, path: str, code: int, error: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.json()["code"]) == (code, error)


def test_cost_to_serve_against_value_and_per_million_tokens(api: TestClient) -> None:
    (one,) = api.get("/ledger/served").json()
    assert (one["workflow"], one["stage"], one["currency"]) == (INTENT, "production", "EUR")
    assert (one["accepted"], one["cost_to_serve"], one["value"], one["margin"]) == (60, "2060", "300", "-1760")
    assert one["usd_per_mtok"] is None, "no tokens were spent, which is not a price of zero"


def test_figures_measured_in_the_ledger(app: App, api: TestClient) -> None:
    first = month(app).first
    said = api.get(f"/ledger/measured/{INTENT}", params={"since": str(first), "until": str(first + timedelta(days=9))})
    figures = {one["name"]: one for one in said.json()["figures"]}
    # 50 of 60 were looked at, an hour each; 60 cases in ten days.
    assert figures["exception_rate"]["value"] == "0.833333"
    assert figures["review_minutes_per_exception"]["value"] == "60.000000"
    assert figures["units_per_month"]["value"] == "182.625000"
    assert f"ledger {first}.." in figures["exception_rate"]["source"]


def test_the_frame_over_http(api: TestClient) -> None:
    one = api.get("/budget/frame").json()
    assert (one["verdict"], one["band"]["low"], one["band"]["high"]) == ("inside", "1560000.00", "3640000.00")
    assert one["findings"] == []
    assert {line["id"]: line["owner"] for line in one["lines"] if line["outside_it"]} == {
        "finance-models": "antje-brinkmann",
        "marketing-tools": "sofia-marchetti",
        "plant-sensors": "peter-harms",
    }


@pytest.mark.parametrize("path", [f"/forecast/{INTENT}.xlsx", "/budget/frame.xlsx"])
def test_spreadsheets_come_over_http(api: TestClient, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 200
    assert answer.content[:2] == b"PK"


def test_who_has_no_part_sees_neither_ledger_nor_frame(app: App) -> None:
    with TestClient(build_api(app), base_url="https://testserver") as client:
        client.post("/session", json={"token": link_token(app, STEWARD)})
        codes = {
            path: client.get(path).status_code
            for path in ("/forecast", "/forecast/alerts", f"/forecast/{INTENT}", "/ledger/served", "/budget/frame")
        }
    assert codes["/forecast"] in {200, 403}
    assert codes[f"/forecast/{INTENT}"] in {403, 404}
    assert codes["/budget/frame"] in {403, 404}


def test_the_console_shows_the_month_its_alert_and_its_parts(app: App) -> None:
    client = signed_in(app, CFO, asgi=console(app))
    home, listed, one = (client.get(path) for path in ("/", "/economics/forecast", f"/economics/forecast/{INTENT}"))
    assert [page.status_code for page in (home, listed, one)] == [200, 200, 200]
    for page in (home, listed):
        assert "Jonas Petersen answers for it." in page.text
        assert f"/economics/forecast/{INTENT}" in page.text
    assert "Far above plan" in one.text
    assert "2,060.00" in one.text
    assert all(len(page.content) < 100_000 for page in (home, listed, one))
    for path in ("/economics/forecast?tab=errors", "/economics/forecast?tab=served", "/economics/frame"):
        assert client.get(path).status_code == 200, path
    assert "Inside the band" in client.get("/economics/frame").text


def test_every_table_comes_as_csv_and_json(app: App) -> None:
    client = signed_in(app, CFO, asgi=console(app))
    (row,) = client.get("/economics/forecast.json").json()
    assert (row["level"], row["actual"]) == ("Far above plan", "2060")
    (row,) = client.get("/economics/forecast.json?tab=served").json()
    assert (row["stage"], row["margin"]) == ("production", "-1760")
    assert client.get("/economics/forecast.csv").text.startswith("id,workflow,level")
    assert client.get(f"/economics/forecast/{INTENT}.json").json()["total"]["actual"] == "2060"
    assert client.get(f"/economics/forecast/{INTENT}.xlsx").content[:2] == b"PK"
    assert len(client.get("/economics/frame.csv").text.splitlines()) == 6
    assert client.get("/economics/frame.json").json()["verdict"] == "inside"
    assert client.get("/economics/frame.xlsx").content[:2] == b"PK"


def test_the_same_at_the_command_line(app: App, tiebeam: Terminal, tmp_path: Path) -> None:
    def run(*words: str) -> Any:
        return tiebeam(*words, "--workspace", app.workspace, "--json")

    shown = run("forecast", INTENT)
    assert shown.code == 1, "an alert wants attention"
    assert shown.json["total"]["actual"] == "2060"
    assert run("forecast").json[0]["workflow"] == INTENT
    assert run("forecast", "alerts").code == 1
    assert run("forecast", "reconcile").json == {"months": [], "accuracy": []}
    assert run("ledger", "served", "--production").json[0]["cost_to_serve"] == "2060"
    assert run("budget", "frame").json["verdict"] == "inside"
    said = tiebeam("forecast", "finance.nothing", "--workspace", app.workspace)
    assert (said.code, "[not_forecast]" in said.err) == (1, True)
    file = tmp_path / "forecast.xlsx"
    tiebeam("forecast", INTENT, "--xlsx", str(file), "--workspace", app.workspace)
    assert file.read_bytes()[:2] == b"PK"
    text = tiebeam("forecast", INTENT, "--workspace", app.workspace).out
    assert "working days are over" in text
    assert "jonas-petersen answers for it" in text


def test_a_workspace_without_a_frame_says_how_to_make_one(app: App, tmp_path: Path, tiebeam: Terminal) -> None:
    folder = tmp_path / "other"
    shutil.copytree(app.workspace, folder, ignore=shutil.ignore_patterns(".tiebeam"))
    shutil.rmtree(folder / "frames")
    said = tiebeam("budget", "frame", "--workspace", folder)
    assert (said.code, "add one such as frames/2026.toml" in said.err) == (1, True)
    with opened(folder) as bare:
        page = signed_in(bare, CFO, asgi=console(bare)).get("/economics/frame")
    assert page.status_code == 200
    assert "No budget frame yet" in page.text


def test_the_journal_of_forecasts_is_for_the_owner_of_the_audit_trail(app: App) -> None:
    owners = app.intent_facts(INTENT)["audit_owner"]
    (owner,) = (one.id for one in app.graph().people_with(owners[0])[:1])
    stream = f"forecast:{INTENT}"

    def kinds(person: str) -> list[str]:
        caller = Caller(app, app.workforce.principal(person), "cli")
        with app.store.read() as conn:
            found = search_journal(conn, streams=caller.streams(), stream_prefix=stream)
            allowed = caller.may("journal.view", caller.object("journal", stream, conn)).allowed
        assert allowed == bool(found)
        return sorted(one.kind for one in found)

    assert kinds(owner) == ["forecast.alert", "forecast.planned"]
    assert kinds("uwe-schmidtke") == []


def test_days_of_a_ledger_that_is_quiet_forecast_the_plan_alone(app: App, api: TestClient) -> None:
    later = api.get(f"/forecast/{INTENT}", params={"month": str(month(app).plus(1))}).json()
    assert float(later["total"]["projected"]) == pytest.approx(float(later["total"]["planned"]))
    assert later["days"]["elapsed"] == "0"


def test_unit_economics_with_the_figures_of_the_ledger(tiebeam: Terminal, tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "company", example="harbour-tools")
    said = tiebeam("units", INTENT, "--from-ledger", "--workspace", folder)
    assert (said.code, "holds nothing of" in said.err, "[no_history]" in said.err) == (1, True, True)
    with opened(folder) as found:
        yesterday = found.store.clock.now().date() - timedelta(days=1)
        days = [yesterday - timedelta(days=number) for number in range(10)]
        cases = [case_lines(day, number, minutes="6" if number else "0") for day in days for number in range(3)]
        with found.store.unit() as unit:
            found.economics.record(unit, [one for case in cases for one in case])
    answer = tiebeam("units", INTENT, "--from-ledger", "--json", "--workspace", folder).json
    sources = {one["name"]: one["source"] for one in answer["assumptions"]}
    # 30 cases in ten days are 91.3125 a month; 20 of them 6 minutes.
    assert sources["exception_rate"] == f"ledger {days[-1]}..{yesterday}, n=30 cases"
    assert answer["exact"]["units"] == "91.312500"
    measured = {one["name"]: one["value"] for one in answer["measured"]["figures"]}
    assert (measured["exception_rate"], measured["review_minutes_per_exception"]) == ("0.666667", "6.000000")
    text = tiebeam("units", INTENT, "--from-ledger", "--workspace", folder).out
    assert "figures the ledger measured" in text
    assert "integration_cost: as stated, one-off and fixed cost is stated, not measured" in text


def test_a_month_that_is_over_is_compared_on_every_face(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "company", example="harbour-tools")
    october = datetime(2027, 10, 1, tzinfo=UTC)
    with opened(folder, clock=FixedClock(october)) as found:
        found.forecasting.keep()
        cases = [case_lines(october.date(), number, minutes="60") for number in range(20)]
        with found.store.unit() as unit:
            found.economics.record(unit, [one for case in cases for one in case])
    with opened(folder, clock=FixedClock(datetime(2027, 11, 5, tzinfo=UTC))) as found:
        client = signed_in(found, CFO, asgi=console(found))
        (row,) = client.get("/economics/forecast.json?tab=errors").json()
        # 20 hours at 40 and 20 fixed are 820; 1,395.25 were forecast.
        assert (row["month"], row["ledger"], row["range"]) == ("2027-10", "820", "No")
        assert float(row["error"]) == pytest.approx(1395.246667 - 820)
        page = client.get("/economics/forecast?tab=errors").text
        assert "70.2 %" in page, "575.25 of 820"
        assert "1 counted, 0 left out" in page
        one = client.get(f"/economics/forecast/{INTENT}").text
        assert "Forecast and ledger" in one
        with TestClient(build_api(found), base_url="https://testserver") as api:
            api.post("/session", json={"token": link_token(found, CFO)})
            answer = api.get("/forecast/reconciliation").json()
    assert answer["accuracy"][0]["months"] == 1
    parts = {one["name"]: one["ledger"] for one in answer["months"][0]["parts"]}
    assert parts == {"inference": "0", "people": "800", "tools": "0", "fixed": "20"}
