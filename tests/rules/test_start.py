"""The command line starts light: asking for help loads no library that only work needs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = {
    "alembic",
    "cel",
    "dbos",
    "fastapi",
    "genai_prices",
    "httpcore",
    "httpx",
    "jinja2",
    "lxml",
    "psycopg",
    "pydantic_ai",
    "pypdfium2",
    "rapidfuzz",
    "rich",
    "sqlalchemy",
    "starlette",
    "uvicorn",
}

IMPORT_ALONE = "import sys, tiebeam.cli"
ASK_FOR_HELP = """
import sys, tiebeam.cli
sys.argv = ["tiebeam", "--help"]
try:
    tiebeam.cli.main()
except SystemExit as end:
    assert not end.code, end.code
"""
# The target is a fifth of importing DBOS together with an agent library; DBOS alone makes the test stricter.
SHARE_OF_DBOS = 0.25


@pytest.mark.parametrize("script", [IMPORT_ALONE, ASK_FOR_HELP], ids=["import", "help"])
def test_no_heavy_library_is_loaded(script: str) -> None:
    loaded = _run(f"{script}\nprint('\\n' + ' '.join(sys.modules))").splitlines()[-1].split()

    assert sorted(HEAVY & {name.partition(".")[0] for name in loaded}) == []


def test_help_costs_a_small_share_of_importing_dbos() -> None:
    ours = min(_cpu_seconds(ASK_FOR_HELP) for _ in range(3))
    theirs = min(_cpu_seconds("import dbos") for _ in range(3))
    nothing = min(_cpu_seconds("pass") for _ in range(3))

    assert ours - nothing < SHARE_OF_DBOS * (theirs - nothing)


def _run(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _cpu_seconds(script: str) -> float:
    before = os.times()
    _run(script)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
