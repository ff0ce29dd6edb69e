"""The product as a wheel, with packages of others installed beside it, in a folder of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.rules.source_tree import ROOT

EXAMPLES = ROOT / "docs" / "examples"


@dataclass(frozen=True)
class Installed:
    """`site` goes before everything else on the path of the processes started here."""

    site: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    def command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-c", "from tiebeam.cli import main; main()", *map(str, arguments)]

    def variables(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self.site), **self.environment}

    def run(self, *arguments: str | Path, expect: int = 0) -> str:
        """The command's output. Fails with what it said when it ends otherwise than expected."""
        done = subprocess.run(
            self.command(*arguments), env=self.variables(), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == expect, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str | Path, expect: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", expect=expect))

    def start(self, *arguments: str | Path, log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as out:
            return subprocess.Popen(self.command(*arguments), env=self.variables(), stdout=out, stderr=out)

    def install(self, source: Path) -> None:
        """Install or upgrade a package from its folder, without asking any index."""
        for old in self.site.glob(f"{source.name.replace('-', '_')}*"):
            shutil.rmtree(old)
        _pip(self.site, "--no-build-isolation", "--upgrade", source)


def _pip(site: Path, *arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-index", "--no-deps", "--target", site]
    subprocess.run([*command, *offline, *arguments], check=True, capture_output=True, timeout=120)


def install_wheel(folder: Path) -> Installed:
    """Build the product's wheel and install it below `folder`."""
    built, site = folder / "built", folder / "site"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", built],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = built.glob("tiebeam-*.whl")
    installed = Installed(site)
    _pip(site, wheel)
    return installed


def example_workspace(installed: Installed, folder: Path, *, example: str, intent: str) -> Path:
    """An empty workspace with the example's records laid over it, its workflow evaluated and in production."""
    if not folder.exists():
        installed.run("init", folder)
    shutil.copytree(EXAMPLES / example / "workspace", folder, dirs_exist_ok=True)
    installed.run("apply", "--workspace", folder)
    installed.run("evaluate", intent, "--workspace", folder)
    for stage in ("pilot", "production"):
        installed.run("promote", intent, "--to", stage, "--workspace", folder)
    return folder
