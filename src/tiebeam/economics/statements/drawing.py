"""Drawing a statement up from the rollup, the corrections and the shared costs of a month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.forecast import Month
from tiebeam.economics.metering import CLASSES
from tiebeam.economics.prices import MissingRate, Prices
from tiebeam.economics.statements.issued import billed_before
from tiebeam.economics.statements.pools import Pool, pools_of
from tiebeam.economics.statements.statement import (
    Line,
    Party,
    Section,
    Statement,
    StatementKind,
    UnknownParty,
)
from tiebeam.economics.tables import usage_charge, usage_daily
from tiebeam.economics.totals import EVERYTHING, Scope, Span, below, names_of
from tiebeam.errors import Invalid
from tiebeam.graph import Graph
from tiebeam.kit import usd_of_nano
from tiebeam.spec import BudgetLevel

MOST_LINES = 5_000
_GROUP = ("team", "workflow", "provider", "model")
_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Used:
    requests: int
    tokens: int
    usd_nano: int
    estimated_nano: int


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which rows are a party's: those of its teams, and for a line those of its workflows by teams that are in no
    other budget, so that nothing stands in the statements of two lines.
    """

    party: Party
    names: frozenset[str]
    others: frozenset[str]
    span: Span
    scope: Scope

    def whose(self, table: sa.Table) -> sa.ColumnElement[bool]:
        team, workflow = table.c.team, table.c.workflow
        if self.party.kind == "team":
            return team.in_(self.names)
        return sa.or_(team.in_(self.names), sa.and_(workflow.in_(self.names), team.not_in(self.others)))

    def where(self, table: sa.Table) -> list[sa.ColumnElement[bool]]:
        seen = self.scope.clause(table.c.team, table.c.workflow)
        return [*self.span.clause(table.c.day), self.whose(table), seen]


def draw_up(
    conn: sa.Connection,
    party: Party,
    month: Month,
    *,
    graph: Graph,
    prices: Prices,
    now: datetime,
    kind: StatementKind = StatementKind.SHOWBACK,
    scope: Scope = EVERYTHING,
) -> Statement:
    """A statement as the ledger stands. Raises UnknownParty, also where one may not see all of it, and Invalid on
    more lines than anybody reads.
    """
    names = _names(graph, party, scope)
    span = Span(month.first, month.last)
    others = frozenset(name for one in graph.budgets.values() for name in names_of(one)) - names
    wanted = _Wanted(party, names, others, span, scope)
    used, corrected = _used(conn, wanted), _corrected(conn, wanted)
    if len(used) > MOST_LINES:
        raise Invalid(f"{party} has more than {MOST_LINES:,} lines in {month}; look at one of its teams")
    pools = pools_of(conn, graph, span)
    lines = (
        *_use_lines(used, corrected, span),
        *_correction_lines(corrected, span),
        *(line for pool in pools for line in _shared_lines(pool, names, span)),
        *(line for pool in pools for line in _moved_lines(pool, names, span)),
    )
    title, owner, centre = _about(graph, party)
    total = sum(one.usd_nano for one in lines)
    return Statement(
        kind=kind,
        party=party,
        title=title,
        owner_role=owner,
        cost_centre=centre,
        month=month,
        as_of=now,
        is_final=month.is_over(now),
        is_partial=_is_partial(conn, wanted),
        lines=lines,
        estimated_nano=sum(one.estimated_nano for one in used.values()),
        billed_nano=billed_before(conn, party, month) if kind is StatementKind.CHARGEBACK else 0,
        in_company_currency=_in_currency(prices, total),
    )


def parties(graph: Graph, *, scope: Scope = EVERYTHING) -> list[Party]:
    """Every line and team that budgets or records name, of those one may see."""
    lines = [Party("line", one) for one, budget in graph.budgets.items() if budget.level is BudgetLevel.LINE]
    # A budget of a workflow names workflows; all other names may be teams.
    wide = [one for one in graph.budgets.values() if one.level is not BudgetLevel.WORKFLOW]
    covered = {name for one in wide for name in names_of(one)}
    teams = [Party("team", one) for one in sorted({*graph.teams, *covered}) if one not in graph.intents]
    return [one for one in (*sorted(lines, key=str), *teams) if _may_see(graph, one, scope)]


def _names(graph: Graph, party: Party, scope: Scope) -> frozenset[str]:
    """Teams, and for a line the workflows too, whose use stands in the statement."""
    if not _may_see(graph, party, scope):
        raise UnknownParty(
            f"there is no {party.kind} {party.name!r} whose statement you may see; "
            "'tiebeam ledger statement' without a name lists them"
        )
    return frozenset({party.name}) if party.kind == "team" else _line_names(graph, party.name)


def _may_see(graph: Graph, party: Party, scope: Scope) -> bool:
    if party.kind == "team":
        return scope.sees_team(party.name)
    if party.name not in graph.budgets:
        return False
    names = _line_names(graph, party.name)
    return scope.everything or (bool(names) and names <= scope.teams)


def _line_names(graph: Graph, line: str) -> frozenset[str]:
    return frozenset(name for one in (line, *below(graph.budgets, line)) for name in names_of(graph.budgets[one]))


def _about(graph: Graph, party: Party) -> tuple[str, str, str]:
    """(title, role that answers for it, cost centre)."""
    if party.kind == "line":
        budget = graph.budgets[party.name]
        return budget.title, budget.owner_role, ""
    team = graph.teams.get(party.name)
    owner = next((one.owner_role for one in graph.budgets.values() if party.name in names_of(one)), "")
    return (party.name, owner, "") if team is None else (team.title, owner, team.cost_centre)


