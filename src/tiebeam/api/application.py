"""The API as one FastAPI application, mounted by the server."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tiebeam import __version__
from tiebeam.api import (
    books,
    budgets,
    calculator,
    capacity,
    decisions,
    delegations,
    events,
    evidence,
    forecast,
    inbox,
    keys,
    library,
    messages,
    money,
    operating,
    operations,
    overview,
    ownership,
    policy,
    pricing,
    records,
    routing,
    runs,
    session,
    statements,
    tokens,
    triggers,
    units,
    use,
    workflows,
)
from tiebeam.api.gate import Gate, refusal
from tiebeam.app import App
from tiebeam.errors import Invalid, TiebeamError
from tiebeam.http import Caller, Renewing

PREFIX = "/api/v1"


def build_api(app: App) -> FastAPI:
    """Routes without the prefix; mount it at `PREFIX`."""
    api = FastAPI(
        title="Tiebeam",
        version=__version__,
        summary="Runs, review tasks, workflows, the library, the ledger and the journal.",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    for module in (
        session,
        delegations,
        tokens,
        overview,
        operating,
        runs,
        inbox,
        workflows,
        library,
        money,
        use,
        statements,
        forecast,
        records,
        evidence,
        operations,
        policy,
        units,
        capacity,
        pricing,
        ownership,
        calculator,
        decisions,
        keys,
        routing,
        budgets,
        messages,
        books,
        events,
        triggers,
    ):
        api.include_router(module.router(app))
    api.add_middleware(Gate, app=app)
    api.add_middleware(Renewing)
    api.add_exception_handler(TiebeamError, _problem)
    api.add_exception_handler(HTTPException, _problem)
    api.add_exception_handler(RequestValidationError, _wrong_request)
    api.add_exception_handler(Exception, _problem)
    return api


def _problem(request: Request, error: Exception) -> JSONResponse:
    caller = getattr(request.state, "caller", None)
    if isinstance(caller, Caller):
        caller.note(error)
    return refusal(error)


def _wrong_request(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
    return refusal(Invalid(faults[:2000]))
