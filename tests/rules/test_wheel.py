"""The wheel carries everything a run needs: code, library, examples, pages, migrations."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.rules.source_tree import ROOT, repository_files


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = Path(folder).glob("tiebeam-*.whl")
    return zipfile.ZipFile(path)


def test_it_holds_every_file_of_the_package_and_no_other(wheel: zipfile.ZipFile) -> None:
    ours = {str(path.relative_to(ROOT / "src")) for path in repository_files("src/tiebeam")}
    packed = {name for name in wheel.namelist() if not name.split("/")[0].endswith(".dist-info")}

    assert sorted(ours - packed) == []
    assert sorted(packed - ours) == []


@pytest.mark.parametrize(
    "folder",
    [
        "library/intents",
        "library/recipes",
        "library/roles",
        "library/patterns",
        "examples/harbour-tools",
        "examples/empty",
        "web/templates",
        "web/static",
        "store/migrations",
    ],
)
def test_it_holds_the_data_below(wheel: zipfile.ZipFile, folder: str) -> None:
    assert [name for name in wheel.namelist() if name.startswith(f"tiebeam/{folder}/")]


def test_it_names_its_licence_and_its_command(wheel: zipfile.ZipFile) -> None:
    names = {name.partition(".dist-info/")[2] for name in wheel.namelist()}

    assert "licenses/LICENSE" in names
    assert "entry_points.txt" in names
