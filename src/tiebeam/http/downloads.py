"""The journal and evidence packs as downloads; each goes on the record."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from tiebeam.errors import Invalid
from tiebeam.http.caller import Caller
from tiebeam.http.objects import EVERYTHING, journal_object
from tiebeam.workflow.evidence import Selection, write_export

FORMATS = ("jsonl", "csv")
"""Lines for the verifier, and a table for people."""


def evidence_file(caller: Caller, subject: str) -> Response:
    """The pack of a run, or of the decision on a task. The caller was asked for `evidence.export` before.

    Raises NotFound and NotDecided. The header `x-content-sha256` is what the record of the export names.
    """
    app = caller.app
    with app.store.read() as conn:
        wanted = app.evidence.subject(conn, subject)
    made = app.evidence.export(wanted, actor=caller.principal.actor)
    app.anchoring.deliver()
    headers = {
        "content-disposition": f'attachment; filename="{made.file_name}"',
        "x-content-sha256": made.sha256,
        "cache-control": "no-store",
    }
    return Response(made.data, media_type="application/zip", headers=headers)


def journal_file(caller: Caller, wanted: Selection, *, kind: str) -> Response:
    """The journal, or a part of it; `kind` is one of `FORMATS`. Raises Refused, Invalid and CannotWithhold."""
    app = caller.app
    if kind not in FORMATS:
        raise Invalid(f"the journal is exported as {' or '.join(FORMATS)}, not as {kind[:20]!r}")
    with app.store.read() as conn:
        caller.require("journal.export", journal_object(app, conn, EVERYTHING))
    folder = TemporaryDirectory(prefix="tiebeam-export-", ignore_cleanup_errors=True)
    path = Path(folder.name) / f"journal.{kind}"
    try:
        done = write_export(app.store, path, wanted, actor=caller.principal.actor)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        path,
        media_type="application/octet-stream",
        filename=path.name,
        headers={"x-content-sha256": str(done["sha256"]), "cache-control": "no-store"},
        background=BackgroundTask(folder.cleanup),
    )
