"""A backup is one moment of the database, in one file that fits both kinds and is checked before it is used."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.builders.databases import PostgresServer

from tiebeam.kit import Clock, Ids, RandomIds, SystemClock
from tiebeam.store import (
    BackupExists,
    BackupUnreadable,
    NotEmpty,
    RowsRefused,
    Store,
    check_references,
    migration,
    open_backup,
    read_journal,
    tables_of,
    verify_journal,
    write_backup,
    write_rows,
    write_schema,
)

PAYLOAD = {"größe": "12,5 €", "text": 'a "b"\n\\ \u2028', "list": [1, 2.5, None, True]}


def _fill(store: Store, *, streams: int = 5) -> None:
    for number in range(streams):
        with store.unit() as unit:
            unit.journal(f"run:r{number}", "step.done", actor="system:worker", payload=PAYLOAD)
            unit.journal("workspace", "applied", actor="person:ann", payload={"n": number})


def _take(store: Store, out: Path, files: list[tuple[str, Path]] | None = None) -> Path:
    write_backup(store, out, files=files or [], about={"release": "0"})
    return out


def _restore(path: Path, url: str) -> Store:
    clock = SystemClock()
    store = Store(url, clock=clock, ids=RandomIds(clock))
    with open_backup(path) as backup:
        backup.verify()
        with store.engine.begin() as conn:
            write_schema(conn, backup.schema)
            for table in tables_of(backup.schema):
                write_rows(conn, table, backup.read_table(table.name))
            check_references(conn)
    store.migrate()
    return store


@pytest.fixture(params=["sqlite", "postgresql"])
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where the backup goes: with `store` on both kinds these are all four ways."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'other.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create()
    yield url
    server.drop(url)


def test_what_is_restored_reads_the_same_on_either_kind_of_database(
    store: Store, other_url: str, tmp_path: Path
) -> None:
    _fill(store)
    other = _restore(_take(store, tmp_path / "b.zip"), other_url)
    with store.read() as here, other.read() as there:
        for table in tables_of(migration.versions()[-1]):
            rows = [sorted(map(repr, conn.execute(sa.select(table)).all())) for conn in (here, there)]
            assert rows[0] == rows[1], table.name
        assert read_journal(there, "run:r1")[0].payload == PAYLOAD
        assert verify_journal(there) == []
    # Numbers that the database counts by itself go on behind those that were brought.
    _fill(other, streams=1)
    with other.read() as there:
        assert verify_journal(there) == []
        assert len(read_journal(there, "workspace")) == 6
    other.close()


def test_a_backup_taken_while_others_write_is_one_moment(store: Store, tmp_path: Path) -> None:
    _fill(store)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            _fill(store, streams=1)

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        taken = [_take(store, tmp_path / f"b{number}.zip") for number in range(3)]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    lengths = []
    for number, path in enumerate(taken):
        other = _restore(path, f"sqlite:///{tmp_path / f'other{number}.sqlite'}")
        with other.read() as conn:
            assert verify_journal(conn) == []
            first, second = len(read_journal(conn, "run:r0")), len(read_journal(conn, "workspace"))
            lengths.append((first, second))
        other.close()
    # A unit writes both streams, so that one moment holds as many new entries of the one as of the other.
    assert all(second - first == 4 for first, second in lengths)
    assert lengths == sorted(lengths)


def test_a_file_that_was_cut_short_or_changed_is_named(store: Store, tmp_path: Path) -> None:
    _fill(store)
    papers = tmp_path / "paper.pdf"
    papers.write_bytes(bytes(range(256)) * 400)
    whole = _take(store, tmp_path / "b.zip", [("papers/paper.pdf", papers)])
    data = whole.read_bytes()
    for name, changed, said in (
        ("cut.zip", data[: len(data) // 2], "cut short"),
        ("less.zip", data[:-1], "cut short"),
        ("empty.zip", b"", "it is empty"),
        ("text.zip", b"no archive at all", "cut short or is no backup"),
    ):
        path = tmp_path / name
        path.write_bytes(changed)
        with pytest.raises(BackupUnreadable, match=f"{name}.*{said}"), open_backup(path) as backup:
            backup.verify()
    # One byte in the middle of what a document holds.
    with zipfile.ZipFile(whole) as archive:
        at = archive.getinfo("files/papers/paper.pdf").header_offset + 120
    changed = tmp_path / "changed.zip"
    changed.write_bytes(data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :])
    with pytest.raises(BackupUnreadable, match=r"changed.zip.*paper.pdf.*damaged"), open_backup(changed) as backup:
        backup.verify()


def test_an_archive_whose_entries_were_exchanged_is_named(store: Store, tmp_path: Path) -> None:
    whole = _take(store, tmp_path / "b.zip")
    for name, leave_out, add, said in (
        ("more.zip", "", {"files/../../etc/passwd": b"x"}, "does not hold what its manifest lists"),
        ("fewer.zip", "tables/journal_entry.jsonl", {}, "does not hold what its manifest lists"),
        ("other.zip", "tables/journal_entry.jsonl", {"tables/journal_entry.jsonl": b"[1]\n"}, "not what was written"),
    ):
        path = tmp_path / name
        with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
            for entry in source.namelist():
                if entry != leave_out:
                    target.writestr(entry, source.read(entry))
            for entry, data in add.items():
                target.writestr(entry, data)
            target.comment = source.comment
        with pytest.raises(BackupUnreadable, match=f"{name}.*{said}"), open_backup(path) as backup:
            backup.verify()


def test_a_backup_never_replaces_anything(store: Store, tmp_path: Path) -> None:
    path = _take(store, tmp_path / "b.zip")
    with pytest.raises(BackupExists, match=r"b\.zip"):
        _take(store, path)
    with open_backup(path) as backup, store.engine.begin() as conn, pytest.raises(NotEmpty, match="tables already"):
        write_schema(conn, backup.schema)
    assert list(tmp_path.glob(".*partial")) == []


def test_rows_the_database_does_not_take_leave_it_empty(empty_database_url: str, clock: Clock, ids: Ids) -> None:
    store = Store(empty_database_url, clock=clock, ids=ids)
    version = migration.versions()[-1]
    table = next(one for one in tables_of(version) if one.name == "journal_stream")

    def load() -> None:
        with store.engine.begin() as conn:
            write_schema(conn, version)
            write_rows(conn, table, [["run:1", 1, "h", 0], ["run:1", 1, "h", 0]])

    with pytest.raises(RowsRefused, match="journal_stream"):
        load()
    with store.read() as conn:
        assert sa.inspect(conn).get_table_names() == []
    store.close()


def test_a_disk_that_is_full_is_told_and_nothing_half_written_stays(sqlite_template: Path, tmp_path: Path) -> None:
    source = tmp_path / "tiebeam.sqlite"
    shutil.copyfile(sqlite_template, source)
    (tmp_path / "big").write_bytes(random.Random(1).randbytes(400_000))
    program = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from tiebeam.kit import RandomIds, SystemClock\n"
        "from tiebeam.store import BackupUnwritable, Store, write_backup\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "clock = SystemClock()\n"
        f"store = Store('sqlite:///{source}', clock=clock, ids=RandomIds(clock))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "try:\n"
        "    write_backup(store, folder / 'b.zip', files=[('big', folder / 'big')], about={})\n"
        "except BackupUnwritable as problem:\n"
        "    print(problem.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert "no room is left there" in done.stdout
    assert str(tmp_path / "b.zip") in done.stdout
    assert not list(tmp_path.glob("*b.zip*"))
