"""Ceilings decided on after their records were written: somebody asked for more, or an owner took some back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from tiebeam.economics.spending.nodes import CapChange
from tiebeam.economics.spending.tables import spend_cap
from tiebeam.economics.spending.tree import LARGEST_CAP, cap_of
from tiebeam.errors import Invalid, NotFound
from tiebeam.graph import Graph
from tiebeam.kit import NANO, decimal_text, usd_of_nano
from tiebeam.spec import Budget
from tiebeam.store import Unit

MOST_CHANGES = 10_000


class WrongCap(Invalid):
    """A ceiling nobody can mean: negative, finer than a nano-dollar, or beyond two billion dollars."""

    code = "wrong_cap"


class UnknownBudget(NotFound):
    """No budget of the workspace has that id."""

    code = "unknown_budget"


@dataclass(frozen=True, slots=True)
class CapDecision:
    """A change as it was decided."""

    budget: str
    cap_usd: Decimal
    instead_of_usd: Decimal
    window_start: int | None
    by: str
    reason: str
    at: datetime


def change_cap(
    unit: Unit, budget: Budget, *, cap_usd: Decimal, by: str, reason: str, window_start: int | None = None
) -> CapDecision:
    """Set another ceiling, for one window by its start in milliseconds or from now on; the caller has asked whether
    `by` may. It is journalled on `budget:<id>`. From its commit on nothing is leased by the old one. Raises WrongCap.
    """
    nano = cap_usd * NANO
    if cap_usd < 0 or nano != nano.to_integral_value() or nano > LARGEST_CAP:
        raise WrongCap(f"{decimal_text(cap_usd)} USD is no ceiling; give 0 to 2000000000 USD, at most nine decimals")
    instead = cap_of(budget)
    unit.conn.execute(
        sa.insert(spend_cap).values(
            budget=budget.id,
            cap_nano=int(nano),
            instead_of_nano=instead,
            window_start=window_start,
            by=by,
            reason=reason,
            at=unit.now,
        )
    )
    payload = {"cap_usd": decimal_text(cap_usd), "recorded_usd": budget.cap_usd, "reason": reason}
    unit.journal(f"budget:{budget.id}", "budget.changed", actor=by, payload={**payload, "window_start": window_start})
    return CapDecision(budget.id, cap_usd, usd_of_nano(instead), window_start, by, reason, unit.now)


def changes(conn: sa.Connection) -> tuple[int, list[CapChange]]:
    """The number of the latest change, and the changes in force, oldest first."""
    # Of each budget and span, only the latest counts.
    latest = sa.select(sa.func.max(spend_cap.c.seq)).group_by(spend_cap.c.budget, spend_cap.c.window_start)
    rows = conn.execute(
        sa.select(spend_cap).where(spend_cap.c.seq.in_(latest)).order_by(spend_cap.c.seq.desc()).limit(MOST_CHANGES)
    ).all()
    found = [CapChange(one.budget, one.cap_nano, one.instead_of_nano, one.window_start) for one in reversed(rows)]
    return (rows[0].seq if rows else 0), found


def latest_change(conn: sa.Connection) -> int:
    """The number of the latest change; 0 for none."""
    return conn.execute(sa.select(sa.func.max(spend_cap.c.seq))).scalar() or 0


def decisions(conn: sa.Connection, budget: str, *, limit: int = 100) -> list[CapDecision]:
    """What was decided about a budget's ceiling, newest first."""
    rows = conn.execute(
        sa.select(spend_cap).where(spend_cap.c.budget == budget).order_by(spend_cap.c.seq.desc()).limit(limit)
    )
    return [
        CapDecision(
            budget=one.budget,
            cap_usd=usd_of_nano(one.cap_nano),
            instead_of_usd=usd_of_nano(one.instead_of_nano),
            window_start=one.window_start,
            by=one.by,
            reason=one.reason,
            at=one.at,
        )
        for one in rows
    ]


def budget_of(graph: Graph, budget_id: str) -> Budget:
    """Raises UnknownBudget."""
    found = graph.budgets.get(budget_id)
    if found is None:
        raise UnknownBudget(f"there is no budget {budget_id!r}; 'tiebeam budgets show' lists them", budget=budget_id)
    return found
