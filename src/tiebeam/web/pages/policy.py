"""Settings → Policy: the rules in words, who may what by them, and why somebody may or may not."""

from __future__ import annotations

import shlex
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from tiebeam.authority import VERBS, Ground, Obj, in_general, matrix
from tiebeam.errors import TiebeamError
from tiebeam.http import Ask, explain
from tiebeam.web.pages.exports import table_file
from tiebeam.web.table import Cell, Column, Empty, Filter, Row, Table, TableQuery, arrange
from tiebeam.web.views import PolicyView, ReachRow, ReachTable, RuleSaid, WhyView
from tiebeam.web.visit import Console, Visit, route
from tiebeam.workforce import chain_above

_COLUMNS = (
    Column("rule", "Rule"),
    Column("effect", "Effect"),
    Column("words", "In words", is_sortable=False),
    Column("verbs", "About", is_sortable=False),
    Column("source", "From"),
)
_EMPTY = Empty("No such rule", "No rule in force fits these filters.", "tiebeam policy list")
_TABS = ("rules", "reach", "why")
_MANY = 6
_OUTSIDERS = {"administrator": "Administrator", "agent": "Agent", "service": "Service account"}


def policy(visit: Visit) -> Response:
    tab = visit.params.get("tab", "rules")
    tab = tab if tab in _TABS else "rules"
    policies = visit.app.authority.policies
    view = PolicyView(
        tab=tab,
        version=policies.version,
        count=len(policies.rules),
        reach=_reach(visit) if tab == "reach" else None,
        why=_why(visit) if tab == "why" else None,
    )
    table = _table(visit, _asked(visit), everything=False) if tab == "rules" else None
    return visit.page("pages/policy.html", policy=view, table=table)


def export(visit: Visit) -> Response:
    return table_file(_table(visit, _asked(visit), everything=True), visit.path("format"), name="policy")


def _asked(visit: Visit) -> TableQuery:
    return TableQuery.from_params(visit.params, filters=("effect", "source"))


def _table(visit: Visit, query: TableQuery, *, everything: bool) -> Table:
    rules = visit.app.authority.policies.rules
    rows = tuple(
        Row(
            rule.id,
            (
                Cell(rule.id, is_mono=True),
                Cell(
                    "Forbids" if rule.effect == "forbid" else "Permits",
                    tone="warn" if rule.effect == "forbid" else "ok",
                ),
                Cell(_sentence(in_general(rule.because)), is_long=True),
                Cell(_verbs(rule.verbs), is_soft=True, is_long=True, raw=" ".join(sorted(rule.verbs))),
                Cell(rule.source if not rule.is_built_in else "Built in", is_mono=not rule.is_built_in),
            ),
            {"effect": rule.effect, "source": "built-in" if rule.is_built_in else "workspace"},
        )
        for rule in rules
    )
    filters = (
        Filter("effect", "Effect", (("forbid", "Forbids"), ("permit", "Permits"))),
        Filter("source", "From", (("built-in", "Built in"), ("workspace", "This workspace"))),
    )
    return arrange(
        Table("policy-table", _COLUMNS, rows, len(rows), _EMPTY, filters=filters), query, everything=everything
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _verbs(verbs: frozenset[str]) -> str:
    if len(verbs) == len(VERBS):
        return "every verb"
    named = sorted(verbs)
    return ", ".join(named[:_MANY]) + (f" and {len(named) - _MANY} more" if len(named) > _MANY else "")


def _reach(visit: Visit) -> ReachTable:
    """Roles that somebody holds, then those who act without one."""
    held = [role for role in visit.graph.roles if visit.graph.people_with(role)]
    reached = matrix(visit.app.authority.policies, held, _ground(visit))
    names = [_OUTSIDERS.get(name, visit.names.role(name)) for name in reached]
    rows = [
        ReachRow(verb, who, tuple(reaches[verb].value for reaches in reached.values())) for verb, who in VERBS.items()
    ]
    return ReachTable(tuple(names), tuple(rows))


def _ground(visit: Visit) -> Ground:
    graph, facts = visit.graph, visit.app.intent_facts
    named = {protocol.to_role for protocol in graph.handoffs.values()}
    named |= {rung.role for protocol in graph.handoffs.values() for rung in protocol.ladder if rung.role is not None}
    machines = (*graph.agents.values(), *graph.service_accounts.values())
    return Ground(
        intents={intent: facts(intent) for intent in graph.adoptions},
        task_roles=frozenset(role for one in named for role in chain_above(graph, one)),
        managers=frozenset(one.managing_role for one in machines),
        emergency_roles=frozenset(() if graph.settings is None else graph.settings.access.emergency_roles),
    )


def _why(visit: Visit) -> WhyView:
    person = visit.params.get("person", "") or visit.principal.person_id
    verb, named = visit.params.get("verb", ""), visit.params.get("object", "").strip()[:300]
    base: dict[str, Any] = {
        "people": _people(visit),
        "verbs": tuple(VERBS),
        "person": person,
        "verb": verb,
        "named": named,
    }
    if not verb or not named:
        return WhyView(**base)
    try:
        told = explain(visit.caller, person=person, verb=verb, named=named)
    except TiebeamError as problem:
        visit.caller.note(problem)
        return WhyView(**base, problem=problem.message)
    verdict = told.verdict
    said = [(one, True) for one in told.spoke] + [(one, False) for one in told.silent]
    return WhyView(
        **base,
        headline=f"{visit.names.person(person)} {'may' if verdict.allowed else 'may not'} {verb} on {named}",
        allowed=verdict.allowed,
        reason=_sentence(verdict.reason),
        rules=tuple(
            RuleSaid(
                one.rule,
                one.effect,
                "Built in" if one.source == "built-in" else one.source,
                _sentence(one.because if spoke else in_general(one.because)),
                spoke,
                tuple((name, _shown(value)) for name, value in one.facts.items()),
            )
            for one, spoke in said
        ),
        command=f"tiebeam policy explain --person {shlex.quote(person)} --verb {verb} --object {shlex.quote(named)}",
    )


def _shown(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (", ".join(map(str, value)) or "none") if isinstance(value, list | tuple) else str(value)  # pyright: ignore[reportUnknownArgumentType]


def _people(visit: Visit) -> tuple[tuple[str, str], ...]:
    """Oneself, and everybody for those who may look into others' authority."""
    everybody = [(person.id, person.name) for person in visit.graph.people.values()]
    others = Obj("policy", "explain", {"person": "somebody-else"})
    if visit.allows("policy.view", others):
        return tuple(everybody)
    return tuple(one for one in everybody if one[0] == visit.principal.person_id)


def routes(console: Console) -> list[Route]:
    ask = Ask("policy.view", "policy")
    return [
        route(console, "/settings/policy", policy, asks=ask),
        route(console, "/settings/policy.{format}", export, asks=ask),
    ]
