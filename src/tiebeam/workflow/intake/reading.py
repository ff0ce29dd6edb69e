"""The intake segment: reads the documents of a batch in their order of arrival and carries each run as far as it goes.

Documents are read ahead in confined processes; one unit of work then holds a document's fields, its matching and its
decision. Matching looks at what arrived earlier, so this queue works on one batch at a time.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError

from tiebeam.connect.documents import Reader, ReadResult, invoice_to_json
from tiebeam.economics import EntryKind, LedgerEntry
from tiebeam.engine import Segment
from tiebeam.kit import MASKING, digest_of
from tiebeam.store import Store, Unit
from tiebeam.workflow.intake.archive import Archive
from tiebeam.workflow.intake.tables import batch, document
from tiebeam.workflow.runs import Interpreter, RunRow, StepPhase, StepRow, Work, fail_run

READ_STEP = "read"
_log = logging.getLogger("tiebeam.workflow")

_KEEP_READ = sa.update(document).where(document.c.id == sa.bindparam("of_document"))


class BatchReader:
    """The engine's handler for kind `intake`."""

    def __init__(
        self,
        store: Store,
        *,
        interpreter: Interpreter,
        archive: Archive,
        reader: Callable[[], Reader],
    ) -> None:
        self._store = store
        self._interpreter = interpreter
        self._archive = archive
        self._reader = reader

    def run_segment(self, segment: Segment) -> None:
        """Idempotent: documents that are past reading are not read again. The key is `batch` or `batch|run`."""
        batch_id, _, run_id = segment.key.partition("|")
        with self._store.read() as conn:
            rows = self._pending(conn, batch_id, run_id)
        results = self._reader().read_many(self._sources(rows))
        for row, result in zip(rows, results, strict=True):
            self._begin(row, result)
        with self._store.unit() as unit:
            unit.conn.execute(
                sa.update(batch)
                .where(batch.c.id == batch_id, batch.c.finished_at.is_(None))
                .values(state="read", finished_at=unit.now)
            )

    def _begin(self, row: sa.RowMapping, result: ReadResult) -> None:
        """One document in one unit. What fails twice for a reason of its own must not hold up those behind it."""
        for is_last in (False, True):
            try:
                with self._store.unit() as unit:
                    self._carry(unit, row, result)
            except (OperationalError, InterfaceError, OSError):
                # The database or the disk: the whole segment is tried again later.
                raise
            except Exception:  # noqa: BLE001 - whatever is wrong with one document, the others go on
                _log.exception("the run %s of document %s could not be begun", row["run_id"], row["id"])
                if is_last:
                    self._fail(row, error=MASKING.mask(traceback.format_exc()))
            else:
                return

    def _carry(self, unit: Unit, row: sa.RowMapping, result: ReadResult) -> None:
        work = self._interpreter.take_up(unit, row["run_id"])
        if READ_STEP not in work.states:
            _take_in(work, row, result)
        if self._interpreter.carry_on(work):
            self._interpreter.continue_later(unit, row["run_id"])

    def _fail(self, row: sa.RowMapping, *, error: str) -> None:
        with self._store.unit() as unit:
            unit.conn.execute(sa.update(document).where(document.c.id == row["id"]).values(state="failed"))
            fail_run(unit, row["run_id"], error=error)

    def give_up(self, unit: Unit, key: str, _seq: int, error: str) -> None:
        """The engine's handler for a batch that failed again and again: its unread documents are marked failed."""
        batch_id, _, run_id = key.partition("|")
        unit.conn.execute(sa.update(batch).where(batch.c.id == batch_id).values(state="failed"))
        for row in self._pending(unit.conn, batch_id, run_id):
            fail_run(unit, row["run_id"], error=f"the batch {batch_id} could not be read: {error}")

    def _pending(self, conn: sa.Connection, batch_id: str, run_id: str) -> list[sa.RowMapping]:
        query = sa.select(document).where(document.c.batch_id == batch_id, document.c.state == "accepted")
        query = query.where(document.c.run_id == run_id) if run_id else query
        return list(conn.execute(query.order_by(document.c.arrival)).mappings())

    def _sources(self, rows: list[sa.RowMapping]) -> Iterator[tuple[str, bytes | Path]]:
        for row in rows:
            # A document too large for the archive is refused by its size, so its own place serves as well.
            place = self._archive.path_of(row["sha256"]) if row["archived"] else Path(row["source"])
            yield row["name"], place


def _take_in(work: Work, row: sa.RowMapping, result: ReadResult) -> None:
    """Keep what was read: the document's fields, and the run's first step with its evidence."""
    unit, outcome = work.unit, "unreadable" if result.invoice is None else "read"
    invoice = None if result.invoice is None else invoice_to_json(result.invoice)
    fields = [{"field": e.field, "text": e.text, "place": e.place} for e in result.evidence]
    values = {
        "of_document": row["id"],
        "state": outcome,
        "syntax": result.syntax,
        "invoice": invoice,
        "error": result.error,
        "error_code": result.error_code,
        "found": result.found,
        "evidence": fields,
        "text": result.text,
        "read_at": unit.now,
    }
    unit.conn.execute(_KEEP_READ, values)
    read = StepRow(
        step_id=READ_STEP,
        phase=StepPhase.DONE,
        outcome=outcome,
        position=0,
        summary=result.error if invoice is None else f"{result.syntax}: {len(invoice.get('lines', []))} lines read",
        output=_output(result, invoice),
        evidence={"document-hash": row["sha256"], "fields": fields},
    )
    work.keep(read)
    unit.journal(
        f"run:{work.row.id}",
        "step.done",
        actor="system:tiebeam",
        payload={
            "step": READ_STEP,
            "outcome": outcome,
            "summary": read.summary,
            "document": row["sha256"],
            "output_hash": digest_of(read.output),
        },
    )
    work.entries.append(_machine_entry(unit, work.row))


def _output(result: ReadResult, invoice: dict[str, Any] | None) -> dict[str, Any]:
    if invoice is None:
        found = {"error": result.error, "error_code": result.error_code, "found": result.found}
        return {**found, "syntax": result.syntax}
    return {"invoice": invoice, "warnings": list(invoice.get("warnings", [])), "syntax": result.syntax}


def _machine_entry(unit: Unit, run: RunRow) -> LedgerEntry:
    return LedgerEntry(
        kind=EntryKind.TOOL_CALL,
        run_id=run.id,
        step_id=READ_STEP,
        intent=run.intent,
        recipe=run.recipe,
        team=run.team,
        person=None,
        model=None,
        quantity=Decimal(1),
        usd_nano=None,
        amount=None,
        currency=None,
        at=unit.now,
        key=f"{run.id}:{READ_STEP}",
    )
