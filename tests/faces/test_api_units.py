"""Unit economics and the portfolio over HTTP."""

# ids: EC-06, EC-14, EC-15, EC-18, D4, D5, D6
from __future__ import annotations

import csv
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from tests.builders.workspaces import opened
from tests.faces.conftest import link_token
from tests.faces.terminal import INTENT, Terminal
from tiebeam.api import build_api
from tiebeam.app import App
from tiebeam.graph import init_workspace

Captured = pytest.CaptureFixture[str]
UNITS = f"/economics/units/{INTENT}"
PORTFOLIO = "/economics/portfolio"
SERVICES = f"{INTENT}/two-way-services"
TOKENS = ["input_tokens_per_unit=2000", "output_tokens_per_unit=0"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("units") / "company"
    init_workspace(folder, example="harbour-tools")
    with opened(folder) as app:
        yield app


@pytest.fixture(scope="module")
def client(house: App) -> Iterator[TestClient]:
    with TestClient(build_api(house), base_url="https://testserver") as client:
        client.post("/session", json={"token": link_token(house, "kerstin-blohm")})
        yield client


def test_one_workflow_answers_as_the_command_line_does(client: TestClient, house: App, capsys: Captured) -> None:
    asked = {"volume_factor": "10", "set": ["hours_per_reviewer_per_month=130"], "seed": 3}
    answer = client.get(UNITS, params=asked)
    assert answer.status_code == 200
    terminal = Terminal(capsys)
    options = ["--volume-factor", "10", "--set", "hours_per_reviewer_per_month=130", "--seed", "3", "--json"]
    said = terminal("units", INTENT, *options, "--workspace", house.workspace)
    assert answer.json() == said.json
    # 6200 x 0.3 x 7/60 = 217 hours: two people at 130.
    assert answer.json()["exact"]["reviewers"] == "2"


def test_the_break_even_price_flips_the_verdict(client: TestClient) -> None:
    # 2,000 tokens a case: the price at which nothing is earned lies between a viable and a losing one.
    def asked(price: str) -> dict[str, Any]:
        figures = [*TOKENS, f"input_price_per_mtok={price}", "output_price_per_mtok=0", "exception_rate=0"]
        return client.get(UNITS, params={"set": figures}).json()

    even = float(asked("1")["break_even_per_mtok"])
    assert asked(f"{even * 0.5:.2f}")["verdict"] == "viable"
    assert asked(f"{even * 2:.2f}")["verdict"] == "loses"


def test_another_model_is_asked_for_by_name(client: TestClient) -> None:
    asked = {"set": TOKENS, "model": "gpt-4.1-mini", "provider": "openai"}
    answer = client.get(UNITS, params=asked).json()
    # 2000 x 0.40 USD a million x 0.92 EUR.
    assert answer["parts"]["tokens"]["exact"] == "0.000736"
    assert "genai-prices" in answer["price_source"]
    unknown = client.get(UNITS, params={**asked, "model": "no-such-model"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_price")
    alias = client.get(UNITS, params={**asked, "model": "gpt-latest"})
    assert alias.json()["code"] == "model_alias_refused"


def test_tokens_without_a_model_are_not_free(client: TestClient) -> None:
    refused = client.get(UNITS, params={"set": TOKENS})
    assert (refused.status_code, refused.json()["code"]) == (422, "wrong_figure")
    assert "name one" in refused.text


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"set": "exception_rate=2"}, "exception_rate"),
        ({"set": "exception_rate"}, "NAME=VALUE"),
        ({"set": "units_per_month=1e16"}, "units_per_month"),
        ({"set": "review_cost_per_hour=NaN"}, "review_cost_per_hour"),
        ({"set": "nonsense=1"}, "nonsense"),
        ({"volume_factor": "0"}, "volume_factor"),
        ({"volume_factor": "-1"}, "volume_factor"),
        ({"draws": "5"}, "draws"),
        ({"draws": "99999999"}, "draws"),
        ({"at": "yesterday"}, "at"),
    ],
)
def test_a_wrong_figure_is_named(client: TestClient, asked: dict[str, str], named: str) -> None:
    answer = client.get(UNITS, params=asked)
    assert answer.status_code == 422
    assert named in answer.text


