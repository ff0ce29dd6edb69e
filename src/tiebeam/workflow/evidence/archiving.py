"""Runs that ended long ago leave the database for files, in small batches that any worker can go on with."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from tiebeam.engine import ARCHIVED_EFFECTS, runs_with_open_effects
from tiebeam.errors import Conflict, Invalid, NotFound
from tiebeam.kit import iso, parse_iso
from tiebeam.spec import ArchiveUse
from tiebeam.store import ArchivedTable, Store, Unit, put_rows, remove_rows, rows_of_runs, unanchored_streams
from tiebeam.workflow.evidence.files import FORMAT, ArchiveDamaged, read_lines, sha256_of, write_lines
from tiebeam.workflow.evidence.tables import archive_batch, archive_hold, archived_run
from tiebeam.workflow.runs import ARCHIVED_WITH_RUNS, EndedRun, ended_runs, load_run, still_ended
from tiebeam.workforce import ARCHIVED_TASKS

ARCHIVED: tuple[ArchivedTable, ...] = (*ARCHIVED_WITH_RUNS, *ARCHIVED_EFFECTS, *ARCHIVED_TASKS)
AT_ONCE = 200
STREAM = "archive"
_TAKEN = timedelta(minutes=5)
_EVERY_SECONDS = 3600.0
_MOST_LOOKED_AT = 5000
_log = logging.getLogger("tiebeam.evidence")


class NotArchived(NotFound):
    """The archive holds no run of this id."""

    code = "not_archived"


class StillHere(Conflict):
    """The run is in the database, so there is nothing to bring back."""

    code = "not_archived"


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file of the archive."""

    id: str
    file: str
    runs: int
    bytes: int
    sha256: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class _Batch:
    id: str
    file: str
    runs: tuple[EndedRun, ...]