def _is_partial(conn: sa.Connection, wanted: _Wanted) -> bool:
    """Whether something is kept from whoever asks."""
    if not wanted.scope.withheld:
        return False
    table = usage_daily.c
    query = sa.select(sa.literal(1)).where(
        *wanted.span.clause(table.day), wanted.whose(usage_daily), table.workflow.in_(wanted.scope.withheld)
    )
    return conn.execute(query.limit(1)).first() is not None


def _used(conn: sa.Connection, wanted: _Wanted) -> dict[_Key, _Used]:
    """Everything booked on the days, corrections included."""
    table = usage_daily.c
    groups = [table[name] for name in _GROUP]
    sums = (
        sa.func.sum(table.requests).label("requests"),
        sa.func.sum(_tokens(usage_daily)).label("tokens"),
        sa.func.sum(table.usd_nano).label("usd_nano"),
        sa.func.sum(table.estimated_nano).label("estimated_nano"),
    )
    query = sa.select(*groups, *sums).where(*wanted.where(usage_daily))
    rows = conn.execute(query.group_by(*groups).order_by(*groups).limit(MOST_LINES + 1)).mappings()
    return {_key(row): _Used(*(int(row[name]) for name in _Used.__slots__)) for row in rows}


def _corrected(conn: sa.Connection, wanted: _Wanted) -> dict[_Key, _Used]:
    """What corrections changed of it."""
    table = usage_charge.c
    groups = [table[name] for name in _GROUP]
    sums = (
        sa.func.count().label("requests"),
        sa.func.sum(_tokens(usage_charge)).label("tokens"),
        sa.func.sum(table.usd_nano).label("usd_nano"),
    )
    assert wanted.span.since is not None
    # By the month's letters, not as a range of days: the index of corrections is far smaller than that of days.
    month = sa.func.substr(table.day, 1, 7) == wanted.span.since.isoformat()[:7]
    query = sa.select(*groups, *sums).where(
        table.corrects.is_not(None),
        month,
        wanted.whose(usage_charge),
        wanted.scope.clause(table.team, table.workflow),
    )
    rows = conn.execute(query.group_by(*groups).order_by(*groups).limit(MOST_LINES + 1)).mappings()
    return {_key(row): _Used(int(row["requests"]), int(row["tokens"]), int(row["usd_nano"]), 0) for row in rows}


def _use_lines(used: Mapping[_Key, _Used], corrected: Mapping[_Key, _Used], span: Span) -> list[Line]:
    nothing = _Used(0, 0, 0, 0)
    return [
        _line(
            Section.USE,
            key,
            "model use",
            requests=one.requests,
            tokens=one.tokens - corrected.get(key, nothing).tokens,
            usd_nano=one.usd_nano - corrected.get(key, nothing).usd_nano,
            span=span,
        )
        for key, one in used.items()
    ]


def _correction_lines(corrected: Mapping[_Key, _Used], span: Span) -> list[Line]:
    return [
        _line(
            Section.CORRECTIONS,
            key,
            f"{one.requests} corrections of charges above",
            requests=0,
            tokens=one.tokens,
            usd_nano=one.usd_nano,
            span=span,
            corrections="true",
        )
        for key, one in corrected.items()
    ]


def _shared_lines(pool: Pool, names: frozenset[str], span: Span) -> list[Line]:
    basis: dict[str, Any] = {
        "allocation": pool.allocation,
        "of": pool.of,
        "by": pool.by,
        "whole_nano": pool.usd_nano,
        "because": pool.because,
        "all_weights": sum(pool.weights.values()),
    }
    return [
        _line(
            Section.SHARED,
            (team, "", "", ""),
            f"{pool.title}, shared by {pool.by.value}",
            requests=0,
            tokens=0,
            usd_nano=part,
            span=span,
            basis={**basis, "weight": pool.weights.get(team, 0)},
        )
        for team, part in pool.parts.items()
        if team in names and part
    ]


def _moved_lines(pool: Pool, names: frozenset[str], span: Span) -> list[Line]:
    if pool.taken_from is None or pool.taken_from not in names or not pool.usd_nano:
        return []
    basis = {"allocation": pool.allocation, "of": pool.of, "by": pool.by, "parts": dict(pool.parts)}
    about = f"{pool.title}, carried by those who share it"
    key = (pool.taken_from, "", "", "")
    return [_line(Section.MOVED, key, about, requests=0, tokens=0, usd_nano=-pool.usd_nano, span=span, basis=basis)]


def _line(
    section: Section,
    key: _Key,
    about: str,
    *,
    requests: int,
    tokens: int,
    usd_nano: int,
    span: Span,
    basis: Mapping[str, Any] | None = None,
    **more: str,
) -> Line:
    named: dict[str, str] = dict(zip(_GROUP, key, strict=True))
    days = {"from": str(span.since), "to": str(span.until)}
    # A shared cost rests on all that its team used; empty text finds what carries no name.
    ledger: dict[str, str] = named if basis is None else {"team": named["team"]}
    return Line(
        section=section,
        **named,
        about=about,
        requests=requests,
        tokens=tokens,
        usd_nano=usd_nano,
        ledger={**ledger, **days, **more},
        basis=basis,
    )


def _key(row: Mapping[Any, Any]) -> _Key:
    return tuple(row[name] for name in _GROUP)


def _tokens(table: sa.Table) -> sa.ColumnElement[Any]:
    columns = [table.c[f"{name}_tokens"] for name in CLASSES]
    return sum(columns[1:], start=columns[0])


def _in_currency(prices: Prices, nano: int) -> Any:
    try:
        return prices.currency, prices.in_currency(usd_of_nano(nano))
    except MissingRate:
        return None
