"""Backups of a workspace: its database, what it keeps beside it, and the other files of the folder."""

from __future__ import annotations

import getpass
import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

import tiebeam
from tiebeam.app.calls import CHARGES_FOLDER
from tiebeam.app.database import STATE_FOLDER, database_url, open_store
from tiebeam.app.running import App
from tiebeam.errors import Conflict
from tiebeam.kit import RandomIds, SystemClock, iso
from tiebeam.store import (
    Backup,
    NotEmpty,
    Store,
    Written,
    check_references,
    is_backup,
    journal_report,
    open_backup,
    tables_of,
    write_backup,
    write_rows,
    write_schema,
)

_NOT_OURS = {".sqlite", ".sqlite-wal", ".sqlite-shm", ".db"}
"""Databases of outer systems that lie in the workspace, such as an example's: they have owners who back them up."""
_KEPT = ("documents", "ledger", "archive")
_ANCHORS = "anchors.jsonl"
_LINKS = ".backup-"
_PIECE = 1024 * 1024


class FileDiffers(Conflict):
    """A file of the backup is there already, with other content."""

    code = "restore_refused"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back. `sound` is what the verifier said of the journal; `problems` names what it found."""

    workspace: str
    taken_at: str
    tables: int
    rows: int
    files: int
    sound: bool
    problems: tuple[str, ...]


def back_up(app: App, out: Path, *, actor: str) -> Written:
    """Write all of the workspace as it is now to one new file, and put that on the record. Work goes on meanwhile.

    Raises BackupExists and BackupUnwritable.
    """
    state = app.workspace / STATE_FOLDER
    with _held(state / CHARGES_FOLDER) as charges:
        files = _files(app.workspace, charges)
        about = {"release": tiebeam.__version__, "workspace": app.workspace.name}
        written = write_backup(app.store, out, files=files, about=about)
    payload = {"subject": "workspace", "file": out.name, "sha256": written.sha256, "bytes": written.bytes}
    with app.store.unit() as unit:
        unit.journal("workspace", "workspace.backed_up", actor=actor, payload={**payload, "rows": written.rows})
    return written


def restore(file: Path, workspace: Path, *, url: str | None = None) -> Restored:
    """Bring a backup back where there is no database yet, of whichever kind. Nothing is ever replaced.

    The file is read as a whole first. Raises BackupUnreadable, NotEmpty, FileDiffers, RowsRefused and
    DatabaseUnreachable; the database is then as empty as before.
    """
    workspace = workspace.resolve()
    with open_backup(file) as backup:
        backup.verify()
        missing = backup.tables - {table.name for table in tables_of(backup.schema)}
        assert not missing, f"the schema {backup.schema} has no tables {missing}"
        _check_files(backup, workspace)
        (workspace / STATE_FOLDER).mkdir(parents=True, exist_ok=True)
        where = url or database_url(workspace)
        if where.startswith("sqlite"):
            return _into_file(backup, workspace, Path(str(sa.make_url(where).database)))
        _write_files(backup, workspace)
        return _into(backup, workspace, where)


def _files(workspace: Path, charges: Path) -> Iterator[tuple[str, Path]]:
    """Every file of a backup by its name, looked at only when it is its turn."""
    state = workspace / STATE_FOLDER
    _link(state / CHARGES_FOLDER, charges)
    for path in sorted(charges.rglob("*")) if charges.is_dir() else ():
        if path.is_file():
            yield f"{STATE_FOLDER}/{CHARGES_FOLDER}/{path.relative_to(charges).as_posix()}", path
    if (state / _ANCHORS).is_file():
        yield f"{STATE_FOLDER}/{_ANCHORS}", state / _ANCHORS
    for folder in _KEPT:
        yield from _below(workspace, state / folder)
    for path in sorted(workspace.iterdir()):
        if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
            yield from _below(workspace, path)
        elif _is_kept(path):
            yield path.name, path


def _below(workspace: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if _is_kept(path):
            yield path.relative_to(workspace).as_posix(), path


def _is_kept(path: Path) -> bool:
    if not path.is_file() or path.is_symlink() or path.name.startswith("."):
        return False
    return path.suffix not in _NOT_OURS and not is_backup(path)


@contextmanager
def _held(folder: Path) -> Generator[Path]:
    """Links to the journals of model calls, so that what is booked and removed meanwhile can still be read.

    Linked before the database's moment and again after it: a charge is in the journal, in the database, or in both.
    """
    if not folder.is_dir():
        yield folder
        return
    # Named so that nobody takes it for a journal to book.
    held = Path(tempfile.mkdtemp(prefix=_LINKS, dir=folder))
    try:
        _link(folder, held)
        yield held
    finally:
        shutil.rmtree(held, ignore_errors=True)


def _link(folder: Path, held: Path) -> None:
    if not folder.is_dir() or held == folder:
        return
    for path in folder.glob("[!.]*/*"):
        target = held / path.parent.name / path.name
        target.parent.mkdir(exist_ok=True)
        # Gone meanwhile, or linked before: the link follows what is appended.
        with suppress(FileNotFoundError, FileExistsError):
            os.link(path, target)


def _check_files(backup: Backup, workspace: Path) -> None:
    for name in backup.files:
        path = workspace / name
        if path.exists() and not _may_differ(name) and _sha256(path) != backup.sha256_of(name):
            raise FileDiffers(
                f"{str(path)!r} is there already and differs from the backup's: move it away, or restore into an "
                "empty folder and compare the two",
                file=name,
            )


def _may_differ(name: str) -> bool:
    """Journals that go on growing: those that are there are at least as long."""
    return name.startswith(f"{STATE_FOLDER}/{CHARGES_FOLDER}/") or name == f"{STATE_FOLDER}/{_ANCHORS}"


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _write_files(backup: Backup, workspace: Path) -> None:
    for name in backup.files:
        path = workspace / name
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".restoring-", delete=False) as partial:
            try:
                for piece in backup.read_file(name):
                    partial.write(piece)
            except BaseException:
                Path(partial.name).unlink()
                raise
        Path(partial.name).replace(path)


def _into_file(backup: Backup, workspace: Path, place: Path) -> Restored:
    """SQLite: made beside its place, and put there once it is whole."""
    if place.exists():
        raise NotEmpty(
            f"the workspace has its database already, {str(place)!r}: a backup never replaces one. Stop what uses "
            "it and move the file away (with -wal and -shm), or restore into an empty folder"
        )
    partial = place.with_name(f"{place.name}.restoring")
    _remove(partial)
    try:
        _write_files(backup, workspace)
        done = _into(backup, workspace, f"sqlite:///{partial}")
        with closing(sqlite3.connect(partial)) as conn:
            # All of it into the one file: its log is not moved along.
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        os.link(partial, place)
    except FileExistsError as problem:
        raise NotEmpty(f"somebody else has made {str(place)!r} meanwhile; it was left as it is") from problem
    finally:
        _remove(partial)
    return done


def _remove(partial: Path) -> None:
    for end in ("", "-wal", "-shm"):
        partial.with_name(partial.name + end).unlink(missing_ok=True)


def _into(backup: Backup, workspace: Path, url: str) -> Restored:
    clock = SystemClock()
    store = open_store(url, clock=clock, ids=RandomIds(clock), prepare=lambda opened: _load(opened, backup))
    try:
        store.migrate()
        with store.read() as conn:
            report = journal_report(conn, external=None, exported_at=clock.now())
        problems = tuple(f"{one['where']}: {one['problem']}" for one in report["findings"][:20])
        rows = sum(backup.rows_of(name) for name in backup.tables)
        payload = {"subject": "workspace", "file": backup.path.name, "taken_at": iso(backup.at), "rows": rows}
        with store.unit() as unit:
            actor = f"machine:{getpass.getuser()}"
            unit.journal("workspace", "workspace.restored", actor=actor, payload=payload)
    finally:
        store.close()
    return Restored(
        workspace=str(workspace),
        taken_at=iso(backup.at),
        tables=len(backup.tables),
        rows=rows,
        files=len(backup.files),
        sound=bool(report["sound"]),
        problems=problems,
    )


def _load(store: Store, backup: Backup) -> None:
    """The schema as it was when the backup was taken, and every row: in one transaction, whole or not at all."""
    with store.engine.begin() as conn:
        write_schema(conn, backup.schema)
        for table in tables_of(backup.schema):
            if table.name in backup.tables:
                write_rows(conn, table, backup.read_table(table.name))
        check_references(conn)
