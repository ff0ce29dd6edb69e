"""One document: what it shows, what was read from it and where, and the original."""

from __future__ import annotations

from starlette.responses import FileResponse, Response
from starlette.routing import Route

from tiebeam.http import Ask, page_response
from tiebeam.web.papers import field_lines, marked_fields, paper_of, sheet_of
from tiebeam.web.views import Commands, DocumentPage, Fact, Link, Pill
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import bytes_text, moment, sentence
from tiebeam.workflow.intake import DocumentView, document_view, original_of

_ASK = Ask("document.view", "document", "document")
_MOST_LINES = 60
_MOST_PAGES = 60
_WIDTH = 1000
_INLINE = {".pdf": "application/pdf", ".xml": "text/plain; charset=utf-8", ".csv": "text/plain; charset=utf-8"}
_STATES = {"read": ("Read", "ok"), "unreadable": ("Not readable", "bad"), "accepted": ("Not read yet", "neutral")}


def _found(visit: Visit) -> DocumentView:
    with visit.app.store.read() as conn:
        return document_view(conn, visit.path("document"))


def document_page(visit: Visit) -> Response:
    return visit.page("pages/document.html", document=_view(visit, _found(visit)))


def _view(visit: Visit, found: DocumentView) -> DocumentPage:
    paper = paper_of(visit, found, most_pages=_MOST_PAGES, most_lines=_MOST_LINES)
    at = marked_fields(found) if paper.pages else {}
    invoice = found.invoice or {}
    return DocumentPage(
        id=found.id,
        name=found.name,
        headline=found.error or "",
        state=Pill(*_STATES.get(found.state, (sentence(found.state), "neutral"))),
        run=Link("The run", f"/runs/{found.run_id}"),
        original=f"/documents/{found.id}/original" if found.archived else "",
        paper=paper,
        fields=field_lines(found, at=at),
        sheet=sheet_of(invoice, at=at, most=_MOST_LINES) if invoice and paper.pages else None,
        warnings=tuple(str(one) for one in invoice.get("warnings") or ()),
        text="" if paper.pages or paper.sheet else (found.text or "")[:8_000],
        facts=(
            Fact("Syntax", found.syntax or "unknown"),
            Fact("Received", found.received_at or "unknown", note=f"by {sentence(found.channel).lower()}"),
            Fact("Read", moment(found.read_at, visit.zone, visit.now)),
            Fact("Size", bytes_text(found.size)),
            Fact("SHA-256", found.sha256, is_mono=True),
            Fact("Document", found.id, is_mono=True),
        ),
        commands=Commands(f"tiebeam documents show {found.id}", f"GET /api/v1/documents/{found.id}"),
    )


def original(visit: Visit) -> Response:
    """The bytes as they arrived. PDFs open in the browser's reader; everything else is shown as text or saved."""
    found = _found(visit)
    kind = _INLINE.get("." + found.name.rsplit(".", 1)[-1].lower())
    return FileResponse(
        original_of(found, visit.app.intake.archive),
        media_type=kind or "application/octet-stream",
        filename=found.name,
        content_disposition_type="inline" if kind else "attachment",
    )


def page_picture(visit: Visit) -> Response:
    asked = visit.params.get("width", "")
    width = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else _WIDTH
    return page_response(visit.app, visit.request, _found(visit), page=int(visit.path("page")), width=width)


def routes(console: Console) -> list[Route]:
    return [
        route(console, "/documents/{document}/original", original, asks=_ASK),
        route(console, "/documents/{document}/pages/{page:int}.png", page_picture, asks=_ASK),
        route(console, "/documents/{document}", document_page, asks=_ASK),
    ]
