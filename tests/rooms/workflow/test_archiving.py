"""Runs that ended long ago leave the database in small batches, and nothing of the record goes with them."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.builders.ended_runs import make_runs, table
from tiebeam.kit import FixedClock, iso
from tiebeam.spec import ArchiveUse
from tiebeam.store import Store, make_anchor, read_journal, verify_journal
from tiebeam.workflow.evidence import ArchiveDamaged, Archiving, NotArchived

YEAR = timedelta(days=365)


@pytest.fixture
def archiving(store: Store, tmp_path: Path) -> Iterator[Archiving]:
    return Archiving(store, workspace=tmp_path, use=lambda: ArchiveUse(keep=("kept.intent",)))


def anchor(store: Store) -> None:
    with store.unit() as unit:
        make_anchor(unit)


def counts(store: Store) -> dict[str, int]:
    with store.read() as conn:
        return {
            name: conn.execute(sa.select(sa.func.count()).select_from(table(name))).scalar_one()
            for name in ("run", "run_step", "engine_effect", "task", "task_event", "journal_entry", "archived_run")
        }


def test_old_runs_go_to_readable_files_and_the_record_stays(
    store: Store, archiving: Archiving, clock: FixedClock, tmp_path: Path
) -> None:  # runtime: langgraphjs#1138
    old = make_runs(store, 450)
    anchor(store)
    clock.advance(days=400)
    make_runs(store, 3, prefix="new")
    before = counts(store)
    assert archiving.archive(older_than=YEAR) == 450
    after = counts(store)
    assert [after[name] for name in ("run", "run_step", "engine_effect", "task", "task_event")] == [3] * 5
    assert after["archived_run"] == 450
    with store.read() as conn:
        assert verify_journal(conn) == []
        assert [one.kind for one in read_journal(conn, "run:run_0000")] == ["step.done", "run.done"]
        assert [one.payload["runs"] for one in read_journal(conn, "archive")] == [200, 200, 50]
        files = archiving.files(conn)
    assert after["journal_entry"] == before["journal_entry"] + 3
    lines = [
        json.loads(line)
        for one in files
        for line in gzip.decompress((tmp_path / ".tiebeam/archive" / one.file).read_bytes()).splitlines()
    ]
    assert sorted(line["run"] for line in lines) == old
    assert archiving.archive(older_than=YEAR) == 0
    assert all(problem is None for _, problem in archiving.verify())


def test_a_run_is_brought_back_as_it_was_and_stays(store: Store, archiving: Archiving, clock: FixedClock) -> None:
    make_runs(store, 2)
    anchor(store)

    def rows() -> dict[str, list[object]]:
        with store.read() as conn:
            return {
                name: sorted(map(repr, conn.execute(sa.select(table(name))).all()))
                for name in ("run", "run_step", "engine_effect", "task", "task_event")
            }

    before = rows()
    clock.advance(days=400)
    assert archiving.archive(older_than=YEAR) == 2
    assert archiving.show("run_0001")["tables"]["run"][0]["subject"] == "Case é"
    for name in ("run_0000", "run_0001"):
        archiving.bring_back(name, reason="the auditors ask", actor="person:ann")
    assert rows() == before
    anchor(store)
    assert archiving.archive(older_than=YEAR) == 0
    with pytest.raises(NotArchived):
        archiving.bring_back("run_0001", reason="again", actor="person:ann")
    archiving.release("run_0001", actor="person:ann")
    assert archiving.archive(older_than=YEAR) == 1


def test_what_is_still_needed_never_leaves(store: Store, archiving: Archiving, clock: FixedClock) -> None:
    make_runs(store, 1, state="waiting", prefix="open")
    make_runs(store, 1, state="failed", prefix="failed")
    make_runs(store, 1, prefix="kept", intent="kept.intent")
    make_runs(store, 1, prefix="held")
    archiving.hold("held_0000", reason="a dispute", actor="person:ann")
    make_runs(store, 1, prefix="unsure")
    make_runs(store, 1, prefix="child")
    with store.unit() as unit:
        effect, run = table("engine_effect"), table("run")
        unit.conn.execute(sa.update(effect).where(effect.c.run_id == "unsure_0000").values(state="intent"))
        unit.conn.execute(sa.update(run).where(run.c.id == "child_0000").values(parent_run_id="open_0000"))
    anchor(store)
    make_runs(store, 1, prefix="unanchored")
    clock.advance(days=400)
    assert archiving.archive(older_than=YEAR) == 0
    anchor(store)
    assert archiving.archive(older_than=YEAR) == 1
    with pytest.raises(NotArchived):
        archiving.show("held_0000")


def test_a_file_that_is_gone_or_changed_is_named(
    store: Store, archiving: Archiving, clock: FixedClock, tmp_path: Path
) -> None:
    make_runs(store, 1)
    anchor(store)
    clock.advance(days=400)
    archiving.archive(older_than=YEAR)
    (path,) = (tmp_path / ".tiebeam/archive").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    ((_, problem),) = archiving.verify()
    assert problem is not None
    with pytest.raises(ArchiveDamaged, match=path.name):
        archiving.show("run_0000")
    path.unlink()
    with pytest.raises(ArchiveDamaged, match=path.name):
        archiving.bring_back("run_0000", reason="x", actor="person:ann")


KILLED = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from tiebeam.kit import FixedClock, RandomIds, parse_iso
from tiebeam.spec import ArchiveUse
from tiebeam.store import Store
from tiebeam.workflow.evidence import Archiving
from tiebeam.workflow.evidence import archiving

def die(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)

url, folder, now, where = sys.argv[1:]
if where == "before the file":
    archiving.write_lines = die
elif where == "after the file":
    archiving.read_lines = die
elif where == "while deleting":
    Archiving._note = die
clock = FixedClock(parse_iso(now))
store = Store(url, clock=clock, ids=RandomIds(clock))
Archiving(store, workspace=Path(folder), use=ArchiveUse).archive(older_than=timedelta(days=365))
"""


