"""The command line as a user meets it: what it prints, where, and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.builders.workspaces import opened
from tiebeam.cli.main import run_cli

INTENT = "finance.invoice-processing-matching"


@dataclass(frozen=True, slots=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Terminal:
    """Runs commands in this process, in the folder the test stands in."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Said:
        self._capsys.readouterr()
        code = run_cli([str(argument) for argument in arguments])
        said = self._capsys.readouterr()
        return Said(code, said.out, said.err)


def sign_in_here(tiebeam: Terminal, workspace: Path, person: str) -> None:
    """Sign a person in on this machine by a link of their own, for which nobody vouches."""
    with opened(workspace) as app, app.store.unit() as unit:
        token = app.workforce.access.create_link(unit, person)
    said = tiebeam("login", "--link", token, "--workspace", workspace)
    assert said.code == 0, said.err


def start(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.Popen[str]:
    """The real entry point in a process of its own."""
    command = [sys.executable, "-c", "from tiebeam.cli import main; main()", *map(str, arguments)]
    return subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str], *, timeout: float = 60) -> Said:
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"did not end within {timeout} s\n{out}\n{err}")
    return Said(process.returncode, out, err)
