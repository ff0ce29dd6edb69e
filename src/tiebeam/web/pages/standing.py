"""Settings → Standing in: roles given to colleagues for a time, and roles taken in an emergency."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.authority import Obj
from tiebeam.errors import Conflict, Invalid, Refused
from tiebeam.http import Ask
from tiebeam.web.views import DelegationLine, EmergencyLine, Pill, StandingView
from tiebeam.web.visit import Console, Visit, route
from tiebeam.workforce import Delegation, DelegationState, Emergency, EmergencyState, Finding

PLACE = "/settings/standing"
_PILLS = {
    DelegationState.PLANNED: Pill("Planned", "accent"),
    DelegationState.RUNNING: Pill("Running", "ok"),
    DelegationState.OVER: Pill("Over", "neutral"),
    DelegationState.REVOKED: Pill("Revoked", "neutral"),
}
_EMERGENCY_PILLS = {
    EmergencyState.OPEN: Pill("Open", "bad"),
    EmergencyState.AWAITING_REVIEW: Pill("Waits for a review", "warn"),
    EmergencyState.REVIEWED: Pill("Reviewed", "neutral"),
}
_PAGES = {"task": "/inbox/", "run": "/runs/", "intent": "/workflows/"}


def standing(visit: Visit) -> Response:
    return visit.page("pages/standing.html", standing=_view(visit))


def delegate(visit: Visit) -> Response:
    def carry_out() -> str:
        made = visit.app.workforce.delegations.create(
            visit.principal,
            giver=visit.said("giver") or None,
            receiver=visit.said("receiver"),
            role=visit.said("role"),
            first=_day(visit.said("first")),
            last=_day(visit.said("last")),
            reason=visit.said("reason"),
        )
        names = visit.names
        return f"{names.person(made.receiver)} acts as {names.role(made.role)} for {names.person(made.giver)}."

    return _answered(visit, "delegate", carry_out)


def revoke(visit: Visit) -> Response:
    visit.app.workforce.delegations.revoke(visit.principal, visit.said("delegation"))
    return visit.back_to(PLACE, saying="That delegation has ended.")


def take(visit: Visit) -> Response:
    def carry_out() -> str:
        made = visit.app.workforce.emergencies.open(
            visit.principal,
            role=visit.said("role"),
            minutes=_minutes(visit.said("minutes")),
            reason=visit.said("reason"),
        )
        return f"You act as {visit.names.role(made.role)} for now. Somebody else will review what you do."

    return _answered(visit, "take", carry_out)


def close(visit: Visit) -> Response:
    visit.app.workforce.emergencies.close(visit.principal, visit.said("emergency"))
    return visit.back_to(PLACE, saying="That emergency access has ended and waits for a review.")


def review(visit: Visit) -> Response:
    def carry_out() -> str:
        if visit.said("finding") not in set(Finding):
            raise Invalid("choose what you found: justified or not justified")
        visit.app.workforce.emergencies.review(
            visit.principal,
            visit.said("emergency"),
            finding=Finding(visit.said("finding")),
            note=visit.said("note"),
        )
        return "Your review is on the record."

    return _answered(visit, "review", carry_out)


def alarms(visit: Visit) -> tuple[str, ...]:
    """What Home says in its first line: emergency access that is open, or waits for this person's review."""
    emergencies = visit.app.workforce.emergencies
    with visit.app.store.read() as conn:
        found = emergencies.find(conn, visit.principal)
        waiting = emergencies.reviewable(conn, visit.principal) if found else []
    names = visit.names
    running = tuple(
        f"Emergency access: {names.person(one.person_id)} acts as {names.role(one.role)}. {one.reason}"
        for one in found
        if one.state(visit.now) is EmergencyState.OPEN
    )
    return (
        *running,
        *(f"Emergency access of {names.person(one.person_id)} waits for your review." for one in waiting),
    )


def _answered(visit: Visit, form: str, carry_out: Callable[[], str]) -> Response:
    """Carry a form out; a refused one comes back as it was typed, with the reason."""
    try:
        said = carry_out()
    except (Invalid, Conflict, Refused) as wrong:
        typed = {name: value for name, value in visit.form.items() if isinstance(value, str)}
        text = wrong.message[:1].upper() + wrong.message[1:]
        view = _view(visit, typed=typed, form=form, problem=text)
        return visit.page("pages/standing.html", status=wrong.status, standing=view)
    return visit.back_to(PLACE, saying=said)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise Invalid(f"{text[:20]!r} is no day; write one such as 2027-01-31") from wrong


