"""Sightings on disk while they are looked at from several sides, so that no file is too large for memory."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from tiebeam.economics.imports.sighting import Sighting, SightingKind, plain_model
from tiebeam.kit import sha256_hex

_BATCH = 2000
_TABLE = """
CREATE TABLE sighting (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, day TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
    at INTEGER NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID
"""
_FEES = "CREATE TABLE fee (file TEXT, id TEXT, times INTEGER NOT NULL, PRIMARY KEY (file, id)) WITHOUT ROWID"


class Spool:
    """A temporary database of its own; it is gone when it is closed."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tiebeam-import-")
        self._db = sqlite3.connect(Path(self._folder.name) / "spool.sqlite", isolation_level=None)
        for line in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", _TABLE, _FEES, "BEGIN"):
            self._db.execute(line)
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Sighting).decode

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        self._folder.cleanup()

    def add(self, sightings: Iterable[Sighting]) -> tuple[int, int]:
        """Keep each id once; returns how many are new, and how many were there already."""
        before = self.count()
        given = 0
        rows: list[tuple[object, ...]] = []
        for one in sightings:
            given += 1
            if one.kind is SightingKind.FEE:
                one = self._numbered(one)  # noqa: PLW2901
            rows.append((one.id, one.kind, one.day, one.provider, plain_model(one.model), one.at, self._encode(one)))
            if len(rows) >= _BATCH:
                self._write(rows)
                rows = []
        self._write(rows)
        new = self.count() - before
        return new, given - new

    def _numbered(self, fee: Sighting) -> Sighting:
        """A bill may hold the same line twice, and both are to be paid; each is counted within its file."""
        counted = "INSERT INTO fee VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times"
        (times,) = self._db.execute(counted, (fee.file, fee.id)).fetchone()
        return fee if times == 1 else msgspec.structs.replace(fee, id=sha256_hex(f"{fee.id}/{times}")[:32])

    def _write(self, rows: list[tuple[object, ...]]) -> None:
        self._db.executemany("INSERT OR IGNORE INTO sighting VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def index(self) -> None:
        """Call it once everything is there: reading in order needs it."""
        self._db.execute("CREATE INDEX by_day ON sighting (kind, day, model, id)")

    def count(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM sighting").fetchone()[0])

    def read(self, *kinds: SightingKind) -> Iterator[Sighting]:
        """In the order of day, model and id, whatever order the files have."""
        marks = ", ".join("?" * len(kinds))
        for (body,) in self._db.execute(
            f"SELECT body FROM sighting WHERE kind IN ({marks}) ORDER BY day, model, id", [str(kind) for kind in kinds]
        ):
            yield self._decode(body)

    def span(self) -> tuple[str, str]:
        """The first and the last day; empty texts where there is nothing."""
        first, last = self._db.execute("SELECT min(day), max(day) FROM sighting").fetchone()
        return first or "", last or ""
