"""Unit economics at the command line."""

# ids: EC-14, EC-15, EC-18, D4, D6
from __future__ import annotations

import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.faces.terminal import INTENT, Terminal

SERVICES = f"{INTENT}/two-way-services"


@pytest.fixture
def tiebeam(
    example: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    shutil.copytree(example, tmp_path / "ws")
    monkeypatch.chdir(tmp_path / "ws")
    return Terminal(capsys)


def test_the_answer_has_quantiles_parts_worth_and_what_moves_it(tiebeam: Terminal) -> None:
    said = tiebeam("units", INTENT, "--json")
    assert said.code == 0
    found = said.json
    assert found["verdict"] == "viable"
    # By hand: 0.30 x 7/60 x 43.40 = 1.519; (9000 + 4200)/36/620 = 0.5914; 2 x 43.40/620 = 0.14. Worth 17/60 x 43.40.
    parts = {name: part["exact"] for name, part in found["parts"].items()}
    assert Decimal(parts["exceptions"]) == Decimal("1.519")
    assert Decimal(parts["quality_gates"]) == Decimal("0.14")
    assert Decimal(found["value_per_accepted"]) == pytest.approx(Decimal("12.2967"), abs=Decimal("0.0001"))
    assert found["cost_per_accepted"]["p10"] < found["cost_per_accepted"]["p50"] < found["cost_per_accepted"]["p90"]
    assert found["tornado"][0]["name"] == "review_minutes_per_exception"
    assert found["break_even_per_mtok"] is None
    assert all(one["source"] and one["checked"] and one["owner"] for one in found["assumptions"])
    assert tiebeam("units", INTENT, "--json").json == found
    assert tiebeam("units", INTENT, "--json", "--seed", "2").json["cost_per_accepted"] != found["cost_per_accepted"]


def test_ten_times_the_volume_and_set_figures_change_the_answer_and_nothing_on_file(tiebeam: Terminal) -> None:
    usual = tiebeam("units", INTENT, "--json").json
    changed = tiebeam("units", INTENT, "--volume-factor", "10", "--set", "hours_per_reviewer_per_month=130", "--json")
    exact = changed.json["exact"]
    # 6200 x 0.3 x 7/60 = 217 hours: two people at 130.
    assert (Decimal(exact["units"]), Decimal(exact["reviewers"])) == (6200, 2)
    assert Decimal(exact["idle"]) == (260 - 217) * Decimal("43.40")
    assert tiebeam("units", INTENT, "--json").json == usual


def test_a_recipe_nobody_adopted_is_worked_out_too(tiebeam: Terminal) -> None:
    assert tiebeam("units", SERVICES, "--json").json["workflow"] == SERVICES


def test_a_spreadsheet_with_live_formulas_is_written_for_whoever_wants_to_check(
    tiebeam: Terminal, tmp_path: Path
) -> None:
    assert tiebeam("units", INTENT, "--xlsx", tmp_path / "units.xlsx").code == 0
    book = load_workbook(tmp_path / "units.xlsx")
    assert book.sheetnames == ["Assumptions", "Results", "Draws", "Tornado"]
    assert str(book["Results"]["D6"].value).startswith("=")
    assert tiebeam("units", INTENT, "--xlsx", tmp_path / "no" / "units.xlsx").code == 2


def test_what_loses_money_exits_with_one(tiebeam: Terminal) -> None:
    said = tiebeam("units", INTENT, "--set", "review_cost_per_hour=43.40", "--set", "cost_per_exception=60")
    assert said.code == 1
    assert "loses" in said.out


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--set", "nonsense=1"], "nonsense"),
        (["--set", "exception_rate=2"], "exception_rate"),
        (["--set", "exception_rate"], "NAME=VALUE"),
        (["--volume-factor", "0"], "volume_factor"),
        (["--volume-factor", "ten"], "volume_factor"),
        (["--draws", "5"], "draws"),
    ],
)
def test_a_wrong_figure_is_named(tiebeam: Terminal, options: list[str], named: str) -> None:
    said = tiebeam("units", INTENT, *options)
    assert said.code in {1, 2}
    assert named in said.err
    assert "internal error" not in said.err


def test_a_workflow_nobody_knows_names_those_there_are(tiebeam: Terminal) -> None:
    said = tiebeam("units", "finance.nothing")
    assert said.code == 1
    assert INTENT in said.err


def test_a_reader_that_has_seen_enough_is_no_error(tiebeam: Terminal, tmp_path: Path) -> None:
    del tiebeam
    command = f'"{sys.executable}" -c "from tiebeam.cli import main; main()" units {INTENT} --json | head -c 20'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=tmp_path / "ws", check=True)
    assert (len(done.stdout), done.stderr) == (20, "")
