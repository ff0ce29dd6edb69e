"""Total cost of ownership at the command line and over HTTP: the same study, the same answer."""

# ids: EC-13, EC-18, D4, D7
from __future__ import annotations

import json
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from tests.faces.terminal import Terminal

STUDY = "70b-four-years"
OWN = """
title = "Metered or rented, by our own figures"
question = "Does it pay?"
owner = "cfo"
checked = 2026-11-21

[api]
model = "gpt-4.1"
provider = "openai"

[rented]
offer = "lambda.h100-sxm-x8"

[meta]
since = 2026-11-21
reviewed = 2026-11-21
"""
FIGURES = {
    "users": 800,
    "requests_per_user_per_day": 4,
    "input_tokens_per_request": 500,
    "output_tokens_per_request": 200,
    "staff_cost_per_year": 90_000,
    "rented_tokens_per_s_per_gpu": 300,
}


def test_the_sources_case_is_answered_from_an_empty_folder(tiebeam: Terminal) -> None:
    said = tiebeam("tco", "--study", STUDY, "--json")
    assert said.code == 0, said.err
    found = said.json

    assert found["horizon_months"] == 48
    assert found["users_range"] == [5000, 50000]
    assert 5000 < found["comparisons"]["own"]["crossover_users"] <= 50000
    assert 1 <= found["comparisons"]["own"]["crossover_month"] <= 48
    assert found["tornado"]["bars"][0]["name"] == "utilisation"
    assert set(found["uncertainty"]["saving"]["own"]) == {"p10", "p50", "p90"}
    assert {one["basis"] for one in found["assumptions"]} == {"stated", "assumed", "measured"}
    assert all(one["source"] for one in found["assumptions"])


def test_users_and_figures_are_set_for_one_question(tiebeam: Terminal) -> None:
    stated = tiebeam("tco", "--study", STUDY, "--json").json
    few = tiebeam("tco", "--study", STUDY, "--users", "5000", "--set", "pue=1.2", "--seed", "7", "--json").json
    tenfold = tiebeam("tco", "--study", STUDY, "--set", "volume_factor=10", "--json").json

    assert few["users"] == "5000"
    assert few["cheapest"] == "api"
    assert few["uncertainty"]["seed"] == 7
    assert {one["name"] for one in few["assumptions"] if one["is_changed"]} == {"users", "pue"}
    assert max(tenfold["sides"]["own"]["nodes"]) == stated["tenfold"]["own"]["most_nodes"]
    assert tenfold["sides"]["own"]["present_value"] == stated["tenfold"]["own"]["present_value"]


def test_people_read_it_too(tiebeam: Terminal) -> None:
    said = tiebeam("tco", "--study", STUDY)

    assert "Own servers" in said.out
    assert "utilisation" in said.out
    assert "users cheaper" in said.out
    assert "70b-four-years" in tiebeam("studies", "list").out
    assert "assumed" in tiebeam("studies", "show", STUDY).out
    assert "has to be stated" in tiebeam("studies", "drivers").out


def test_studies_are_listed_shown_and_their_figures_explained_as_json(tiebeam: Terminal) -> None:
    listed = tiebeam("studies", "list", "--json").json
    shown = tiebeam("studies", "show", STUDY, "--json").json
    drivers = tiebeam("studies", "drivers", "--json").json

    assert STUDY in {one["id"] for one in listed}
    assert shown["assumptions"]["utilisation"]["basis"] == "assumed"
    assert drivers["utilisation"]["most"] == "1"