@pytest.mark.parametrize("where", ["before the file", "after the file", "while deleting"])
def test_a_worker_killed_in_the_middle_is_gone_on_from(
    store: Store, archiving: Archiving, clock: FixedClock, tmp_path: Path, where: str
) -> None:
    names = make_runs(store, 30)
    anchor(store)
    clock.advance(days=400)
    url = store.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", KILLED, url, str(tmp_path), iso(clock.now()), where]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    assert counts(store)["run"] == 30
    # Whoever comes at once leaves it alone: its worker may live.
    assert archiving.archive(older_than=YEAR) == 0
    clock.advance(minutes=6)
    assert archiving.archive(older_than=YEAR) == 30
    assert counts(store)["run"] == 0
    assert sorted(line["run"] for line in _all_lines(tmp_path)) == names
    assert all(problem is None for _, problem in archiving.verify())
    with store.read() as conn:
        assert verify_journal(conn) == []


def _all_lines(folder: Path) -> list[dict[str, object]]:
    files = [one for one in (folder / ".tiebeam/archive").iterdir() if not one.name.startswith(".")]
    return [json.loads(line) for one in files for line in gzip.decompress(one.read_bytes()).splitlines()]


def test_a_run_taken_up_again_meanwhile_stays(
    store: Store, archiving: Archiving, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tiebeam.workflow.evidence import archiving as module

    make_runs(store, 2)
    anchor(store)
    clock.advance(days=400)
    write = module.write_lines

    def taken_up(*arguments: object) -> object:
        with store.unit() as unit:
            run = table("run")
            again = {"state": "queued", "updated_at": unit.now, "ended_at": None}
            unit.conn.execute(sa.update(run).where(run.c.id == "run_0001").values(**again))
        return write(*arguments)

    monkeypatch.setattr(module, "write_lines", taken_up)
    assert archiving.archive(older_than=YEAR) == 1
    assert counts(store)["run"] == counts(store)["run_step"] == 1
    with pytest.raises(NotArchived):
        archiving.show("run_0001")
