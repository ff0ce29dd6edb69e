"""The command line starts light: asking for help loads nothing but the standard library, click and the commands."""

from __future__ import annotations

import subprocess
import sys

import pytest

IMPORT_ALONE = "import sys, tiebeam.cli"
ASK_FOR_HELP = """
import sys, tiebeam.cli
sys.argv = ["tiebeam", "--help"]
try:
    tiebeam.cli.main()
except SystemExit as end:
    assert not end.code, end.code
"""
LIGHT = {"click", "tiebeam"}


@pytest.mark.parametrize("script", [IMPORT_ALONE, ASK_FOR_HELP], ids=["import", "help"])
def test_no_library_but_click_is_loaded(script: str) -> None:
    others = _loaded(script) - _loaded("import sys")

    assert sorted(name for name in others if name not in LIGHT | sys.stdlib_module_names) == []


def test_help_reads_no_room_but_the_commands_and_the_words_of_errors() -> None:
    rooms = _loaded(ASK_FOR_HELP, depth=2)

    assert {name for name in rooms if name.startswith("tiebeam.")} <= {"tiebeam.cli", "tiebeam.errors"}


def _loaded(script: str, *, depth: int = 1) -> set[str]:
    """The modules loaded after a script in a fresh interpreter, by the first parts of their names."""
    script = f"{script}\nprint('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {".".join(name.split(".")[:depth]) for name in done.stdout.splitlines()[-1].split()}
