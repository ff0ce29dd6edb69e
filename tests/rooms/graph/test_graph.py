"""One typed graph of library and workspace. ids: A1, A3, DX-23, A2"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.builders.declared import LIBRARY, edit, write_library, write_records, write_workspace

from tiebeam.errors import Invalid, NotFound
from tiebeam.graph import Graph, Kind, load


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return write_library(tmp_path / "library")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "workspace")


@pytest.fixture
def graph(library: Path, workspace: Path) -> Graph:
    return load(workspace, library=library)


def test_a_workspace_file_replaces_the_library_record_of_the_same_id(library: Path, workspace: Path) -> None:
    own = {"roles/finance/clerk.toml": LIBRARY["roles/finance/clerk.toml"].replace('"Clerk"', '"Our clerk"')}
    write_records(workspace, own)
    graph = load(workspace, library=library)
    assert graph.roles["clerk"].title == "Our clerk"
    assert graph.file_of("roles", "clerk") == "roles/finance/clerk.toml"
    assert graph.file_of("patterns", "sorting") == "library/patterns/sorting.toml"


def test_the_library_loads_without_a_workspace(library: Path) -> None:
    graph = load(None, library=library)
    assert graph.settings is None
    assert list(graph.recipes) == ["finance.pay/by-rule"]


def test_looking_up_an_unknown_id_names_the_nearest(graph: Graph) -> None:
    with pytest.raises(NotFound, match="did you mean 'clerk'"):
        graph.of("roles", "clerc")
    with pytest.raises(Invalid, match="no kind of record"):
        graph.of("rolls", "clerk")
    assert graph.of("role", "clerk") is graph.of(Kind.ROLES, "clerk")


def test_lineage_goes_both_ways(graph: Graph) -> None:
    assert graph.depends_on("adoptions", "finance.pay") == [
        ("intents", "finance.pay"),
        ("recipes", "finance.pay/by-rule"),
        ("people", "ann"),
        ("teams", "desk"),
    ]
    assert graph.used_by("handoffs", "finance.unclear") == [("recipes", "finance.pay/by-rule")]
    assert ("people", "ann") in graph.used_by("roles", "clerk")
    assert ("intents", "finance.pay") in graph.used_by("roles", "clerk")


def test_the_digest_follows_content_and_nothing_else(library: Path, workspace: Path, tmp_path: Path) -> None:
    before = load(workspace, library=library).digest
    copy = write_workspace(tmp_path / "elsewhere")
    assert load(copy, library=library).digest == before
    edit(copy / "people/ann.toml", '"Ann"', '"Anne"')
    assert load(copy, library=library).digest != before


def test_folders_with_an_underscore_are_passed_over(library: Path, workspace: Path) -> None:
    write_records(library, {"roles/_retired/old.toml": "nonsense = 1\n"})
    assert "old" not in load(workspace, library=library).roles


def test_a_graph_cannot_be_changed(graph: Graph) -> None:
    with pytest.raises(TypeError):
        graph.roles["x"] = graph.roles["clerk"]  # pyright: ignore[reportIndexIssue]