def _minutes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise Invalid(f"{text[:20]!r} is no number of minutes")
    return int(text)


def _view(visit: Visit, *, typed: dict[str, str] | None = None, form: str = "", problem: str = "") -> StandingView:
    workforce, me, graph = visit.app.workforce, visit.principal, visit.graph
    with visit.app.store.read() as conn:
        delegations = workforce.delegations.find(conn, me, with_ended=True)[:100]
        emergencies = workforce.emergencies.find(conn, me, with_reviewed=True)[:100]
    people = sorted((person.name, person.id) for person in graph.people.values())
    given = graph.people[me.person_id].roles if not me.administrator else tuple(sorted(graph.roles))
    roles = tuple((role, visit.names.role(role)) for role in given)
    asked = Obj("emergency", "new", {"person": me.person_id, "roles": visit.app.access.emergency_roles})
    may_take = visit.caller.may("emergency.open", asked, {"reason": "asked by the page"}).allowed
    others = sorted((visit.names.role(role), role) for role in graph.roles if role not in me.all_roles)
    return StandingView(
        delegations=tuple(_delegation(visit, one) for one in delegations),
        emergencies=tuple(_emergency(visit, one) for one in emergencies),
        givers=tuple((key, name) for name, key in people) if me.administrator else (),
        receivers=tuple((key, name) for name, key in people if key != me.person_id),
        roles=roles,
        takeable=tuple((role, title) for title, role in others) if may_take else (),
        me=me.person_id,
        today=workforce.delegations.day_of(me.person_id),
        typed=typed or {},
        form=form,
        problem=problem,
    )


def _delegation(visit: Visit, one: Delegation) -> DelegationLine:
    state = one.state(visit.app.workforce.delegations.day_of(one.giver))
    return DelegationLine(
        id=one.id,
        role=visit.names.role(one.role),
        giver=visit.names.person(one.giver),
        receiver=visit.names.person(one.receiver),
        first=one.first,
        last=one.last,
        reason=one.reason,
        state=_PILLS[state],
        is_over=state in {DelegationState.OVER, DelegationState.REVOKED},
    )


def _emergency(visit: Visit, one: Emergency) -> EmergencyLine:
    state = one.state(visit.now)
    may_review = (
        visit.caller.may("emergency.review", one.object).allowed and one.vouched_by != visit.principal.person_id
    )
    mine = one.person_id == visit.principal.person_id
    by = visit.names.person(one.reviewed_by)
    finding = "" if one.finding is None else f"{by}: {one.finding.replace('-', ' ')}. {one.note}"
    return EmergencyLine(
        id=one.id,
        person=visit.names.person(one.person_id),
        role=visit.names.role(one.role),
        reason=one.reason,
        opened_at=one.opened_at,
        until=one.closed_at or one.expires_at,
        state=_EMERGENCY_PILLS[state],
        uses=tuple((use.at, use.verb, use.object, _page_of(use.object)) for use in one.uses),
        finding=finding,
        may_close=state is EmergencyState.OPEN and (mine or may_review),
        may_review=state is EmergencyState.AWAITING_REVIEW and may_review,
    )


def _page_of(thing: str) -> str:
    kind, _, key = thing.partition(":")
    return f"{_PAGES[kind]}{key}" if kind in _PAGES else ""


def routes(console: Console) -> list[Route]:
    post = ("POST",)
    reviewing = Ask("emergency.review", "emergency", inside=True)
    creating = Ask("delegation.create", "delegation", inside=True)
    revoking = Ask("delegation.revoke", "delegation", inside=True)
    return [
        route(console, PLACE, standing, asks=Ask("delegation.view", "delegation", inside=True)),
        route(console, f"{PLACE}/delegate", delegate, asks=creating, methods=post),
        route(console, f"{PLACE}/revoke", revoke, asks=revoking, methods=post),
        route(console, f"{PLACE}/take", take, asks=Ask("emergency.open", "emergency", inside=True), methods=post),
        route(console, f"{PLACE}/close", close, asks=reviewing, methods=post),
        route(console, f"{PLACE}/review", review, asks=reviewing, methods=post),
    ]
