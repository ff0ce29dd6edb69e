"""Ways to sign in, the one-time link among them, signing out, who one is, and light or dark."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tiebeam.errors import TiebeamError
from tiebeam.http import (
    COOKIE,
    Ask,
    agent_of,
    base_url_of,
    is_at_most,
    is_from_here,
    make_link,
    session_cookie,
    source_of,
)
from tiebeam.web.render import Here, Shell
from tiebeam.web.views import Colleague, Event, Fact, Link, SettingsView, Ways
from tiebeam.web.visit import THEME_COOKIE, Console, Visit, route, theme_of
from tiebeam.web.wording import moment, money
from tiebeam.workforce import Session

_LONGEST_TOKEN = 200
_LARGEST_FORM = 8_192
_PROOFS = {
    "link": "Signed in with a one-time link",
    "oidc": "Signed in by the identity provider",
    "machine": "Signed in as the owner of the machine",
}
SIGNED_OUT = "signed-out"
_NO_LINKS = "Links sign nobody in here; [access] sign_in in tiebeam.toml names how people come in."


def sign_in_page(
    console: Console, request: Request, *, token: str = "", title: str = "", problem: str = "", status: int = 200
) -> Response:
    """The sign-in page, with what went wrong; `title` says it in a few words."""
    shell = Shell(
        here=Here("/sign-in"),
        now=console.app.store.clock.now(),
        theme=theme_of(request),
    )
    target = safe_target(request.query_params.get("next", ""))
    ways = _ways(console, target, has_left=SIGNED_OUT in request.query_params)
    return console.renderer.page(
        "pages/sign_in.html",
        shell=shell,
        status=status,
        token=token if ways.links else "",
        title=title or ("This link does not work" if problem else "Sign in"),
        problem=problem,
        target=target,
        ways=ways,
    )


def _ways(console: Console, target: str, *, has_left: bool) -> Ways:
    access = console.app.access
    if access.oidc is None:
        return Ways(links=access.offers_links)
    start = "/sign-in/oidc" + (f"?next={quote(target)}" if target != "/" else "")
    out = "/sign-in/oidc/sign-out" if has_left else ""
    return Ways(links=access.offers_links, provider=access.oidc.name, start=start, way_out=out)


def safe_target(asked: str) -> str:
    """A path of this console; anything that could lead elsewhere becomes home."""
    parts = urlsplit(asked)
    is_here = not parts.scheme and not parts.netloc and asked.startswith("/") and not asked.startswith(("//", "/\\"))
    return asked if is_here and asked.isprintable() and len(asked) < 1000 else "/"


def _sign_in(console: Console) -> Route:
    async def endpoint(request: Request) -> Response:
        if request.method == "GET":
            # The link is redeemed by a form, so that mail scanners and previews that follow links do not use it up.
            token = request.query_params.get("token", "")[:_LONGEST_TOKEN]
            return sign_in_page(console, request, token=token)
        if not is_at_most(request, _LARGEST_FORM):
            return sign_in_page(console, request, problem="The form is too large.", status=413)
        if not console.app.access.offers_links:
            return sign_in_page(console, request, problem=_NO_LINKS, status=403)
        form = await request.form(max_files=0)
        token = str(form.get("token", ""))[:_LONGEST_TOKEN]
        if not is_from_here(request.scope):
            return sign_in_page(console, request, problem="The form was sent from another site.", status=403)
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
            return sign_in_page(console, request, problem=text, status=problem.status)
        response = RedirectResponse(safe_target(str(form.get("next", ""))), status_code=303)
        response.set_cookie(**session_cookie(session, is_https=request.url.scheme == "https"))
        return response

    return Route("/sign-in", endpoint, methods=["GET", "POST"])


def sign_out(visit: Visit) -> Response:
    visit.app.workforce.access.sign_out(visit.session.secret)
    # The provider's own session is another matter: the page offers to end it, and no form may lead to another site.
    came_by_provider = visit.session.method == "oidc" and visit.app.access.oidc is not None
    response = RedirectResponse(f"/sign-in?{SIGNED_OUT}=1" if came_by_provider else "/sign-in", status_code=303)
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
                _PROOFS.get(visit.session.method, "Signed in"),
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
