"""The house rules, over our own source."""

from __future__ import annotations

import pytest

from tests.rules.house import RULES
from tests.rules.source_tree import PACKAGE, ROOT, read_package

MODULES = read_package()
TOOLS = {**read_package(ROOT / "tools"), **read_package(ROOT / "benchmarks")}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_the_source_keeps_the_rule(rule: str) -> None:
    breaches = list(RULES[rule](MODULES))

    assert not breaches, "\n".join(["", *breaches])


@pytest.mark.parametrize("rule", ["long_modules", "long_functions", "vague_names", "silent_excepts"])
def test_tools_and_benchmarks_keep_the_rule(rule: str) -> None:
    breaches = list(RULES[rule](TOOLS))

    assert not breaches, "\n".join(["", *breaches])


@pytest.mark.parametrize("rule", ["long_modules", "long_functions"])
def test_no_test_outgrows_its_reader(rule: str) -> None:
    assert list(RULES[rule](read_package(ROOT / "tests"))) == []


def test_every_room_has_a_readme() -> None:
    rooms = sorted(folder.parent for folder in PACKAGE.glob("*/__init__.py"))

    assert [room.name for room in rooms if not (room / "README.md").is_file()] == []


def test_the_library_holds_data_only() -> None:
    assert sorted((PACKAGE / "library").rglob("*.py")) == []
