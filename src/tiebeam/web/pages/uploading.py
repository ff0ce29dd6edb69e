"""Documents in: the upload page."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import Route

from tiebeam.errors import Invalid
from tiebeam.http import Ask
from tiebeam.web.visit import Console, Visit, route

MOST_FILES = 200
LARGEST_FILE = 20 * 1024 * 1024


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
    visit.caller.known("intent", intent)
    batch = visit.app.starting.upload(
        visit.principal, intent, files, channel="console", received_at=visit.now.astimezone(visit.zone).date()
    )
    if batch.batch_id is None:
        first = batch.run_ids[0]
        return visit.back_to(f"/runs/{first}", saying="Already taken in earlier; this is its run.")
    known = f", {batch.known} already known" if batch.known else ""
    plural = "document" if batch.new == 1 else "documents"
    return visit.back_to(f"/runs?batch={batch.batch_id}", saying=f"{batch.new} {plural} taken in{known}.")


def routes(console: Console) -> list[Route]:
    ask = Ask("run.start", "intent", inside=True)
    return [
        route(console, "/upload", upload_page, asks=ask),
        route(console, "/upload", upload, asks=ask, methods=("POST",)),
    ]
