"""Published content never changes silently."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.builders.declared import edit, write_library

from tiebeam.graph import LibraryChanged, lock, read_lock


@pytest.fixture
def library(tmp_path: Path) -> Path:
    root = write_library(tmp_path / "library")
    lock(root)
    return root


def test_a_locked_library_has_nothing_new(library: Path) -> None:
    assert lock(library, write=False) == []
    assert read_lock(library)["roles/clerk"].version == 1


def test_changed_content_without_a_new_version_fails(library: Path) -> None:
    role = library / "roles/finance/clerk.toml"
    edit(role, 'owns = "o"', 'owns = "more"')
    with pytest.raises(LibraryChanged, match=r"version = 2"):
        lock(library)
    edit(role, "[meta]\n", "[meta]\nversion = 2\n")
    assert lock(library) == ["roles/clerk"]
    assert read_lock(library)["roles/clerk"].version == 2


def test_a_review_date_is_no_change_of_content(library: Path) -> None:
    edit(library / "roles/finance/clerk.toml", "reviewed = 2026-01-01", "reviewed = 2026-06-01")
    assert lock(library, write=False) == []


def test_a_record_is_retired_and_never_deleted(library: Path) -> None:
    extra = library / "patterns/counting.toml"
    extra.write_text((library / "patterns/sorting.toml").read_text(encoding="utf-8"), encoding="utf-8")
    lock(library)
    text = extra.read_text(encoding="utf-8")
    extra.unlink()
    with pytest.raises(LibraryChanged, match=r"_retired/patterns/counting\.toml"):
        lock(library)
    retired = library / "_retired/patterns/counting.toml"
    retired.parent.mkdir(parents=True)
    retired.write_text(text, encoding="utf-8")
    assert lock(library) == []
    assert "patterns/counting" not in read_lock(library)
