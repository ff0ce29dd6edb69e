"""How a comparison ends: somebody chooses, says why, and answers for it until it is looked at again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from starlette.responses import Response

from tiebeam.authority import Obj
from tiebeam.economics.calculator import Catalogue, Catalogues, Comparison, Question, compare, question_params
from tiebeam.economics.decisions import Choice, Decision, WrongDecision
from tiebeam.errors import Conflict, Invalid, Refused
from tiebeam.web.pages.economics import compared
from tiebeam.web.pages.economics.asking import Addresses, amount, asked, catalogue_of, today
from tiebeam.web.render import Here
from tiebeam.web.views import Answers, Deciding, DecisionLine, Weighed
from tiebeam.web.visit import Visit
from tiebeam.web.wording import day

_SHOWN = 10
_CHEAPEST = 10
_FIELDS = ("chosen", "title", "owner", "reason", "revisit")
_SAME = ("sort", "at")
"""Parameters that make no other question."""


def build(visit: Visit, catalogue: Catalogue, question: Question) -> Answers:
    """The comparison's answers, with what was decided at exactly these figures."""
    found = compare(catalogue, question)
    return compared.answers_of(visit, found, weighed(visit, found))


def weighed(visit: Visit, found: Comparison) -> Weighed | None:
    even = found.break_even
    if even is None:
        return None
    titles = {one.id: one.title for one in found.options}
    with visit.app.store.read() as conn:
        decisions = visit.app.decisions.find(conn, visit.principal)
    asks = _without_order(question_params(found.question))
    same = next((one for one in decisions if _without_order(one.question) == asks), None)
    line = None if same is None else _line(visit, same)
    return Weighed(titles[even.metered], titles[even.hosted], line)


def deciding(visit: Visit, *, problem: str = "") -> Deciding:
    """The form, as it was typed where it was refused, and what was decided before."""
    with visit.app.store.read() as conn:
        decisions = visit.app.decisions.find(conn, visit.principal)[:_SHOWN]
    here = Here(compared.PATH, tuple(visit.params.items()))
    return Deciding(
        address=here(page=None, part=None),
        owners=_owners(visit),
        lines=tuple(_line(visit, one) for one in decisions),
        typed={name: visit.said(name)[:2000] for name in _FIELDS},
        first_day=(today(visit) + timedelta(days=1)).isoformat(),
        problem=problem,
    )


def record(visit: Visit, catalogues: Catalogues) -> Response:
    """Keep what was chosen; a refused form comes back as it was typed, with the reason."""
    try:
        question = asked(visit)
        found = compare(catalogue_of(visit, catalogues, question), question)
        choice = _choice(visit, found)
        with visit.app.store.unit() as unit:
            visit.app.decisions.record(unit, visit.principal, comparison=found, choice=choice)
    except (Invalid, Conflict, Refused) as wrong:
        visit.caller.note(wrong)
        told = wrong.message[:1].upper() + wrong.message[1:]
        form = deciding(visit, problem=told)
        return TAB.shown(visit, catalogues, status=wrong.status, more=lambda: {"deciding": form})
    return visit.back_to(Addresses(question)(compared.PATH) + "#decisions", saying="The decision is on the record.")


def _choice(visit: Visit, found: Comparison) -> Choice:
    """Raises WrongDecision."""
    even = found.break_even
    if even is None:
        raise WrongDecision(f"there is no choice to record: {found.missing}", field="chosen")
    pair = {"metered": even.metered, "rented": even.hosted}
    chosen = pair.get(visit.said("chosen"))
    if chosen is None:
        raise WrongDecision("nothing is chosen; say which of the two it is", field="chosen")
    return Choice(
        title=visit.said("title"),
        chosen=chosen,
        owner=visit.said("owner"),
        reason=visit.said("reason"),
        revisit=_day(visit.said("revisit")),
        weighed=tuple(dict.fromkeys((*pair.values(), *(one.id for one in found.options[:_CHEAPEST])))),
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise WrongDecision(
            f"the day to look at it again is {text[:20]!r}; give one such as 2027-06-30", field="revisit"
        ) from wrong


def _owners(visit: Visit) -> tuple[tuple[str, str], ...]:
    """Whom this person may name, oneself first."""
    names, me = visit.names, visit.principal
    people = [me.person_id] if me.person_id else []
    roles = list(me.roles)
    if me.administrator:
        people += [one for one in visit.graph.people if one not in people]
        roles += [one for one in visit.graph.roles if one not in roles]
    named = [(f"role:{one}", names.role(one)) for one in roles]
    named += [(f"person:{one}", names.person(one)) for one in people]
    return tuple((owner, text) for owner, text in named if _may(visit, owner))


def _may(visit: Visit, owner: str) -> bool:
    kind, _, name = owner.partition(":")
    asked_by_page = {"reason": "asked by the page"}
    return visit.caller.may("decision.record", Obj("decision", "new", {kind: name}), asked_by_page).allowed


def _line(visit: Visit, one: Decision) -> DecisionLine:
    kind, _, name = one.owner.partition(":")
    premium = one.premium_per_month
    return DecisionLine(
        id=one.id,
        title=one.title,
        chosen=str(one.chosen_option["title"]),
        owner=visit.names.role(name) if kind == "role" else visit.names.person(name),
        reason=one.reason if len(one.reason) <= 160 else f"{one.reason[:160]}…",
        at=one.recorded_at,
        href=Here(compared.PATH)(**dict(one.question)),
        premium=f"{amount(premium)} {one.currency} a month above the cheapest" if premium > 0 else "",
        revisit=day(one.revisit) if one.revisit else "",
        is_due=one.is_due(today(visit)),
    )


def _without_order(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name not in _SAME}


TAB = compared.tab(build)
