"""The worked examples of CONTRIBUTING.md, run for real."""

from __future__ import annotations

import json
import re
import shutil
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.rules.contributed import commands, example, examples
from tests.rules.source_tree import ROOT
from tiebeam.api import build_api
from tiebeam.app import open_app
from tiebeam.cli import main as cli_main
from tiebeam.economics import Prices
from tiebeam.graph import check, init_workspace, library_root, load, lock
from tiebeam.http import COOKIE
from tiebeam.kit import FixedClock

INTENT = "src/tiebeam/library/intents/finance/petty-cash-count.toml"
PRICE = "workspace/prices/house-model.toml"
VERB = "src/tiebeam/cli/price.py"
ROUTE = "src/tiebeam/api/prices.py"
INCLUDING = "src/tiebeam/api/application.py"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A copy of the library with the example's intent in it."""
    copy = tmp_path / "library"
    shutil.copytree(library_root(), copy)
    path = copy / Path(INTENT).relative_to("src/tiebeam/library")
    path.write_text(example(INTENT).text, encoding="utf-8")
    return copy


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """An empty workspace with the example's price in it."""
    folder = tmp_path / "workspace"
    init_workspace(folder, example="empty")
    path = folder / Path(PRICE).relative_to("workspace")
    path.parent.mkdir(exist_ok=True)
    path.write_text(example(PRICE).text, encoding="utf-8")
    return folder


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's command, named where the page says."""
    monkeypatch.setitem(sys.modules, "tiebeam.cli.price", _module("tiebeam.cli.price", VERB))
    line = example("src/tiebeam/cli/main.py").text
    added = dict(re.findall(r'"([\w-]+)": "(\w+)"', line))
    for name, place in added.items():
        monkeypatch.setitem(_main_module().COMMANDS, name, place)


def test_the_intent_passes_the_checks_and_can_be_locked(library: Path) -> None:
    assert [problem for problem in check(None, library=library) if "petty-cash" in str(problem.file)] == []

    intent = load(None, library=library).of("intents", "finance.petty-cash-count")
    assert intent.owner_role == "controller"
    assert "intents/finance.petty-cash-count" in lock(library)
    assert lock(library) == []


def test_the_price_is_the_one_in_force_on_its_day(workspace: Path) -> None:
    overlay = load(workspace).prices
    before = Prices(overlay, FixedClock(datetime(2026, 6, 30, tzinfo=UTC))).price("house-model-1")
    after = Prices(overlay, FixedClock(datetime(2026, 7, 1, tzinfo=UTC))).price("house-model-1")

    assert (before.input_usd_per_mtok, before.output_usd_per_mtok) == (Decimal("0.40"), Decimal("1.60"))
    assert (after.input_usd_per_mtok, after.output_usd_per_mtok) == (Decimal("0.30"), Decimal("1.20"))
    assert [problem for problem in check(workspace) if "house-model" in str(problem.file)] == []


@pytest.mark.usefixtures("verb")
def test_the_verb_prints_the_price(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = _main_module().run_cli(["price", "house-model-1", "--workspace", str(workspace), "--json"])

    assert code == 0
    printed = json.loads(capsys.readouterr().out)
    assert Decimal(str(printed["input_usd_per_mtok"])) == Decimal("0.30")


def test_the_route_answers_a_signed_in_person_with_the_price(workspace: Path) -> None:
    assert "prices" in example(INCLUDING).text
    app = open_app(workspace)
    try:
        with app.store.unit() as unit:
            app.graph.apply(unit, actor="test")
        administrator = app.principal().person_id
        with app.store.unit() as unit:
            token = app.workforce.access.create_link(unit, administrator)
        api = build_api(app)
        api.include_router(_module("tiebeam.api.prices", ROUTE).router(app))
        session = app.workforce.access.redeem_link(token)

        refused = TestClient(api).get("/prices/house-model-1")
        answered = TestClient(api, cookies={COOKIE: session.secret}).get("/prices/house-model-1")
    finally:
        app.close()

    assert refused.status_code == 401
    assert answered.status_code == 200
    assert Decimal(answered.json()["input_usd_per_mtok"]) == Decimal("0.30")


def test_every_example_is_run_by_a_test_of_this_file() -> None:
    text = Path(__file__).read_text(encoding="utf-8")

    assert [one.path for one in examples() if one.path and one.path not in text] == []


def test_every_command_on_the_page_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    known = {*_main_module().COMMANDS, "price"}
    for command in commands():
        words = command.split()
        if words[0] == "make":
            assert words[1] in targets
        elif words[0].endswith("/tiebeam"):
            assert words[1] in known


def _module(name: str, path: str) -> ModuleType:
    """The example for this path as an imported module."""
    module = ModuleType(name)
    exec(compile(example(path).text, path, "exec"), module.__dict__)
    return module


def _main_module() -> Any:
    return sys.modules[cli_main.__module__]
