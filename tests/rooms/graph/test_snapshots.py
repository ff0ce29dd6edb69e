"""Workers read the applied snapshot and nothing else. ids: A3"""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.builders.declared import edit, write_library, write_workspace

from tiebeam.graph import SnapshotBroken, applied, applied_digest, apply, load
from tiebeam.store import Store, read_journal


def test_what_was_applied_comes_back_without_the_files(store: Store, tmp_path: Path) -> None:
    graph = load(write_workspace(tmp_path / "w"), library=write_library(tmp_path / "l"))
    with store.read() as conn:
        assert applied(conn) is None
    with store.unit() as unit:
        digest = apply(unit, graph, actor="person:ann")
    with store.read() as conn:
        found = applied(conn)
    assert found == graph
    assert found is not None
    assert found.digest == digest == graph.digest
    assert found.file_of("people", "ann") == "people/ann.toml"
    assert found.depends_on("teams", "desk") == [("people", "ann")]


def test_applying_again_changes_nothing_and_a_change_adds_a_snapshot(store: Store, tmp_path: Path) -> None:
    workspace, library = write_workspace(tmp_path / "w"), write_library(tmp_path / "l")
    for _ in range(2):
        with store.unit() as unit:
            first = apply(unit, load(workspace, library=library), actor="person:ann")
    edit(workspace / "people/ann.toml", '"Ann"', '"Anne"')
    with store.unit() as unit:
        second = apply(unit, load(workspace, library=library), actor="person:ann")
    with store.unit() as unit:
        assert apply(unit, load(workspace, library=library), actor="person:ann") == second
    with store.read() as conn:
        entries = read_journal(conn, "workspace")
        assert [entry.payload["digest"] for entry in entries] == [first, second]
        assert entries[1].payload["previous"] == first
        assert applied_digest(conn) == second
        assert conn.execute(sa.text("SELECT count(*) FROM graph_snapshot")).scalar_one() == 2


def test_a_snapshot_that_was_tampered_with_is_refused(store: Store, tmp_path: Path) -> None:
    graph = load(write_workspace(tmp_path / "w"), library=write_library(tmp_path / "l"))
    with store.unit() as unit:
        apply(unit, graph, actor="person:ann")
        unit.conn.execute(sa.text("UPDATE graph_snapshot SET content = replace(content, 'Ann', 'Eve')"))
    with store.read() as conn, pytest.raises(SnapshotBroken):
        applied(conn)
