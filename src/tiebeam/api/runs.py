"""Runs and documents: start, list, look."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Path, Query, Request, UploadFile
from fastapi.responses import FileResponse, Response

from tiebeam.api.access import asks, changes
from tiebeam.app import LARGEST_DOCUMENT, App
from tiebeam.errors import Invalid
from tiebeam.http import Caller, TooLarge, page_response
from tiebeam.kit import plain
from tiebeam.store import read_journal
from tiebeam.workflow.intake import batch_view, document_view, original_of
from tiebeam.workflow.runs import RunFilter, case_rows, list_runs, run_view

MOST_FILES = 200


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["runs"])
    _starting(app, routes)
    _looking(app, routes)
    _documents(app, routes)
    return routes


def _starting(app: App, routes: APIRouter) -> None:
    starting = changes(app, "run.start", "intent", inside=True)

    @routes.post("/runs", status_code=202)
    def start(
        files: Annotated[list[UploadFile], File(description="Documents to take in, in their order of arrival.")],
        caller: Caller = Depends(starting),
        intent: Annotated[str, Form(max_length=160)] = "finance.invoice-processing-matching",
    ) -> dict[str, Any]:
        """Take documents in and start a run for each. The answer comes at once; follow the runs with GET."""
        if len(files) > MOST_FILES:
            raise Invalid(f"{len(files)} files at once; send at most {MOST_FILES}")
        taken = [(_name_of(item), item.file.read()) for item in files]
        today = app.store.clock.now().date()
        caller.known("intent", intent)
        accepted = app.starting.upload(caller.principal, intent, taken, channel="api", received_at=today)
        return plain(accepted)


def _looking(app: App, routes: APIRouter) -> None:
    @routes.get("/runs")
    def listing(
        wanted: Annotated[RunFilter, Depends()],
        caller: Caller = Depends(asks(app, "run.view", "run")),
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        size: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> dict[str, Any]:
        """Runs you may see, newest first."""
        visible = caller.visible("run.view")
        with app.store.read() as conn:
            return plain(list_runs(conn, wanted, page=page, size=size, visible=visible))

    @routes.get("/runs/{run_id}")
    def one(run_id: str, _caller: Caller = Depends(asks(app, "run.view", "run", "run_id"))) -> dict[str, Any]:
        """A run with its steps, evidence, cost, tasks and journal."""
        with app.store.read() as conn:
            view = run_view(conn, run_id)
            return {
                **plain(view),
                "case": plain(case_rows(conn, [run_id])[0]),
                "cost": plain(app.economics.run_cost(conn, run_id)),
                "tasks": plain(app.workforce.tasks(conn, run_id=run_id, size=100).rows),
                "journal": plain(read_journal(conn, f"run:{run_id}", limit=500)),
            }

    @routes.get("/batches/{batch_id}")
    def batch(batch_id: str, _caller: Caller = Depends(asks(app, "run.view", "batch", "batch_id"))) -> dict[str, Any]:
        """How far the reading of a batch is."""
        with app.store.read() as conn:
            return plain(batch_view(conn, batch_id))


def _documents(app: App, routes: APIRouter) -> None:
    read = asks(app, "document.view", "document", "document_id")

    @routes.get("/documents/{document_id}")
    def document(document_id: str, _caller: Caller = Depends(read)) -> dict[str, Any]:
        """A document's fields with the places they were read from."""
        with app.store.read() as conn:
            return plain(document_view(conn, document_id))

    @routes.get("/documents/{document_id}/content", response_class=FileResponse)
    def content(document_id: str, _caller: Caller = Depends(read)) -> FileResponse:
        """The bytes as they arrived, as a download that no browser will run."""
        with app.store.read() as conn:
            view = document_view(conn, document_id)
        return FileResponse(
            original_of(view, app.intake.archive),
            media_type="application/octet-stream",
            filename=view.name,
            headers={"X-Content-Type-Options": "nosniff"},
        )

    @routes.get(
        "/documents/{document_id}/pages/{page}",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}, "description": "The page as a PNG."}},
    )
    def page_picture(
        request: Request,
        document_id: str,
        page: Annotated[int, Path(description="Counted from 1.")],
        _caller: Caller = Depends(read),
        width: Annotated[int, Query(ge=50, le=2000, description="Pixels.")] = 1000,
    ) -> Response:
        """A page as a picture. 404 for a page that is not there, 415 for documents without pages such as XML."""
        with app.store.read() as conn:
            view = document_view(conn, document_id)
        return page_response(app, request, view, page=page, width=width)


def _name_of(item: UploadFile) -> str:
    """The name as far as it can be kept. Raises TooLarge, before the content is brought into memory."""
    name = "".join(sign for sign in item.filename or "" if sign.isprintable()) or "document"
    if (item.size or 0) > LARGEST_DOCUMENT:
        raise TooLarge(
            f"{name!r} is larger than {LARGEST_DOCUMENT // 1024 // 1024} MiB; nothing was taken in", document=name
        )
    return name
