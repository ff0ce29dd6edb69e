"""The books of model use as a whole over HTTP: exports, imports, invoices, closed months, questions in SQL."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, UploadFile
from fastapi.responses import FileResponse, Response
from pydantic import Field
from starlette.background import BackgroundTask

from tiebeam.api.access import asks, changes
from tiebeam.api.body import Body
from tiebeam.app import App
from tiebeam.economics.billing import ReconcileQuestion, list_reconciliations
from tiebeam.economics.closing import cell
from tiebeam.economics.focus import FocusData, FocusFormat, FocusQuestion, FocusVersion
from tiebeam.economics.imports import Attribution, ImportQuestion, find_doubles, list_imports, take_back
from tiebeam.errors import Invalid
from tiebeam.http import Books, Caller
from tiebeam.kit import plain

MOST_FILES = 40
_SINCE = Annotated[date | None, Query(alias="from")]
_UNTIL = Annotated[date | None, Query(alias="to")]
_Files = Annotated[list[UploadFile], File(description="Files of one import, such as usage and its costs.")]
_Text = Annotated[str | None, Form(max_length=200)]
_Dollars = Annotated[Decimal | None, Form(max_digits=20)]


class Question(Body):
    sql: str = Field(max_length=20_000, description="One SELECT over the table `charges`.")
    limit: int = Field(default=1000, ge=1, le=10_000)
    seconds: float = Field(default=30, gt=0, le=120)


class Month(Body):
    month: str = Field(max_length=7, description="A month that is over, as 2026-10.")


class Days(Body):
    since: date
    until: date


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["ledger"])
    _add_reading(routes, app)
    _add_imports(routes, app)
    _add_duplicates(routes, app)
    _add_invoices(routes, app)
    _add_months(routes, app)
    return routes


def _add_reading(routes: APIRouter, app: App) -> None:
    read = asks(app, "ledger.view", "ledger")

    @routes.get("/ledger/focus", response_class=Response)
    def focus(
        caller: Caller = Depends(read),
        version: FocusVersion = FocusVersion.V1_2,
        form: Annotated[FocusFormat, Query(alias="format")] = FocusFormat.CSV,
        data: FocusData = FocusData.CHARGES,
        since: _SINCE = None,
        until: _UNTIL = None,
    ) -> Response:
        """The ledger as FOCUS, for those who see all of it."""
        books = Books.read_by(caller)
        question = FocusQuestion(books.span(since, until), version, form, data)
        folder = Path(tempfile.mkdtemp(prefix="tiebeam-focus-"))
        done = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
        try:
            books.export(folder / "export", question)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        kind = "text/csv; charset=utf-8" if form is FocusFormat.CSV else "application/vnd.apache.parquet"
        name = f"focus-{version.value}-{data.value}.{form.value}"
        return FileResponse(folder / "export", media_type=kind, filename=name, background=done)

    @routes.post("/ledger/query")
    def query(body: Question, caller: Caller = Depends(changes(app, "ledger.view", "ledger"))) -> dict[str, Any]:
        """Answer one SELECT; it changes nothing and reaches nothing but the ledger."""
        found = Books.read_by(caller).query.ask(body.sql, limit=body.limit, seconds=body.seconds)
        rows = [dict(zip(found.columns, (plain(cell(one)) for one in row), strict=True)) for row in found.rows]
        return {"columns": list(found.columns), "rows": rows, "is_cut": found.is_cut, "seconds": found.seconds}


def _add_imports(routes: APIRouter, app: App) -> None:
    change = changes(app, "workspace.apply", "workspace")

    @routes.get("/ledger/imports")
    def listing(caller: Caller = Depends(asks(app, "ledger.view", "ledger"))) -> list[dict[str, Any]]:
        """What was imported, newest first."""
        Books.read_by(caller)
        with app.store.read() as conn:
            return plain(list_imports(conn))

    @routes.post("/ledger/imports")
    def take(
        files: _Files,
        caller: Caller = Depends(change),
        preview: Annotated[bool, Form()] = True,
        source: _Text = None,
        team: _Text = None,
        workflow: _Text = None,
        rules: Annotated[str | None, Form(max_length=100_000, description="[[rule]] tables in TOML.")] = None,
        bill_usd: _Dollars = None,
        exact: Annotated[bool, Form()] = False,
        book_remainder: Annotated[bool, Form()] = False,
    ) -> dict[str, Any]:
        """Take files into the ledger; unless `preview` is false, only say what that would come to."""
        given = {name: value for name, value in (("team", team), ("workflow", workflow)) if value}
        imports = Books(app).imports
        with _received(files) as paths, _rules_file(rules) as rules_file:
            attribution = Attribution(otherwise=given)
            if rules_file is not None:
                attribution = Attribution.read(rules_file, otherwise=given)
            question = ImportQuestion(
                paths, source=source, attribution=attribution, bill_usd=bill_usd, book_remainder=book_remainder
            )
            if preview:
                return plain(imports.preview(question))
            return plain(imports.take(question, actor=caller.principal.actor, exact=exact))


def _add_duplicates(routes: APIRouter, app: App) -> None:
    change = changes(app, "workspace.apply", "workspace")

    @routes.get("/ledger/duplicates")
    def duplicates(
        since: Annotated[date, Query(alias="from")],
        until: Annotated[date, Query(alias="to")],
        caller: Caller = Depends(asks(app, "ledger.view", "ledger")),
    ) -> list[dict[str, Any]]:
        """Imported use that passed the gateway as well."""
        span = Books.read_by(caller).span(since, until)
        with app.store.read() as conn:
            return [_double(one) for one in find_doubles(conn, since=span.since, until=span.until)]

    @routes.post("/ledger/duplicates")
    def accept(body: Days, caller: Caller = Depends(change)) -> dict[str, Any]:
        """Take imported use back that passed the gateway as well, by corrections."""
        span = Books(app).span(body.since, body.until)
        with app.store.unit() as unit:
            found = find_doubles(unit.conn, since=span.since, until=span.until)
            made = take_back(unit, found, actor=caller.principal.actor)
        return {"duplicates": [_double(one) for one in found], "corrections": made}


def _add_invoices(routes: APIRouter, app: App) -> None:
    change = changes(app, "workspace.apply", "workspace")

    @routes.get("/ledger/reconciliations")
    def listing(caller: Caller = Depends(asks(app, "ledger.view", "ledger"))) -> list[dict[str, Any]]:
        """Reconciliations that were accepted, newest first."""
        Books.read_by(caller)
        with app.store.read() as conn:
            return plain(list_reconciliations(conn))

    @routes.post("/ledger/reconciliations")
    def reconcile(
        files: _Files,
        caller: Caller = Depends(change),
        source: _Text = None,
        provider: _Text = None,
        accept: Annotated[str | None, Form(max_length=2000, description="The reason; corrects estimates.")] = None,
    ) -> dict[str, Any]:
        """Compare the ledger with an invoice or export; with a reason in `accept`, correct what was estimated."""
        reconciling = Books(app).reconciling
        with _received(files) as paths:
            question = ReconcileQuestion(paths, source=source, provider=provider)
            if accept is None:
                return plain(reconciling.compare(question))
            return plain(reconciling.accept(question, actor=caller.principal.actor, reason=accept))


def _add_months(routes: APIRouter, app: App) -> None:
    @routes.get("/ledger/months")
    def months(caller: Caller = Depends(asks(app, "ledger.view", "ledger"))) -> list[dict[str, Any]]:
        """Months that are closed."""
        return plain(Books.read_by(caller).closing.months())

    @routes.get("/ledger/months/{month}/faults")
    def faults(month: str, caller: Caller = Depends(asks(app, "ledger.view", "ledger"))) -> list[str]:
        """What is wrong with a closed month's files; empty when they are whole and true."""
        return Books.read_by(caller).closing.verify(month)

    @routes.post("/ledger/months", status_code=201)
    def close(body: Month, caller: Caller = Depends(changes(app, "workspace.apply", "workspace"))) -> dict[str, Any]:
        """Close a month that is over. It is never opened again."""
        books = Books(app)
        found = books.closing.close(body.month, actor=caller.principal.actor)
        return {**plain(found), "emptied": books.closing.empty_old(keep_days=books.keep_days)}