def test_a_workspace_has_studies_of_its_own(tiebeam: Terminal, fresh_workspace: Path) -> None:
    figures = "".join(
        f'\n[assumptions.{name}]\nvalue = {value}\nbasis = "assumed"\nsource = "Our own count"\n'
        for name, value in FIGURES.items()
    )
    (fresh_workspace / "studies").mkdir()
    (fresh_workspace / "studies" / "ours.toml").write_text(OWN.replace("[meta]", f"{figures}\n[meta]"), "utf-8")

    assert tiebeam("check", "--workspace", fresh_workspace).code == 0
    found = tiebeam("tco", "--study", "ours", "--workspace", fresh_workspace, "--json").json
    # By hand: 800 x 4 x 21 x (500 x $2 + 200 x $8) / 1M is $174.72 a month.
    assert Decimal(found["sides"]["api"]["total"]) == 48 * Decimal("174.72")
    assert Decimal(found["sides"]["rented"]["total"]) == 48 * 8 * 730 * Decimal("3.99")

    (fresh_workspace / "studies" / "ours.toml").write_text(
        OWN.replace("lambda.h100-sxm-x8", "lambda.h100-nobody").replace("[meta]", f"{figures}\n[meta]"), "utf-8"
    )
    broken = tiebeam("check", "--workspace", fresh_workspace)
    assert broken.code == 1
    assert "lambda.h100-nobody" in broken.out + broken.err


def test_the_spreadsheet_is_written_with_every_month(tiebeam: Terminal, tmp_path: Path) -> None:
    target = tmp_path / "tco.xlsx"
    assert tiebeam("tco", "--study", STUDY, "--xlsx", target).code == 0
    book = load_workbook(target)

    assert book.sheetnames == ["Assumptions", "Results", "Months", "Draws", "Tornado"]
    assert book["Months"].max_column == 4 + 48
    assert str(book["Months"]["E3"].value).startswith("=")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--study", "nobody-wrote-it"), 1, "no study is called 'nobody-wrote-it'"),
        (("--study", STUDY, "--set", "users=-1"), 1, "users lies between 1 and"),
        (("--study", STUDY, "--users", "many"), 1, "users = 'many' is no number"),
        (("--study", STUDY, "--users", "NaN"), 1, "users lies between"),
        (("--study", STUDY, "--set", "users"), 1, "NAME=VALUE"),
        (("--study", STUDY, "--set", "server_price=1e15"), 1, "server_price lies between"),
        (("--study", STUDY, "--draws", "5"), 1, "ask for 100 to"),
        (("--study", STUDY, "--seed", "-1"), 2, "--seed"),
        ((), 2, "--study"),
    ],
)
def test_a_wrong_question_is_told_with_its_fix(
    tiebeam: Terminal, arguments: tuple[str, ...], code: int, said: str
) -> None:
    found = tiebeam("tco", *arguments)

    assert found.code == code
    assert said in found.err


def test_http_and_the_command_line_say_the_same(tiebeam: Terminal, admin: TestClient) -> None:
    here = tiebeam("tco", "--study", STUDY, "--users", "30000", "--set", "pue=1.3", "--at", "2026-11-20", "--json").json
    asked = {"users": "30000", "set": "pue=1.3", "at": "2026-11-20"}
    there = admin.get(f"/economics/studies/{STUDY}", params=asked)

    assert there.status_code == 200
    assert json.loads(there.text) == here
    assert {one["id"] for one in admin.get("/economics/studies").json()} >= {STUDY, "mid-size-metered"}
    book = load_workbook(BytesIO(admin.get(f"/economics/studies/{STUDY}.xlsx").content))
    assert "Months" in book.sheetnames


@pytest.mark.parametrize(
    ("path", "params", "status", "code"),
    [
        (STUDY, {"users": "0"}, 422, "wrong_figure"),
        (STUDY, {"set": "nothing=1"}, 422, "wrong_figure"),
        (STUDY, {"set": "utilisation=0"}, 422, "wrong_figure"),
        (STUDY, {"draws": "1000000000"}, 422, "invalid"),
        (STUDY, {"at": "yesterday"}, 422, "invalid"),
        ("nobody-wrote-it", {}, 404, "unknown_study"),
    ],
)
def test_a_wrong_request_is_told(admin: TestClient, path: str, params: dict[str, str], status: int, code: str) -> None:
    answer = admin.get(f"/economics/studies/{path}", params=params)

    assert answer.status_code == status
    assert answer.json()["code"] == code


def test_who_is_not_signed_in_sees_no_study(anonymous: TestClient) -> None:
    assert anonymous.get("/economics/studies").status_code == 401
    assert anonymous.get(f"/economics/studies/{STUDY}").status_code == 401
