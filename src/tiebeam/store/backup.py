"""A backup: one file with every row of the database and the files beside it, checked as a whole before it is used.

The file is a ZIP archive: `tables/NAME.jsonl` with one row a line, `files/PATH` below the workspace, and last
`manifest.json`, which holds the SHA-256 and the size of each of them. It fits both kinds of database.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import msgspec
import sqlalchemy as sa

from tiebeam.errors import Conflict, Invalid, TiebeamError
from tiebeam.kit import iso, parse_iso
from tiebeam.store.migration import current_version
from tiebeam.store.portable import read_rows, tables_of
from tiebeam.store.unit import Store

FORMAT = 1
MANIFEST = "manifest.json"
_WHAT = "tiebeam-backup"
_PIECE = 1024 * 1024
_LARGEST_MANIFEST = 512 * 1024 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError)


class BackupExists(Conflict):
    """There is a file of that name already, and a backup never takes the place of another."""

    code = "backup_exists"


class BackupUnwritable(TiebeamError):
    """The backup could not be written where it was to lie."""

    code = "backup_unwritable"
    status = 507


class BackupUnreadable(Invalid):
    """The file is no backup, was cut short, or was changed after it was written."""

    code = "backup_unreadable"


@dataclass(frozen=True, slots=True)
class Written:
    """What a backup holds, and the hash of the whole file to keep apart from it."""

    path: str
    sha256: str
    bytes: int
    tables: int
    rows: int
    files: int


class _Hashing:
    """What is written, counted and hashed on its way; not seekable, so that nothing is written twice."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self.digest = hashlib.sha256()
        self.count = 0

    def write(self, data: bytes) -> int:
        self._target.write(data)
        self.digest.update(data)
        self.count += len(data)
        return len(data)

    def flush(self) -> None:
        self._target.flush()


def write_backup(store: Store, out: Path, *, files: Iterable[tuple[str, Path]], about: Mapping[str, Any]) -> Written:
    """Write the database as it is at one moment, then `files` (name below the workspace, place), whole or not at all.

    Work goes on meanwhile; `files` are looked at after that moment. Raises BackupExists and BackupUnwritable.
    """
    if out.exists():
        raise BackupExists(f"{str(out)!r} is there already: choose another name, a backup never replaces one")
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        # Nobody else may read it: it holds whatever the database holds.
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            hashing = _Hashing(target)
            rows, tables, held = _fill(store, hashing, files, about)
            target.flush()
            os.fsync(target.fileno())
        # Unlike a rename this fails when somebody else has made the file meanwhile.
        os.link(partial, out)
    except FileExistsError as problem:
        raise BackupExists(f"{str(out)!r} was made by somebody else meanwhile: choose another name") from problem
    except OSError as problem:
        why = "no room is left there" if problem.errno in _FULL else problem.strerror or str(problem)
        raise BackupUnwritable(
            f"the backup could not be written to {str(out)!r}: {why}; nothing was kept of it, name another place"
        ) from problem
    finally:
        partial.unlink(missing_ok=True)
    return Written(str(out), hashing.digest.hexdigest(), hashing.count, tables, rows, held)


def _fill(
    store: Store, target: _Hashing, files: Iterable[tuple[str, Path]], about: Mapping[str, Any]
) -> tuple[int, int, int]:
    """(rows, tables, files)"""
    entries: dict[str, dict[str, Any]] = {}
    encode = msgspec.json.Encoder().encode
    with zipfile.ZipFile(cast("IO[bytes]", target), "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        with store.read() as conn:
            version = current_version(conn)
            if version is None:
                raise Invalid("the database has no tables yet: there is nothing to back up")
            at = store.clock.now()
            tables = tables_of(version)
            for table in tables:
                lines = (encode(row) + b"\n" for row in read_rows(conn, table))
                entries[f"tables/{table.name}.jsonl"] = _put(archive, f"tables/{table.name}.jsonl", lines, rows=True)
        held = 0
        for name, place in files:
            # What was removed since it was listed, such as a charge that is booked now, is not missed.
            with suppress(FileNotFoundError), place.open("rb") as source:
                entries[f"files/{name}"] = _put(archive, f"files/{name}", iter(lambda: source.read(_PIECE), b""))
                held += 1
        head = {"what": _WHAT, "format": FORMAT, "schema": version, "at": iso(at), "database": store.dialect}
        manifest = {**head, **about, "entries": entries}
        archive.comment = _WHAT.encode()
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return sum(entry.get("rows", 0) for entry in entries.values()), len(tables), held


def _put(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes], *, rows: bool = False) -> dict[str, Any]:
    digest, size, count = hashlib.sha256(), 0, 0
    with archive.open(name, "w", force_zip64=True) as entry:
        for piece in pieces:
            entry.write(piece)
            digest.update(piece)
            size += len(piece)
            count += 1
    return {"sha256": digest.hexdigest(), "bytes": size, **({"rows": count} if rows else {})}