class Archiving:
    """Safe with several workers: one batch is open at a time, and whoever finds it left behind goes on with it."""

    def __init__(self, store: Store, *, workspace: Path, use: Callable[[], ArchiveUse]) -> None:
        self._store = store
        self._workspace = workspace
        self._use = use

    def work(self) -> float:
        """One turn of the worker's loop. Returns the seconds until the next."""
        after_days = self._use().runs_after_days
        if after_days is not None:
            self.archive(older_than=timedelta(days=after_days))
        return _EVERY_SECONDS

    def archive(self, *, older_than: timedelta, most: int | None = None) -> int:
        """Archive runs that ended longer ago, batch by batch, at most `most` batches; returns how many runs went.

        Kept are: runs that failed, runs put on hold, runs of the intents in `[archive] keep`, children of open runs,
        runs with an effect nobody is sure of, and runs whose journal no anchor covers yet. Raises OSError.
        """
        total, batches = 0, 0
        while most is None or batches < most:
            batch = self._left_behind() or self._begin(self._store.clock.now() - older_than)
            if batch is None:
                return total
            total += self._carry_out(batch)
            batches += 1
        return total

    def files(self, conn: sa.Connection, *, limit: int = 50) -> list[ArchiveFile]:
        """Newest first."""
        names = [archive_batch.c[name] for name in ArchiveFile.__slots__]
        statement = sa.select(*names).where(archive_batch.c.written_at.is_not(None))
        return [
            ArchiveFile(*row)
            for row in conn.execute(statement.order_by(archive_batch.c.written_at.desc()).limit(limit))
        ]

    def count(self, conn: sa.Connection) -> int:
        return conn.execute(sa.select(sa.func.count()).select_from(archived_run)).scalar_one()

    def show(self, run_id: str) -> dict[str, Any]:
        """The run as its file holds it: every row by table. Raises NotArchived and ArchiveDamaged."""
        with self._store.read() as conn:
            path = self._path_of(conn, run_id)
        for line in read_lines(path):
            if line["run"] == run_id:
                return line
        raise ArchiveDamaged(f"the archive file {str(path)!r} does not hold run {run_id!r}", file=str(path))

    def bring_back(self, run_id: str, *, reason: str, actor: str) -> None:
        """Put an archived run back into the database, on hold so that it stays. Raises NotArchived and StillHere."""
        line = self.show(run_id)
        with self._store.unit() as unit:
            gone = unit.conn.execute(sa.delete(archived_run).where(archived_run.c.run_id == run_id)).rowcount
            if not gone:
                raise StillHere(f"run {run_id!r} was brought back by somebody else meanwhile")
            put_rows(unit, ARCHIVED, line["tables"])
            self._hold(unit, run_id, reason=reason, actor=actor)
            payload = {"subject": f"run:{run_id}", "run": run_id, "reason": reason}
            unit.journal(STREAM, "archive.brought_back", actor=actor, payload=payload)

    def hold(self, run_id: str, *, reason: str, actor: str) -> None:
        """Keep a run out of the archive until it is released. Raises NotFound, and Invalid without a reason."""
        if not reason.strip():
            raise Invalid("say why the run is to be kept; the reason stays on the record")
        with self._store.unit() as unit:
            load_run(unit.conn, run_id)
            self._hold(unit, run_id, reason=reason, actor=actor)
            payload = {"subject": f"run:{run_id}", "run": run_id, "reason": reason}
            unit.journal(STREAM, "archive.held", actor=actor, payload=payload)

    def release(self, run_id: str, *, actor: str) -> None:
        """Raises NotFound when the run is not on hold."""
        with self._store.unit() as unit:
            if not unit.conn.execute(sa.delete(archive_hold).where(archive_hold.c.run_id == run_id)).rowcount:
                raise NotFound(f"run {run_id!r} is not on hold", run=run_id)
            payload = {"subject": f"run:{run_id}", "run": run_id}
            unit.journal(STREAM, "archive.released", actor=actor, payload=payload)

    def verify(self) -> Iterator[tuple[ArchiveFile, str | None]]:
        """Every file with what is wrong with it, or None."""
        with self._store.read() as conn:
            files = self.files(conn, limit=1_000_000)
        for one in files:
            try:
                sound = sha256_of(self._folder / one.file) == one.sha256
                yield one, None if sound else "it is not what was written"
            except ArchiveDamaged as problem:
                yield one, problem.message

    @property
    def _folder(self) -> Path:
        return (self._workspace / self._use().folder).resolve()

    def _path_of(self, conn: sa.Connection, run_id: str) -> Path:
        statement = sa.select(archive_batch.c.file).join(archived_run, archived_run.c.batch_id == archive_batch.c.id)
        file = conn.execute(statement.where(archived_run.c.run_id == run_id)).scalar_one_or_none()
        if file is None:
            raise NotArchived(
                f"the archive holds no run {run_id!r}; 'tiebeam runs show {run_id}' shows one that is here"
            )
        return self._folder / file

    def _hold(self, unit: Unit, run_id: str, *, reason: str, actor: str) -> None:
        unit.conn.execute(sa.delete(archive_hold).where(archive_hold.c.run_id == run_id))
        unit.conn.execute(sa.insert(archive_hold).values(run_id=run_id, reason=reason, actor=actor, at=unit.now))

    def _left_behind(self) -> _Batch | None:
        """The open batch of a worker that is gone, now ours."""
        with self._store.read() as conn:
            if conn.execute(sa.select(archive_batch.c.id).where(archive_batch.c.open == 1)).first() is None:
                return None
        with self._store.unit() as unit:
            late = sa.and_(archive_batch.c.open == 1, archive_batch.c.taken_until < unit.now)
            row = unit.conn.execute(sa.select(archive_batch).where(late).with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            ours = sa.update(archive_batch).where(archive_batch.c.id == row.id)
            unit.conn.execute(ours.values(taken_until=unit.now + _TAKEN))
            return _Batch(row.id, row.file, tuple(map(_run_of, row.plan)))

    def _begin(self, before: datetime) -> _Batch | None:
        """A new batch of what may leave; None when nothing may, or another worker is at it."""
        with self._store.read() as conn:
            if conn.execute(sa.select(archive_batch.c.id).where(archive_batch.c.open == 1)).first() is not None:
                return None
            runs = tuple(self._leaving(conn, before))
        if not runs:
            return None
        batch_id = self._store.ids.new("archive")
        file = f"runs-{min(one.ended_at for one in runs):%Y-%m-%d}-{batch_id}.jsonl.gz"
        try:
            with self._store.unit() as unit:
                plan = [{name: _plain(getattr(one, name)) for name in EndedRun.__slots__} for one in runs]
                values = {"id": batch_id, "file": file, "open": 1, "plan": plan, "runs": 0, "bytes": 0}
                unit.conn.execute(sa.insert(archive_batch).values(**values, taken_until=unit.now + _TAKEN))
        except IntegrityError:
            return None
        return _Batch(batch_id, file, runs)

    def _leaving(self, conn: sa.Connection, before: datetime) -> list[EndedRun]:
        found: list[EndedRun] = []
        after, looked = None, 0
        while len(found) < AT_ONCE and looked < _MOST_LOOKED_AT:
            page = ended_runs(conn, before=before, keep=self._use().keep, after=after)
            if not page:
                break
            ids = [one.id for one in page]
            held = self._held(conn, ids) | runs_with_open_effects(conn, ids)
            held |= {name.removeprefix("run:") for name in unanchored_streams(conn, [f"run:{one}" for one in ids])}
            found += [one for one in page if one.id not in held]
            after, looked = (page[-1].started_at, page[-1].id), looked + len(page)
        return found[:AT_ONCE]

    def _held(self, conn: sa.Connection, runs: Sequence[str]) -> set[str]:
        return set(conn.execute(sa.select(archive_hold.c.run_id).where(archive_hold.c.run_id.in_(runs))).scalars())

    def _carry_out(self, batch: _Batch) -> int:
        """Written, read back, and only then deleted: killed anywhere, the next turn does the same again."""
        path = self._folder / batch.file
        with self._store.read() as conn:
            taken = rows_of_runs(conn, ARCHIVED, [one.id for one in batch.runs])
        lines = [{"format": FORMAT, "run": run, "tables": rows} for run, rows in taken.items() if rows]
        sha256, size = write_lines(path, lines)
        if [line["run"] for line in read_lines(path)] != [line["run"] for line in lines]:
            raise ArchiveDamaged(f"the archive file {str(path)!r} does not hold what was just written", file=str(path))
        with self._store.unit() as unit:
            # Somebody may have taken one up again, or put it on hold, since the batch was begun.
            leaving = still_ended(unit, batch.runs) - self._held(unit.conn, [one.id for one in batch.runs])
            remove_rows(unit, ARCHIVED, {run: rows for run, rows in taken.items() if run in leaving})
            self._note(unit, batch, [one for one in batch.runs if one.id in leaving], sha256=sha256, size=size)
        _log.info("%d runs were archived in %s", len(leaving), path)
        return len(leaving)

    def _note(self, unit: Unit, batch: _Batch, runs: Sequence[EndedRun], *, sha256: str, size: int) -> None:
        done = {"open": None, "plan": [], "runs": len(runs), "bytes": size, "sha256": sha256, "written_at": unit.now}
        unit.conn.execute(sa.update(archive_batch).where(archive_batch.c.id == batch.id).values(**done))
        if runs:
            rows = [
                {
                    "run_id": one.id,
                    "batch_id": batch.id,
                    "intent": one.intent,
                    "state": one.state,
                    "ended_at": one.ended_at,
                }
                for one in runs
            ]
            unit.conn.execute(sa.insert(archived_run), rows)
        payload = {"subject": "archive", "file": batch.file, "sha256": sha256, "runs": len(runs)}
        unit.journal(STREAM, "archive.written", actor="system:archive", payload=payload)


def _plain(value: Any) -> Any:
    return iso(value) if isinstance(value, datetime) else value


def _run_of(planned: Mapping[str, Any]) -> EndedRun:
    moments: dict[str, Any] = {name: parse_iso(planned[name]) for name in ("started_at", "ended_at", "updated_at")}
    return EndedRun(**{**planned, **moments})
