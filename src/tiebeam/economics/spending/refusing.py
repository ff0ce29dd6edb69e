"""Telling a client why a call may not be made: which budget, whose it is, when it begins anew, how to ask for more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tiebeam.economics.spending.holding import Short, Why
from tiebeam.economics.spending.nodes import Level, Node
from tiebeam.economics.spending.tree import Tree
from tiebeam.economics.spending.windows import moment_of
from tiebeam.errors import TiebeamError
from tiebeam.graph import Graph
from tiebeam.kit import decimal_text, iso, usd_of_nano


class BudgetExhausted(TiebeamError):
    """A call would cost more than a budget has left. Faces of model calls answer with 429."""

    code = "budget_exhausted"
    status = 402


class BudgetsUnreachable(TiebeamError):
    """The database is away, what was leased of a budget is spent, and the budget says that calls are then refused."""

    code = "budgets_unreachable"
    status = 503


class BudgetsBusy(TiebeamError):
    """The database is there and did not lease in time, because others were writing to it."""

    code = "budgets_busy"
    status = 429


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers for a budget: a role, and the people who have it."""

    role: str
    people: tuple[str, ...]
    """By name, sorted."""


def owner_of(graph: Graph, node: Node) -> Owner | None:
    """None for a key that no budget covers."""
    if node.owner_role is None:
        return None
    return Owner(node.owner_role, tuple(sorted(one.name for one in graph.people_with(node.owner_role))))


def refusal(short: Short, *, tree: Tree, graph: Graph) -> BudgetExhausted | BudgetsBusy | BudgetsUnreachable:
    """The error to raise for a call that found no room, and waited if it may."""
    node = short.node
    # Of a single execution, the budget that limits it is the one to ask about.
    budget = tree.nodes.get(node.budget, node) if node.budget is not None else node
    data = _data(short, budget, graph)
    if short.why is Why.STORE_AWAY:
        return BudgetsUnreachable(
            f"budget {budget.id!r} cannot be asked, because the database is away, and it is set to refuse calls then "
            '(when_store_is_away = "closed"); try again shortly',
            **data,
        )
    if short.why is Why.NEEDS_LEASE:
        return BudgetsBusy(
            f"budget {budget.id!r} was asked for room, and the database was too busy to answer in time; try again",
            **data,
            retry_after=1,
        )
    resets = moment_of(short.window_end)
    parts = [
        _what(short, budget),
        _whose(owner_of(graph, budget)),
        "it does not begin anew" if resets is None else f"it begins anew at {_minute(resets)}",
        _how(budget),
    ]
    if short.why is not Why.CAP:
        parts.append("calls under way hold the rest, so trying again shortly may do")
    return BudgetExhausted("; ".join(part for part in parts if part), **data)


def ask_for_more(node: Node) -> dict[str, Any] | None:
    """How to ask for a higher ceiling, for programs; None for a key or an execution, whose makers set it."""
    if node.level in {Level.KEY, Level.EXECUTION}:
        return None
    return {
        "budget": node.id,
        "page": f"/economics/budgets/{node.id}",
        "api": f"POST /api/v1/budgets/{node.id}/requests",
        "cli": f"tiebeam budgets ask {node.id} --usd CEILING --reason TEXT",
    }


def _what(short: Short, budget: Node) -> str:
    worst, left = _usd(short.worst_nano), _usd(max(0, short.room_nano))
    if short.node.level is Level.EXECUTION:
        return (
            f"budget {budget.id!r} lets one execution cost {_usd(short.node.cap_nano)} USD, and this call may cost "
            f"{worst} USD where {left} USD are left"
        )
    cap = _usd(short.node.cap_in(short.window_start))
    return f"{_named(budget)} has {left} USD left of {cap} USD, and this call may cost {worst} USD"


def _named(node: Node) -> str:
    return f"key {node.id.removeprefix('key:')!r}" if node.level is Level.KEY else f"budget {node.id!r}"


def _whose(owner: Owner | None) -> str:
    if owner is None:
        return ""
    people = f" ({', '.join(owner.people)})" if owner.people else ""
    return f"its owner is {owner.role!r}{people}"


def _how(budget: Node) -> str:
    if budget.level is Level.KEY:
        return "whoever made the key can give one with a higher cap"
    return f"ask for more with 'tiebeam budgets ask {budget.id}' or on the page /economics/budgets/{budget.id}"


def _data(short: Short, budget: Node, graph: Graph) -> dict[str, Any]:
    resets, owner = moment_of(short.window_end), owner_of(graph, budget)
    return {
        "budget": budget.id,
        "node": short.node.id,
        "level": short.node.level.value,
        "why": short.why.value,
        "cap_usd": _usd(short.node.cap_in(short.window_start)),
        "left_usd": _usd(max(0, short.room_nano)),
        "worst_usd": _usd(short.worst_nano),
        "owner_role": None if owner is None else owner.role,
        "owners": [] if owner is None else list(owner.people),
        "resets_at": None if resets is None else iso(resets),
        "ask_for_more": ask_for_more(budget),
    }


def _usd(nano: int) -> str:
    text = decimal_text(usd_of_nano(nano))
    return text.rstrip("0").rstrip(".") if "." in text else text


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
