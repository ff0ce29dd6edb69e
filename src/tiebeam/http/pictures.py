"""A page of a document as an HTTP answer that the browser of the same session may keep."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from tiebeam.app import App
from tiebeam.workflow.intake import DocumentView, document_picture

_KEPT = "private, max-age=86400, immutable"
"""A document never changes. A session ends after a day at most, so nothing outlives the right to see it for long."""


def page_response(app: App, request: Request, found: DocumentView, *, page: int, width: int = 1000) -> Response:
    """The picture, or 304 where the browser has it. Raises what `document_picture` raises."""
    headers = {
        "cache-control": _KEPT,
        "etag": f'"{found.sha256[:32]}-{page}-{width}"',
        # Other cookies are another person's session, perhaps without the right to see this.
        "vary": "Cookie",
        "x-content-type-options": "nosniff",
    }
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    picture = document_picture(found, archive=app.intake.archive, reader=app.reader, page=page, width=width)
    return Response(picture.png, media_type="image/png", headers=headers)