def _double(one: Any) -> dict[str, Any]:
    names = ("charge_id", "source", "day", "provider", "model", "was_nano", "nano", "because")
    return {name: getattr(one, name) for name in names}


@contextmanager
def _received(files: list[UploadFile]) -> Generator[tuple[Path, ...]]:
    """The uploads as files of their own names, for as long as they are read. Raises Invalid."""
    if not 0 < len(files) <= MOST_FILES:
        raise Invalid(f"{len(files)} files at once; send one to {MOST_FILES}")
    with tempfile.TemporaryDirectory(prefix="tiebeam-received-") as folder:
        made: list[Path] = []
        for number, one in enumerate(files):
            # The name is the sender's: only its last part, and only letters a file may have.
            name = "".join(sign for sign in Path(one.filename or "").name if sign.isprintable())[-100:].lstrip(".")
            place = Path(folder) / str(number)
            place.mkdir()
            with (place / (name or f"file-{number}")).open("wb") as file:
                shutil.copyfileobj(one.file, file)
            made.append(place / (name or f"file-{number}"))
        yield tuple(made)


@contextmanager
def _rules_file(text: str | None) -> Generator[Path | None]:
    if text is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="tiebeam-rules-") as folder:
        file = Path(folder) / "rules.toml"
        file.write_text(text, encoding="utf-8")
        yield file
