"""A rule that never fails proves nothing: each contract and each house rule is shown to fail on a planted breach."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.house import RULES
from tests.rules.source_tree import PACKAGE, ROOT, read_package

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

# What to append to which file of ours, and the contract that must then be broken.
PLANTED_IMPORTS = {
    "a lower room reaches up": ("layers", {"kit/__init__.py": "import tiebeam.workflow\n"}),
    "a sibling reaches its sibling": ("layers", {"economics/__init__.py": "import tiebeam.workforce\n"}),
    "a face reaches another face": ("layers", {"api/__init__.py": "import tiebeam.web\n"}),
    "a room nobody declared": ("layers", {"cellar/__init__.py": "\n"}),
    "two modules need each other": (
        "cycles",
        {"kit/hen.py": "import tiebeam.kit.egg\n", "kit/egg.py": "import tiebeam.kit.hen\n"},
    ),
    "a domain room draws on a terminal": ("frameworks", {"workflow/__init__.py": "import rich\n"}),
    "a domain room serves a page": ("frameworks", {"store/__init__.py": "import starlette.responses\n"}),
}

# A small package with one breach, and the words of the complaint.
PLANTED_CODE = {
    "long_modules": ({"kit/long.py": "A = 1\n" * 401}, "401 lines"),
    "long_functions": ({"kit/long.py": "def work() -> None:\n" + "    print()\n" * 50}, "51 lines"),
    "back_doors": (
        {"store/__init__.py": "", "store/rows.py": "A = 1\n", "app.py": "from tiebeam.store.rows import A\n"},
        "import from tiebeam.store",
    ),
    "foreign_tables": (
        {"store/__init__.py": "", "store/tables.py": "A = 1\n", "app.py": "from tiebeam.store import tables\n"},
        "ask the room's verbs",
    ),
    "hidden_imports": ({"kit/late.py": "def work() -> None:\n    import json\n"}, "move it to the top"),
    "stray_frameworks": ({"diagnosis/page.py": "import jinja2\n"}, "only a face may"),
    "module_state": ({"kit/memory.py": "SEEN = set()\n"}, "SEEN is state"),
    "vague_names": ({"kit/utils.py": ""}, "name the module"),
    "missing_front_doors": ({"cellar/wine.py": ""}, "no __init__.py"),
    "silent_excepts": ({"kit/quiet.py": "try:\n    print()\nexcept Exception:\n    pass\n"}, "swallows"),
    "stray_connections": ({"kit/call.py": "from urllib import request\n"}, "use tiebeam.connect.outgoing"),
}

MORE_STATE = {
    "a constant that is changed": "NAMES = ['a']\ndef add(name: str) -> None:\n    NAMES.append(name)\n",
    "a constant with a changed entry": "AGES = {'a': 1}\ndef grow() -> None:\n    AGES['a'] = 2\n",
    "a global": "count = 0\ndef add() -> None:\n    global count\n    count += 1\n",
    "a lock": "import threading\nLOCK = threading.Lock()\n",
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of our modules beside our configuration."""
    shutil.copytree(PACKAGE, tmp_path / "tiebeam", ignore=_only_python)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_our_source_keeps_every_contract() -> None:
    done = _lint(ROOT)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("breach", sorted(PLANTED_IMPORTS))
def test_a_planted_import_breaks_its_contract(copy: Path, breach: str) -> None:
    contract, files = PLANTED_IMPORTS[breach]
    for name, text in files.items():
        path = copy / "tiebeam" / name
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(text)

    done = _lint(copy, "--contract", contract)

    assert done.returncode == 1
    assert "1 broken" in done.stdout, done.stdout


def test_every_house_rule_has_a_planted_breach() -> None:
    assert set(PLANTED_CODE) == set(RULES)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_planted_breach_breaks_its_rule(tmp_path: Path, rule: str) -> None:
    files, complaint = PLANTED_CODE[rule]

    breaches = _breaches(tmp_path, rule, files)

    assert len(breaches) == 1
    assert complaint in breaches[0]


@pytest.mark.parametrize("kind", sorted(MORE_STATE))
def test_state_of_a_module_is_found_in_any_dress(tmp_path: Path, kind: str) -> None:
    assert len(_breaches(tmp_path, "module_state", {"kit/memory.py": MORE_STATE[kind]})) == 1


def test_a_room_may_use_its_own_inside_and_the_front_doors_of_others(tmp_path: Path) -> None:
    files = {
        "store/__init__.py": "from tiebeam.store.rows import A\n__all__ = ['A']\n",
        "store/rows.py": "from tiebeam.store.tables import A\n",
        "store/tables.py": "A = 1\n",
        "workflow/runs/__init__.py": "from tiebeam.store import A\n__all__ = ['A']\n",
        "app.py": "import tiebeam.workflow.runs\n",
    }

    assert _breaches(tmp_path, "back_doors", files) == []
    assert _breaches(tmp_path, "foreign_tables", files) == []


def _breaches(folder: Path, rule: str, files: dict[str, str]) -> list[str]:
    package = folder / "tiebeam"
    for name, text in {"__init__.py": "", "kit/__init__.py": "", "diagnosis/__init__.py": "", **files}.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(RULES[rule](read_package(package)))


def _lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    where = folder if (folder / "tiebeam").is_dir() else folder / "src"
    return subprocess.run(
        [LINT_IMPORTS, "--config", folder / "pyproject.toml", "--no-cache", *arguments],
        cwd=where,
        env={**os.environ, "PYTHONPATH": str(where)},
        check=False,
        capture_output=True,
        text=True,
    )


def _only_python(folder: str, names: list[str]) -> set[str]:
    return {
        name for name in names if name == "__pycache__" or not (name.endswith(".py") or (Path(folder) / name).is_dir())
    }
