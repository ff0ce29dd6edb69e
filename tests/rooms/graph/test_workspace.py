"""Making a workspace from an example, and finding it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiebeam.graph import (
    FolderNotEmpty,
    NoWorkspace,
    UnknownExample,
    find_workspace,
    init_workspace,
    list_examples,
    load,
)


@pytest.mark.parametrize("example", list_examples())
def test_every_example_becomes_a_workspace_that_loads(tmp_path: Path, example: str) -> None:
    written = init_workspace(tmp_path / "mine", example=example)
    assert all(path.is_file() for path in written)
    assert not any(path.suffix == ".py" for path in written)
    assert load(tmp_path / "mine").adoptions


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(FolderNotEmpty):
        init_workspace(tmp_path, example="empty")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FolderNotEmpty):
        init_workspace(tmp_path / "file", example="empty")


def test_an_unknown_example_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownExample, match="did you mean 'empty'"):
        init_workspace(tmp_path / "mine", example="emty")


def test_the_workspace_is_found_from_any_folder_below(tmp_path: Path) -> None:
    init_workspace(tmp_path / "mine", example="empty")
    below = tmp_path / "mine" / "people"
    assert find_workspace(below) == (tmp_path / "mine").resolve()
    with pytest.raises(NoWorkspace, match="tiebeam init"):
        find_workspace(tmp_path)
