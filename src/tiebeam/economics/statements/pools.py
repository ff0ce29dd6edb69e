"""Shared costs of a month: how much each is, and which team carries how much of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from tiebeam.economics.totals import By, Span, Total, UseFilters, grand_total, share_out, totals
from tiebeam.graph import Graph
from tiebeam.kit import nano_usd
from tiebeam.spec import HOURS_A_MONTH, Allocation, Price, ProvisionedCapacity, SharedBy, SharedCost

NOBODY = ""
"""Who carries what there is nobody to share with."""
_FINE = 10**12
"""Fixed shares become whole numbers of so many."""


@dataclass(frozen=True, slots=True)
class Pool:
    """One shared cost of one month. `parts` add up to `usd_nano` exactly, to the nano-dollar.

    `weights` are what was measured of each team (nano-dollars, tokens or requests), or its fixed share of 10^12.
    """

    allocation: str
    title: str
    of: SharedCost
    by: SharedBy
    usd_nano: int
    because: str
    """How the sum came about, in words."""
    weights: Mapping[str, int]
    parts: Mapping[str, int]
    taken_from: str | None = None
    """Whose charges are shared out; the same sum is taken off theirs."""


def pools_of(conn: sa.Connection, graph: Graph, span: Span) -> list[Pool]:
    """Every shared cost that holds in the month `span`, by id."""
    assert span.since is not None
    assert span.until is not None
    rules = [one for one in graph.allocations.values() if one.holds_in(span.since, span.until)]
    if not rules:
        return []
    used = {one.key: one for one in totals(conn, by=By.TEAM, span=span)}
    return [_pool(conn, graph, rule, span, used) for rule in sorted(rules, key=lambda one: one.id)]


def _pool(conn: sa.Connection, graph: Graph, rule: Allocation, span: Span, used: Mapping[str, Total]) -> Pool:
    nano, because = _sum(conn, graph, rule, span, used)
    weights = _weights(rule, used)
    parts = share_out(nano, weights)
    return Pool(
        allocation=rule.id,
        title=rule.title,
        of=rule.of,
        by=rule.by,
        usd_nano=nano,
        because=because,
        weights=weights,
        parts=parts or {NOBODY: nano},
        # With nobody to carry them, charges stay where they are.
        taken_from=rule.team if parts and rule.of is SharedCost.CHARGES else None,
    )


def _sum(conn: sa.Connection, graph: Graph, rule: Allocation, span: Span, used: Mapping[str, Total]) -> tuple[int, str]:
    assert span.since is not None
    match rule.of:
        case SharedCost.COMMITMENT:
            return _unused_commitment(conn, graph, rule, span)
        case SharedCost.CAPACITY:
            return _unused_capacity(conn, graph, rule, span)
        case SharedCost.SEATS:
            assert rule.usd_per_seat is not None
            assert rule.seats is not None
            return nano_usd(rule.usd_per_seat * rule.seats), f"{rule.seats} seats at ${rule.usd_per_seat} a month"
        case SharedCost.OVERHEAD:
            assert rule.usd_per_month is not None
            return nano_usd(rule.usd_per_month), f"${rule.usd_per_month} a month"
        case SharedCost.CHARGES:
            assert rule.team is not None
            total = used.get(rule.team)
            whose = f"team {rule.team!r}" if rule.team else "no team"
            return 0 if total is None else total.usd_nano, f"what {whose} was charged in the month"


def _unused_commitment(conn: sa.Connection, graph: Graph, rule: Allocation, span: Span) -> tuple[int, str]:
    assert rule.approval is not None
    assert span.since is not None
    approval = graph.approvals[rule.approval]
    promised = sum(
        (one.usd_per_month for one in approval.commitment if _overlaps(one.since, one.until, span)), Decimal(0)
    )
    spent = grand_total(conn, span=span, filters=UseFilters(provider=approval.provider))
    left = max(0, nano_usd(promised) - spent.usd_nano)
    return left, f"${promised} promised to {approval.provider!r}, ${spent.cost_usd} of it used"


def _unused_capacity(conn: sa.Connection, graph: Graph, rule: Allocation, span: Span) -> tuple[int, str]:
    assert rule.price is not None
    record, units = graph.prices[rule.price], rule.capacity_units or 1
    capacity = _capacity(record, span)
    if capacity is None:
        return 0, f"prices/{record.id}.toml states no capacity for the month"
    cost = nano_usd(capacity.usd_per_hour * HOURS_A_MONTH * units)
    filters = UseFilters(provider=record.provider, model=record.model)
    charged = grand_total(conn, span=span, filters=filters)
    said = f"{units} units at ${capacity.usd_per_hour} an hour for {HOURS_A_MONTH} hours"
    return max(0, cost - charged.usd_nano), f"{said}, less ${charged.cost_usd} charged by the token"


def _capacity(record: Price, span: Span) -> ProvisionedCapacity | None:
    """What was in force at the end of the month."""
    assert span.until is not None
    known = [one for one in record.capacity if one.since <= span.until]
    return max(known, key=lambda one: one.since, default=None)


def _overlaps(since: date, until: date | None, span: Span) -> bool:
    assert span.since is not None
    assert span.until is not None
    return since <= span.until and (until is None or until >= span.since)


def _weights(rule: Allocation, used: Mapping[str, Total]) -> dict[str, int]:
    """Teams without a name share nothing: nobody would answer for it."""
    if rule.by is SharedBy.FIXED:
        return {team: int(share * _FINE) for team, share in sorted(rule.share.items())}
    measured = sorted(team for team in used if team and team != rule.team)
    teams = rule.among or measured
    return {team: _weight(rule.by, used.get(team)) for team in teams}


def _weight(by: SharedBy, total: Total | None) -> int:
    if by is SharedBy.EVEN:
        return 1
    if total is None:
        return 0
    return max(0, {SharedBy.COST: total.usd_nano, SharedBy.TOKENS: total.tokens}.get(by, total.requests))
