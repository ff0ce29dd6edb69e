"""One request of one signed-in person, and the wrapper that turns page functions into routes."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tiebeam.app import App
from tiebeam.authority import Obj, Principal
from tiebeam.errors import Invalid, TiebeamError
from tiebeam.graph import Graph
from tiebeam.http import (
    LARGEST_UPLOAD,
    Ask,
    Caller,
    SignedOut,
    TooLarge,
    is_at_most,
    principal_of,
    require_from_here,
    session_of,
)
from tiebeam.web.people import Names
from tiebeam.web.problems import error_view, unexpected
from tiebeam.web.render import Here, Renderer, Shell
from tiebeam.workflow import intent_object
from tiebeam.workforce import Session, check_csrf

FACE = "web"
THEME_COOKIE = "theme"
PASSING_COOKIE = "passing"
_LOG = logging.getLogger("tiebeam.web")


@dataclass(frozen=True, slots=True)
class Console:
    """What all pages share."""

    app: App
    renderer: Renderer


@dataclass(frozen=True, slots=True)
class Visit:
    """`caller` comes from the session, never from a parameter. `form` is empty on GET."""

    console: Console
    request: Request
    session: Session
    caller: Caller
    graph: Graph
    form: FormData = field(default_factory=FormData)

    @property
    def app(self) -> App:
        return self.console.app

    @property
    def principal(self) -> Principal:
        return self.caller.principal

    @property
    def names(self) -> Names:
        return Names(self.graph)

    @property
    def params(self) -> Mapping[str, str]:
        return self.request.query_params

    @property
    def now(self) -> datetime:
        return self.app.store.clock.now()

    @property
    def zone(self) -> ZoneInfo:
        settings = self.graph.settings
        return settings.company.zone if settings else ZoneInfo("UTC")

    @property
    def currency(self) -> str:
        settings = self.graph.settings
        return settings.company.currency if settings else "EUR"

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])

    def said(self, name: str) -> str:
        """A text field of the form, trimmed; empty when absent."""
        value = self.form.get(name)
        return value.strip() if isinstance(value, str) else ""

    def allows(self, verb: str, obj: Obj) -> bool:
        """Whether to offer it. A page that hides a button puts nothing on the record."""
        return self.caller.may(verb, obj).allowed

    def shell(self) -> Shell:
        settings = self.graph.settings
        with self.app.store.read() as conn:
            waiting = self.app.workforce.counts(conn, self.principal, visible=self.caller.visible("task.view")).mine
        startable = tuple(
            (intent, self.graph.intents[intent].title)
            for intent in self.graph.adoptions
            if intent in self.graph.intents and self.allows("run.start", intent_object(self.app.intent_facts, intent))
        )
        return Shell(
            here=Here(self.request.url.path, tuple(self.request.query_params.items())),
            now=self.now,
            person=self.principal.name,
            person_roles=", ".join(self.names.role(role) for role in self.principal.roles) or "No role",
            csrf=self.session.csrf_token,
            workspace=settings.company.name if settings else "",
            zone=self.zone,
            theme=theme_of(self.request),
            open_tasks=waiting,
            passing=_passing(self.request),
            upload_intents=startable,
            can_audit=self.caller.audits(),
            can_operate=self.allows("settings.view", Obj("settings", "")),
        )

    def page(self, template: str, *, status: int = 200, **view: Any) -> Response:
        response = self.console.renderer.page(template, shell=self.shell(), status=status, **view)
        if PASSING_COOKIE in self.request.cookies:
            response.delete_cookie(PASSING_COOKIE)
        return response

    def back_to(self, path: str, *, saying: str = "") -> Response:
        """Redirect after a form, with a message shown once."""
        response = RedirectResponse(path, status_code=303)
        if saying:
            response.set_cookie(PASSING_COOKIE, quote(saying[:300]), max_age=60, httponly=True, samesite="lax")
        return response

    def query(self) -> str:
        """The present query with its question mark, to keep the reader's place over a redirect."""
        text = self.request.url.query
        return f"?{text}" if text else ""


PageFunction = Callable[[Visit], Response]


def theme_of(request: Request) -> str:
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in {"light", "dark"} else ""


def _passing(request: Request) -> str:
    return unquote(request.cookies.get(PASSING_COOKIE, ""))[:300]


def to_sign_in(request: Request) -> Response:
    if request.url.path.endswith((".json", ".csv")) or request.url.path == "/live":
        return Response("sign in first", status_code=401)
    place = request.url if request.method == "GET" else urlsplit(request.headers.get("referer", "/"))
    target = (place.path or "/") + (f"?{place.query}" if place.query else "")
    return RedirectResponse(f"/sign-in?next={quote(target)}" if target != "/" else "/sign-in", status_code=303)


def route(
    console: Console, path: str, function: PageFunction, *, asks: Ask | None, methods: tuple[str, ...] = ("GET",)
) -> Route:
    """A route whose function runs in a worker thread, for a signed-in person, with its errors made into pages.

    `asks` is answered with yes before the function is called; None is for what everybody may who is signed in.
    """

    async def endpoint(request: Request) -> Response:
        try:
            visit = await run_in_threadpool(_arrive, console, request)
        except SignedOut:
            return to_sign_in(request)
        try:
            if request.method == "POST":
                visit = await _with_form(visit)
            return await run_in_threadpool(_answered, function, visit, asks)
        except TiebeamError as problem:
            return await run_in_threadpool(_problem_page, visit, problem)
        except Exception:  # noqa: BLE001 - the last stop: logged with its traceback, told with a reference
            reference = f"err_{secrets.token_hex(5)}"
            _LOG.exception("%s %s failed, reference %s", request.method, request.url.path, reference)
            return await run_in_threadpool(_failure_page, visit, reference)
        finally:
            await request.close()

    vars(endpoint)["ask"] = asks
    return Route(path, endpoint, methods=list(methods))


def declared_by(endpoint: object) -> Ask | None:
    """What a route asks, for those who list the routes."""
    return getattr(endpoint, "ask", None)


def _answered(function: PageFunction, visit: Visit, asks: Ask | None) -> Response:
    if asks is not None:
        visit.caller.answer(asks, visit.request.path_params)
    return function(visit)


def _arrive(console: Console, request: Request) -> Visit:
    session = session_of(console.app, request)
    caller = Caller(console.app, principal_of(console.app, request), FACE)
    return Visit(console, request, session, caller, console.app.graph())


async def _with_form(visit: Visit) -> Visit:
    request = visit.request
    require_from_here(request.scope)
    if not is_at_most(request, LARGEST_UPLOAD):
        raise TooLarge(
            f"an upload may hold at most {LARGEST_UPLOAD // 1024 // 1024} MB in all; send fewer files at once"
        )
    try:
        form = await request.form(max_files=200, max_fields=500)
    except HTTPException as broken:
        raise Invalid(
            f"the form cannot be read: {broken.detail} Send it again; file names have to be short"
        ) from broken
    token = form.get("csrf")
    check_csrf(visit.session, token if isinstance(token, str) else None)
    return Visit(visit.console, request, visit.session, visit.caller, visit.graph, form)


def _problem_page(visit: Visit, problem: TiebeamError) -> Response:
    visit.caller.note(problem)
    if visit.request.url.path.endswith(".json"):
        return JSONResponse({"error": {"code": problem.code, "message": problem.message}}, status_code=problem.status)
    return visit.page("pages/error.html", status=problem.status, error=error_view(problem, visit.names))


def _failure_page(visit: Visit, reference: str) -> Response:
    return visit.page("pages/error.html", status=500, error=unexpected(reference))
