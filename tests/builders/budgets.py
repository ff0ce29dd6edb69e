"""Budgets and trees of them, without a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tiebeam.economics.spending import CapChange, Held, KeyCap, Path, Spending, Tree
from tiebeam.graph import Graph, Kind
from tiebeam.graph.graph import build_graph
from tiebeam.spec import Budget, Meta

META = Meta(since=date(2026, 1, 1), reviewed=date(2026, 1, 1), source="a test")
USD = 1_000_000_000
"""In nano-dollars."""


def budget(budget_id: str, usd: str | int = 100, **changes: Any) -> Budget:
    """A budget by the month, hard, owned by the controller."""
    values = {"title": f"Budget {budget_id}", "owner_role": "controller", "usd_per_month": usd, "meta": META}
    return Budget.model_validate({"id": budget_id, **values, **changes})


def graph_of(*budgets: Budget) -> Graph:
    records = {Kind.BUDGETS: {one.id: one for one in budgets}}
    return build_graph(records, units={}, settings=None, files={})


def tree_of(*budgets: Budget, keys: Mapping[str, KeyCap] | None = None, changes: tuple[CapChange, ...] = ()) -> Tree:
    return Tree.of(graph_of(*budgets), keys or {}, changes=changes)


def path_of(tree: Tree | Spending, *, team: str = "team", workflow: str = "flow", key: str = "", run: str = "") -> Path:
    found = tree.path(team=team, workflow=workflow, key_id=key, execution=run)
    assert isinstance(found, Path), found
    return found


def standing(spending: Spending, node: str) -> Held:
    """How a ceiling with one window stands in a process."""
    found = [one for one in spending.snapshot() if one.node == node]
    assert len(found) == 1, found
    return found[0]
