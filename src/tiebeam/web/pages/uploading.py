"""Documents in: the upload page, and originals out again."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from tiebeam.errors import Invalid, NotFound
from tiebeam.web.visit import Console, Visit, route
from tiebeam.workflow.intake import document_view
from tiebeam.workforce import Obj, require

MOST_FILES = 200
LARGEST_FILE = 20 * 1024 * 1024
_INLINE = {".pdf": "application/pdf", ".xml": "text/plain; charset=utf-8", ".csv": "text/plain; charset=utf-8"}


def upload_page(visit: Visit) -> Response:
    return visit.page("pages/upload.html", results=())


def upload(visit: Visit) -> Response:
    """Every file becomes a run; what was taken in before is not taken in twice."""
    found = [one for one in visit.form.getlist("files") if isinstance(one, UploadFile) and one.filename]
    if not found:
        raise Invalid("choose at least one file (XML or PDF); nothing was taken in")
    large = [one.filename for one in found if (one.size or 0) > LARGEST_FILE]
    if large:
        raise Invalid(f"{large[0]!r} is larger than {LARGEST_FILE // 1024 // 1024} MB; nothing was taken in")
    files = [(str(one.filename), one.file.read()) for one in found[:MOST_FILES]]
    intent = visit.said("intent")
    batch = visit.app.starting.upload(
        visit.principal, intent, files, channel="console", received_at=visit.now.astimezone(visit.zone).date()
    )
    if batch.batch_id is None:
        first = batch.run_ids[0]
        return visit.back_to(f"/runs/{first}", saying="Already taken in earlier; this is its run.")
    known = f", {batch.known} already known" if batch.known else ""
    plural = "document" if batch.new == 1 else "documents"
    return visit.back_to(f"/runs?batch={batch.batch_id}", saying=f"{batch.new} {plural} taken in{known}.")


def document(visit: Visit) -> Response:
    """The original, byte for byte. PDFs open in the browser's reader; everything else is shown as text or saved."""
    document_id = visit.path("document")
    require(visit.principal, "document.view", Obj("document", document_id))
    with visit.app.store.read() as conn:
        found = document_view(conn, document_id)
    if not found.archived:
        raise NotFound(f"the original of {found.name!r} was too large to keep; only its hash is known")
    path = visit.app.intake.archive.path_of(found.sha256)
    suffix = "." + found.name.rsplit(".", 1)[-1].lower()
    kind = _INLINE.get(suffix)
    return FileResponse(
        path,
        media_type=kind or "application/octet-stream",
        filename=found.name,
        content_disposition_type="inline" if kind else "attachment",
    )


def routes(console: Console) -> list[Route]:
    return [
        route(console, "/upload", upload_page),
        route(console, "/upload", upload, methods=("POST",)),
        route(console, "/documents/{document}", document),
    ]
