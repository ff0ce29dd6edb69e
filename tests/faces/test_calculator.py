"""The calculator and its decisions over HTTP and at the command line. ids: EC-08, EC-11, EC-12, EC-26"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from tests.builders.workspaces import opened
from tests.faces.conftest import link_token, served
from tests.faces.terminal import Terminal
from tiebeam.app import App

VIEWS = ("api", "hosting", "compare")
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("calculating") / "company"
    shutil.copytree(template, folder)
    with opened(folder) as app:
        yield app


def signed_in(house: App, person: str) -> TestClient:
    client = TestClient(served(house), base_url="https://testserver", raise_server_exceptions=False)
    answer = client.post("/session", json={"token": link_token(house, person)})
    client.headers["x-csrf-token"] = answer.json()["csrf_token"]
    return client


@pytest.fixture(scope="module")
def bea(house: App) -> TestClient:
    return signed_in(house, "bea")


@pytest.fixture
def terminal(house: App, tiebeam: Terminal, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(house.workspace)
    return tiebeam


def option(client: TestClient, kind: str) -> str:
    options = client.get("/economics/calculator/compare").json()["options"]
    return next(one["id"] for one in options if one["kind"] == kind)


def decision(client: TestClient, **changes: Any) -> dict[str, Any]:
    said = {"title": "Serve the clerk", "chosen": option(client, "hosting"), "owner": "role:controller"}
    return {**said, "reason": "Pages stay in our own rooms.", **changes}


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_json_csv_and_a_spreadsheet_with_the_same_rows(bea: TestClient, view: str) -> None:
    found = bea.get(f"/economics/calculator/{view}?ratio=4:1&class=frontier").json()
    rows = found["options" if view == "compare" else "rows"]
    assert found["question"] == {"ratio": "4:1", "class": "frontier"}
    assert rows
    for answer in (
        bea.get(f"/economics/calculator/{view}.csv?ratio=4:1&class=frontier"),
        bea.get(f"/economics/calculator/{view}?ratio=4:1&class=frontier", headers={"accept": "text/csv"}),
    ):
        assert answer.headers["content-type"].startswith("text/csv")
        lines = list(csv.DictReader(io.StringIO(answer.text)))
        assert [line["id"] for line in lines] == [row["id"] for row in rows]
        assert [line["per_month"] for line in lines] == [row["per_month"] or "" for row in rows]
    sheet = bea.get(f"/economics/calculator/{view}.xlsx?ratio=4:1&class=frontier")
    assert sheet.headers["content-type"] == SHEET
    assert load_workbook(io.BytesIO(sheet.content))["Rows"].max_row == len(rows) + 1


def test_every_figure_comes_with_its_source_and_the_method_of_its_throughput(bea: TestClient) -> None:
    models = bea.get("/economics/calculator/api").json()["rows"]
    assert len(models) >= 55
    assert all(row["source"] and row["per_month"] for row in models)
    gpus = [row for row in bea.get("/economics/calculator/hosting").json()["rows"] if row["problem"] is None]
    assert len({row["provider"] for row in gpus}) >= 6
    assert len(gpus) >= 15
    assert all(row["method"] and row["band"] and row["source"] and row["month_per_gpu"] for row in gpus)
    spot = bea.get("/economics/calculator/hosting?term=spot").json()["rows"]
    assert {row["term"] for row in spot} == {"spot"}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("query", ["ratio=0:0", "tokens=-5", "tokens=1000000000000000", "cached=NaN", "luck=7"])
def test_bad_figures_are_named_with_the_fix(bea: TestClient, view: str, query: str) -> None:
    answer = bea.get(f"/economics/calculator/{view}?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0] in answer.text


@pytest.mark.parametrize("view", VIEWS)
def test_a_currency_without_a_rate_is_refused_and_never_guessed(bea: TestClient, view: str) -> None:
    answer = bea.get(f"/economics/calculator/{view}?currency=XYZ")
    assert answer.status_code == 422
    assert "missing_rate" in answer.text


def test_strangers_calculate_nothing(house: App) -> None:
    with TestClient(served(house), base_url="https://testserver") as anonymous:
        assert {anonymous.get(f"/economics/calculator/{view}").status_code for view in VIEWS} == {401}


def test_a_comparison_ends_in_a_decision_that_colleagues_can_read(house: App, bea: TestClient) -> None:
    made = bea.post("/economics/decisions", json=decision(bea, revisit="2099-01-01"))
    assert made.status_code == 201, made.text
    found = made.json()["decision"]
    assert (found["owner"], found["recorded_by"]) == ("role:controller", "person:bea")
    assert Decimal(found["premium_per_month"]) > 0
    assert found["question"]["at"] == house.store.clock.now().date().isoformat()
    nora = signed_in(house, "nora")
    assert nora.get(f"/economics/decisions/{found['id']}").json()["decision"] == found
    assert found["id"] in [row["id"] for row in nora.get("/economics/decisions").json()["rows"]]
    assert nora.get("/economics/decisions/decision_nothing").status_code == 404


def test_a_decision_without_a_reason_an_owner_or_a_choice_is_none(bea: TestClient) -> None:
    whole = decision(bea)
    for name in ("reason", "owner", "chosen", "title"):
        partial = {key: value for key, value in whole.items() if key != name}
        assert bea.post("/economics/decisions", json=partial).status_code == 422
        assert bea.post("/economics/decisions", json={**whole, name: ""}).status_code == 422
    assert bea.post("/economics/decisions", json={**whole, "question": {"ratio": "0:0"}}).status_code == 422


def test_nobody_decides_in_a_role_they_do_not_hold(house: App) -> None:
    nora = signed_in(house, "nora")
    answer = nora.post("/economics/decisions", json=decision(nora))
    assert answer.status_code == 403
    assert "decision.record" in answer.text


def test_the_command_line_says_the_same_as_the_api(bea: TestClient, terminal: Terminal) -> None:
    for view in VIEWS:
        said = terminal("calculator", view, "--ratio", "4:1", "--class", "frontier", "--json")
        assert said.code == 0, said.err
        assert said.json == bea.get(f"/economics/calculator/{view}?ratio=4:1&class=frontier").json()


def test_the_command_line_prints_a_table_and_writes_files(terminal: Terminal, tmp_path: Path) -> None:
    table, sheet = tmp_path / "rows.csv", tmp_path / "rows.xlsx"
    said = terminal("calculator", "compare", "--class", "frontier", "--csv", table, "--xlsx", sheet)
    assert said.code == 0, said.err
    assert "tokens a month; USD at the prices of" in said.out
    assert "is cheaper than" in said.out or "is never cheaper than" in said.out
    assert table.read_text(encoding="utf-8").startswith("kind,id,title,")
    assert load_workbook(sheet)["Rows"].max_row > 10
    assert "offers without a spot price:" in terminal("calculator", "hosting", "--term", "spot").out


def test_wrong_use_at_the_command_line_ends_with_two_and_the_fix(terminal: Terminal) -> None:
    said = terminal("calculator", "api", "--cached", "1.5")
    assert said.code == 2
    assert "--cached is '1.5'; give a share from 0 to 1" in said.err
    assert terminal("calculator", "api", "--currency", "XYZ").code == 1


def test_decisions_are_recorded_listed_and_shown_at_the_command_line(bea: TestClient, terminal: Terminal) -> None:
    chosen = option(bea, "hosting")
    said = terminal(
        *("decisions", "record", "--title", "Serve the clerk", "--choose", chosen, "--owner", "role:controller"),
        *("--reason", "Pages stay here.", "--revisit", "2099-01-01", "--json"),
    )
    assert said.code == 0, said.err
    made = said.json
    later = terminal(
        *("decisions", "record", "--title", "Again", "--choose", option(bea, "api"), "--owner", "role:controller"),
        *("--reason", "Cheaper.", "--supersedes", made["id"]),
    )
    assert later.code == 0, later.err
    rows = terminal("decisions", "list", "--json").json["rows"]
    assert made["id"] not in [row["id"] for row in rows]
    assert made["id"] in terminal("decisions", "list", "--superseded").out
    shown = terminal("decisions", "show", made["id"])
    assert chosen in shown.out
    assert "superseded by" in shown.out
    assert terminal("decisions", "show", made["id"], "--json").json["superseded_by"]
    assert terminal("decisions", "show", "decision_nothing").code == 1
    wrong = terminal(
        "decisions", "record", "--title", "T", "--choose", "x", "--owner", "role:controller", "--reason", "r"
    )
    assert wrong.code == 1
    assert "chosen is 'x'" in wrong.err


def test_the_schema_of_the_api_describes_every_figure(bea: TestClient) -> None:
    paths = json.loads(bea.get("/openapi.json").text)["paths"]
    named = {one["name"] for one in paths["/economics/calculator/api"]["get"]["parameters"]}
    assert {"ratio", "tokens", "cached", "batch", "busy", "class", "sort", "at"} <= named
