"""Which ceilings one caller may see."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from tiebeam.economics.spending import BudgetLine, Level
from tiebeam.http.caller import Caller


def seen_budgets(caller: Caller, conn: sa.Connection, lines: Iterable[BudgetLine]) -> list[BudgetLine]:
    """Those of budgets and keys the caller may see; of an execution, where they see the budget that limits it."""
    found: list[BudgetLine] = []
    for one in lines:
        if one.level is Level.KEY:
            is_seen = _sees(caller, conn, "key", one.id.removeprefix("key:"))
        else:
            budget = one.parent if one.level is Level.EXECUTION else one.id
            is_seen = budget is not None and _sees(caller, conn, "budget", budget)
        if is_seen:
            found.append(one)
    return found


def _sees(caller: Caller, conn: sa.Connection, kind: str, name: str) -> bool:
    return caller.may(f"{kind}.view", caller.object(kind, name, conn)).allowed