def test_the_list_holds_what_is_adopted_and_what_the_library_states(client: TestClient) -> None:
    listed = client.get("/economics/units").json()
    assert [one["workflow"] for one in listed if one["origin"] == "adopted"] == [INTENT]
    library = {one["workflow"]: one for one in listed if one["origin"] == "library"}
    assert SERVICES in library
    answer = library[SERVICES]["answer"]
    assert answer["verdict"] in {"viable", "uncertain", "loses"}
    assert answer["cost_per_accepted"] == client.get(f"/economics/units/{SERVICES}").json()["cost_per_accepted"]
    assert all(one["problem"] is None for one in listed)


def test_what_is_not_there_names_what_is(client: TestClient) -> None:
    for path in ("/economics/units/finance.nothing", f"{UNITS}/nothing"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "workflow_unknown")
        assert INTENT in answer.text


def test_spreadsheets_have_live_formulas(client: TestClient) -> None:
    for path in (f"{UNITS}.xlsx", f"/economics/units/{SERVICES}.xlsx", f"{PORTFOLIO}.xlsx"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "spreadsheetml" in answer.headers["content-type"]
        assert str(load_workbook(BytesIO(answer.content))["Results"]["D5"].value).startswith("=")


def test_the_portfolio_is_the_same_by_every_face(client: TestClient, house: App, capsys: Captured) -> None:
    form = client.get(PORTFOLIO, params={"library": "true"}).json()
    assert {INTENT, SERVICES} <= {one["workflow"] for one in form["workflows"]}
    assert all(place["source"] for one in form["workflows"] for place in one["places"])
    terminal = Terminal(capsys)
    said = terminal("portfolio", "--library", "--json", "--workspace", house.workspace)
    assert said.code == 0
    assert {**said.json, "prices_of": ""} == {**form, "prices_of": ""}
    rows = list(csv.DictReader(StringIO(client.get(f"{PORTFOLIO}.csv", params={"library": "true"}).text)))
    told = list(
        csv.DictReader(StringIO(terminal("portfolio", "--library", "--csv", "--workspace", house.workspace).out))
    )
    assert rows == told
    assert len(rows) == form["places"]


@pytest.mark.parametrize("asked", [{"draws": "5"}, {"busy_share": "0"}, {"busy_share": "NaN"}, {"at": "x"}])
def test_a_wrong_question_about_the_portfolio_is_named(client: TestClient, asked: dict[str, str]) -> None:
    answer = client.get(PORTFOLIO, params=asked)
    assert answer.status_code == 422
    assert next(iter(asked)) in answer.text


def test_the_portfolio_at_the_command_line(house: App, capsys: Captured, tmp_path: Path) -> None:
    terminal = Terminal(capsys)
    said = terminal("portfolio", "--workspace", house.workspace, "--xlsx", tmp_path / "p.xlsx")
    assert said.code == 0
    assert INTENT in said.out
    assert "a month at the best places" in said.out
    assert load_workbook(tmp_path / "p.xlsx").sheetnames == ["Assumptions", "Results", "Places"]
    assert terminal("portfolio", "--busy-share", "x", "--workspace", house.workspace).code == 2
    assert "busy_share" in terminal("portfolio", "--busy-share", "7", "--workspace", house.workspace).err


def test_another_model_at_the_command_line(house: App, capsys: Captured) -> None:
    sets = [part for one in TOKENS for part in ("--set", one)]
    said = Terminal(capsys)("units", INTENT, *sets, "--model", "gpt-4.1-mini", "--json", "--workspace", house.workspace)
    assert said.json["parts"]["tokens"]["exact"] == "0.000736"
