"""Signing in by one-time link, signing out, who one is, and light or dark."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tiebeam.errors import TiebeamError
from tiebeam.http import (
    COOKIE,
    Ask,
    agent_of,
    is_at_most,
    is_from_here,
    make_link,
    session_cookie,
    source_of,
)
from tiebeam.web.render import Here, Shell
from tiebeam.web.views import Colleague, Event, Fact, Link, SettingsView
from tiebeam.web.visit import THEME_COOKIE, Console, Visit, route, theme_of
from tiebeam.web.wording import moment, money
from tiebeam.workforce import Session

_LONGEST_TOKEN = 200
_LARGEST_FORM = 8_192


def _page(console: Console, request: Request, *, token: str = "", problem: str = "", status: int = 200) -> Response:
    shell = Shell(
        here=Here("/sign-in"),
        now=console.app.store.clock.now(),
        theme=theme_of(request),
    )
    target = _safe_target(request.query_params.get("next", ""))
    return console.renderer.page(
        "pages/sign_in.html", shell=shell, status=status, token=token, problem=problem, target=target
    )


def _safe_target(asked: str) -> str:
    """A path of this console; anything that could lead elsewhere becomes home."""
    parts = urlsplit(asked)
    is_here = not parts.scheme and not parts.netloc and asked.startswith("/") and not asked.startswith(("//", "/\\"))
    return asked if is_here and len(asked) < 1000 else "/"


def _sign_in(console: Console) -> Route:
    async def endpoint(request: Request) -> Response:
        if request.method == "GET":
            # The link is redeemed by a form, so that mail scanners and previews that follow links do not use it up.
            token = request.query_params.get("token", "")[:_LONGEST_TOKEN]
            return _page(console, request, token=token)
        if not is_at_most(request, _LARGEST_FORM):
            return _page(console, request, problem="The form is too large.", status=413)
        form = await request.form(max_files=0)
        token = str(form.get("token", ""))[:_LONGEST_TOKEN]
        if not is_from_here(request.scope):
            return _page(console, request, problem="The form was sent from another site.", status=403)
        try:
            session: Session = await run_in_threadpool(
                console.app.workforce.access.redeem_link,
                token,
                source=source_of(request),
                former_secret=request.cookies.get(COOKIE),
                user_agent=agent_of(request),
            )
        except TiebeamError as problem:
            text = problem.message[:1].upper() + problem.message[1:]
            return _page(console, request, problem=text, status=problem.status)
        response = RedirectResponse(_safe_target(str(form.get("next", ""))), status_code=303)
        response.set_cookie(**session_cookie(session, is_https=request.url.scheme == "https"))
        return response

    return Route("/sign-in", endpoint, methods=["GET", "POST"])


def sign_out(visit: Visit) -> Response:
    visit.app.workforce.access.sign_out(visit.session.secret)
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(COOKIE)
    return response


def settings(visit: Visit) -> Response:
    return visit.page("pages/settings.html", settings=_settings(visit))


def link(visit: Visit) -> Response:
    """Make a one-time link for a person and show it on the page, once."""
    person_id = visit.said("person")
    made = make_link(visit.app, visit.principal, person_id, base_url=base_url_of(visit.app, visit.request))
    view = replace(_settings(visit), link=made, link_for=visit.names.person(person_id))
    return visit.page("pages/settings.html", settings=view)


def _colleagues(visit: Visit) -> tuple[Colleague, ...]:
    if not visit.principal.administrator:
        return ()
    workforce = visit.app.workforce
    with visit.app.store.read() as conn:
        return tuple(
            Colleague(
                person.id,
                person.name,
                ", ".join(visit.names.role(role) for role in person.roles),
                workforce.counts(conn, workforce.principal(person.id)).mine,
            )
            for person in visit.graph.people.values()
        )


def _settings(visit: Visit) -> SettingsView:
    graph, names, person = visit.graph, visit.names, visit.graph.people[visit.principal.person_id]
    held = [graph.roles[role] for role in visit.principal.roles if role in graph.roles]
    deputy = ", ".join(f"{names.role(role)} for {names.person(absent)}" for role, absent in visit.principal.deputising)
    facts = [
        Fact("Name", person.name),
        Fact("Id", person.id, is_mono=True),
        Fact("Mail", person.email),
        Fact("Roles", ", ".join(names.role(role) for role in person.roles)),
        Fact("Team", names.team(person.team) if person.team else "none"),
        Fact("Administrator", "Yes" if person.administrator else "No"),
    ]
    if deputy:
        facts.append(Fact("Standing in as", deputy))
    limits = tuple(
        Fact(
            role.title,
            "without limit"
            if role.approval_limit is None
            else f"up to {money(role.approval_limit, visit.currency)} an invoice",
        )
        for role in held
        if role.approval_limit is None or role.approval_limit > 0
    )
    until = moment(visit.session.expires_at, visit.zone, visit.now)
    return SettingsView(
        colleagues=_colleagues(visit),
        facts=tuple(facts),
        roles=tuple(Link(role.title, "", role.owns) for role in held),
        limits=limits,
        sessions=(
            Event(
                visit.session.created_at,
                "Signed in with a one-time link",
                note=f"Ends {until} at the latest",
                tone="ok",
            ),
        ),
    )


def theme(visit: Visit) -> Response:
    response = visit.back_to("/settings")
    chosen = visit.said("theme")
    if chosen in {"light", "dark"}:
        response.set_cookie(THEME_COOKIE, chosen, max_age=365 * 24 * 3600, samesite="lax")
    else:
        response.delete_cookie(THEME_COOKIE)
    return response


def routes(console: Console) -> list[Route]:
    return [
        _sign_in(console),
        route(console, "/sign-out", sign_out, asks=None, methods=("POST",)),
        route(console, "/settings", settings, asks=Ask("person.view", "person")),
        route(console, "/settings/link", link, asks=Ask("person.link", "person", inside=True), methods=("POST",)),
        route(console, "/settings/theme", theme, asks=None, methods=("POST",)),
    ]
