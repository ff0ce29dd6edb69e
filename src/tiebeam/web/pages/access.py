"""Settings → Access: sessions, tokens, and the machines that hold tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import groupby

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.errors import Invalid
from tiebeam.http import Ask
from tiebeam.web.views import AccessView, MachineLine, Pill, ScopeGroup, SessionLine, TokenLine, Typed
from tiebeam.web.visit import Console, Visit, route
from tiebeam.web.wording import sentence
from tiebeam.workforce import SessionView, Token, TokenHolder, TokenState, known_scopes

_STATES = {
    TokenState.ACTIVE: Pill("Active", "ok"),
    TokenState.EXPIRED: Pill("Expired", "neutral"),
    TokenState.REVOKED: Pill("Revoked", "neutral"),
    TokenState.ORPHANED: Pill("Holder gone", "warn"),
}
_PROOFS = {"link": "One-time link", "oidc": "Identity provider", "machine": "Owner of the machine", "token": "Token"}
_LONGEST_DAYS = 4


def access(visit: Visit) -> Response:
    return visit.page("pages/access.html", access=_view(visit))


def create(visit: Visit) -> Response:
    """Make a token and show it on the page, once; a refused form keeps what was typed."""
    scopes = tuple(str(value) for value in visit.form.getlist("scope"))
    typed = Typed(visit.said("name"), visit.said("holder"), visit.said("days"), scopes)
    try:
        made = visit.app.workforce.access.create_token(
            visit.principal,
            holder=typed.holder or visit.principal.actor,
            name=typed.name,
            scopes=scopes,
            expires_at=visit.now + _life(typed.days) if typed.days else None,
        )
    except Invalid as wrong:
        text = wrong.message[:1].upper() + wrong.message[1:]
        return visit.page(
            "pages/access.html", status=wrong.status, access=replace(_view(visit), typed=typed, problem=text)
        )
    view = replace(_view(visit), secret=made.secret, secret_name=made.token.name, warnings=made.warnings)
    return visit.page("pages/access.html", access=view)


def _life(days: str) -> timedelta:
    if not (days.isascii() and days.isdigit() and 0 < len(days) <= _LONGEST_DAYS):
        raise Invalid(f"{days[:20]!r} is no number of days; write one such as 90")
    return timedelta(days=int(days))


def revoke(visit: Visit) -> Response:
    token = visit.said("token")
    visit.app.workforce.access.revoke_token(visit.principal, token)
    return visit.back_to("/settings/access", saying=f"The token {token} opens nothing any more.")


def end(visit: Visit) -> Response:
    visit.app.workforce.access.revoke_session(visit.principal, visit.said("session"))
    return visit.back_to("/settings/access", saying="That session has ended.")


def end_others(visit: Visit) -> Response:
    """All sessions of one's own but this one; with `person`, all of a colleague's."""
    person = visit.said("person") or visit.principal.person_id
    count = visit.app.workforce.access.revoke_sessions(visit.principal, person, keep=visit.session.id)
    what = "session or unused link" if count == 1 else "sessions and unused links"
    return visit.back_to("/settings/access", saying=f"{count} {what} ended.")


def _view(visit: Visit) -> AccessView:
    access, me = visit.app.workforce.access, visit.principal
    with visit.app.store.read() as conn:
        mine = access.sessions(conn, me, person_id=me.person_id)
        everybody = access.sessions(conn, me) if me.administrator else None
        tokens = access.tokens(conn, me)
    machines = access.machines(me)
    others = None if everybody is None else tuple(_session(visit, one) for one in everybody if one not in mine)
    return AccessView(
        sessions=tuple(_session(visit, one) for one in mine),
        everybody=others,
        tokens=tuple(_token(visit, one) for one in tokens),
        machines=tuple(_machine(visit, one, tokens) for one in machines),
        holders=((me.actor, f"{me.name} (you)"), *((one.key, one.name) for one in machines)),
        scopes=_scopes(),
    )


def _session(visit: Visit, one: SessionView) -> SessionLine:
    how = _PROOFS.get(one.method, sentence(one.method))
    if one.vouched_by is not None:
        how += f", opened by {visit.names.person(one.vouched_by)}"
    return SessionLine(
        id=one.id,
        person=visit.names.person(one.person_id),
        how=how,
        program=_program(one.user_agent),
        origin=sentence(one.origin),
        last_seen_at=one.last_seen_at,
        expires_at=one.expires_at,
        is_here=one.id == visit.session.id,
    )


def _program(user_agent: str) -> str:
    """The browser's name out of what it calls itself, which is a page of others' names."""
    for mark, name in (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome")):
        if mark in user_agent:
            return name
    if "Safari/" in user_agent:
        return "Safari"
    return sentence(user_agent[:40]) if user_agent else "Unknown program"


def _token(visit: Visit, one: Token) -> TokenLine:
    return TokenLine(
        id=one.id,
        name=one.name,
        holder=visit.names.actor(one.holder),
        scopes=one.scopes,
        state=_STATES[one.state],
        expires_at=one.expires_at,
        last_used_at=one.last_used_at,
        last_origin=one.last_origin or "",
        is_over=one.state in {TokenState.EXPIRED, TokenState.REVOKED},
    )


def _machine(visit: Visit, one: TokenHolder, tokens: list[Token]) -> MachineLine:
    role = one.managing_role or ""
    held = [token for token in tokens if token.holder == one.key]
    people = ", ".join(person.name for person in visit.graph.people_with(role))
    state = Pill("Ended", "neutral") if one.has_ended(visit.now) else Pill("Active", "ok")
    return MachineLine(
        key=one.key,
        kind="Service account" if one.kind == "service" else "Agent",
        name=one.name,
        managing_role=visit.names.role(role),
        managed_by=people,
        scopes=one.scopes or (),
        state=state if people else Pill("Nobody manages it", "bad"),
        tokens=sum(token.state is TokenState.ACTIVE for token in held),
        last_used_at=max((token.last_used_at for token in held if token.last_used_at), default=None),
    )


def _scopes() -> tuple[ScopeGroup, ...]:
    """By the part before the dot, as verbs are read."""

    def part(scope: str) -> str:
        return scope.partition(".")[0]

    plain = sorted((scope for scope in known_scopes() if "." in scope), key=part)
    groups = [ScopeGroup(sentence(name), tuple(found)) for name, found in groupby(plain, key=part)]
    return (ScopeGroup("See all work that the holder may see", ("read",)), *groups)


def routes(console: Console) -> list[Route]:
    post = ("POST",)
    ending = Ask("session.revoke", "session", inside=True)
    return [
        route(console, "/settings/access", access, asks=Ask("session.view", "session", inside=True)),
        route(console, "/settings/access/tokens", create, asks=Ask("token.create", "token", inside=True), methods=post),
        route(console, "/settings/access/revoke", revoke, asks=Ask("token.revoke", "token", inside=True), methods=post),
        route(console, "/settings/access/end", end, asks=ending, methods=post),
        route(console, "/settings/access/end-others", end_others, asks=ending, methods=post),
    ]