class Backup:
    """A backup that was opened and whose table of contents is sound; `verify` reads all of it."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, manifest: Mapping[str, Any]) -> None:
        self.path = path
        self._archive = archive
        self._entries: Mapping[str, Mapping[str, Any]] = manifest["entries"]
        self.manifest = manifest
        self.schema: str = manifest["schema"]
        self.at = parse_iso(manifest["at"])

    @property
    def files(self) -> list[str]:
        """Paths below the workspace."""
        return [name.removeprefix("files/") for name in self._entries if name.startswith("files/")]

    def rows_of(self, table: str) -> int:
        return int(self._entries.get(f"tables/{table}.jsonl", {"rows": 0})["rows"])

    @property
    def tables(self) -> set[str]:
        return {name[7:-6] for name in self._entries if name.startswith("tables/")}

    def read_table(self, table: str) -> Iterator[list[Any]]:
        decode = msgspec.json.Decoder(list[Any]).decode
        with self._reading(f"tables/{table}.jsonl") as entry:
            for line in entry:
                yield decode(line)

    def read_file(self, name: str) -> Iterator[bytes]:
        with self._reading(f"files/{name}") as entry:
            while piece := entry.read(_PIECE):
                yield piece

    def sha256_of(self, name: str) -> str:
        return self._entries[f"files/{name}"]["sha256"]

    def verify(self) -> int:
        """Read every entry and compare it with the manifest; returns the bytes read. Raises BackupUnreadable."""
        total = 0
        for name, said in self._entries.items():
            digest, size = hashlib.sha256(), 0
            with self._reading(name) as entry:
                while piece := entry.read(_PIECE):
                    digest.update(piece)
                    size += len(piece)
                    if size > said["bytes"]:
                        break
            if (size, digest.hexdigest()) != (said["bytes"], said["sha256"]):
                raise _unreadable(self.path, f"{name!r} in it is not what was written")
            total += size
        return total

    @contextmanager
    def _reading(self, name: str) -> Generator[IO[bytes]]:
        try:
            with self._archive.open(name) as entry:
                yield entry
        except _DAMAGE as problem:
            raise _unreadable(self.path, f"{name!r} in it is damaged ({problem})") from problem


def is_backup(path: Path) -> bool:
    """Whether a file ends as backups do; a quick look, which proves nothing."""
    with path.open("rb") as source:
        size = source.seek(0, os.SEEK_END)
        source.seek(max(0, size - len(_WHAT)))
        return source.read() == _WHAT.encode()


@contextmanager
def open_backup(path: Path) -> Generator[Backup]:
    """Raises BackupUnreadable, which names the file and what is wrong with it."""
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGE as problem:
        said = "its end is missing" if path.stat().st_size else "it is empty"
        raise _unreadable(path, f"it was cut short or is no backup: {said}") from problem
    with archive:
        if archive.comment != _WHAT.encode():
            raise _unreadable(path, "it was cut short at its end, or it is an archive of something else")
        try:
            info = archive.getinfo(MANIFEST)
            if info.file_size > _LARGEST_MANIFEST:
                raise _unreadable(path, "its manifest is too large")
            manifest = json.loads(archive.read(info))
        except (*_DAMAGE, ValueError) as problem:
            raise _unreadable(path, "it has no manifest, so it is no backup of Tiebeam") from problem
        _check_manifest(path, archive, manifest)
        yield Backup(path, archive, manifest)


def _check_manifest(path: Path, archive: zipfile.ZipFile, manifest: Any) -> None:
    if not isinstance(manifest, dict) or manifest.get("what") != _WHAT:
        raise _unreadable(path, "its manifest is not one of Tiebeam")
    if manifest.get("format") != FORMAT:
        raise _unreadable(
            path, f"it has format {manifest.get('format')!r}, this release reads {FORMAT}: update tiebeam"
        )
    names = archive.namelist()
    listed = manifest.get("entries")
    if not isinstance(listed, dict) or sorted([*listed, MANIFEST]) != sorted(names):
        raise _unreadable(path, "it does not hold what its manifest lists")
    for name in listed:
        parts = PurePosixPath(name).parts
        if name.startswith("/") or "\\" in name or ".." in parts or parts[0] not in {"tables", "files"}:
            raise _unreadable(path, f"the name {name!r} in it leads elsewhere")


def _unreadable(path: Path, what: str) -> BackupUnreadable:
    return BackupUnreadable(f"{str(path)!r} cannot be restored: {what}. Take another backup", file=str(path))


def check_references(conn: sa.Connection) -> None:
    """Every row that others refer to is there. PostgreSQL has looked by itself."""
    if conn.dialect.name == "sqlite":
        broken = conn.exec_driver_sql("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise Invalid(
                f"the backup is not whole: a row of {broken[0]!r} refers to one of {broken[2]!r} that is missing"
            )
