"""One execution from its charges to its value: charge, step, run, outcome, value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.entries import EntryKind
from tiebeam.economics.metering import CLASSES
from tiebeam.economics.prices import Prices
from tiebeam.economics.returns.cells import Dollars, counted
from tiebeam.economics.returns.tables import usage_outcome
from tiebeam.economics.tables import ledger_entry, usage_charge
from tiebeam.economics.totals import EVERYTHING, Scope, usd_text
from tiebeam.errors import NotFound
from tiebeam.kit import plain

MOST_PARTS = 2_000


class UnknownExecution(NotFound):
    """No execution of that name that you may see."""

    code = "unknown_execution"


@dataclass(frozen=True, slots=True)
class StepUse:
    """What one step used of one model."""

    step_id: str
    model: str
    calls: int
    attempts: int
    tokens: int
    usd_nano: int


@dataclass(frozen=True, slots=True)
class Came:
    """What came of an execution: a line of a run's ledger, or an outcome as reported (`id` says which)."""

    id: str
    kind: str
    accepted: int
    ended: int
    amount: Decimal
    currency: str
    value_nano: int | None
    """None without a rate for its currency."""


@dataclass(frozen=True, slots=True)
class Execution:
    """`is_run` tells a run of ours from what a client calls its own."""

    execution: str
    is_run: bool
    places: tuple[tuple[str, str], ...]
    """Teams and workflows it was charged to, or whose outcome it was."""
    steps: tuple[StepUse, ...]
    came: tuple[Came, ...]

    @property
    def usd_nano(self) -> int:
        return sum(one.usd_nano for one in self.steps)

    @property
    def value_nano(self) -> int:
        return sum(one.value_nano or 0 for one in self.came)

    def form(self) -> dict[str, Any]:
        return {
            "execution": self.execution,
            "is_run": self.is_run,
            "places": [{"team": team, "workflow": workflow} for team, workflow in self.places],
            "cost_usd": usd_text(self.usd_nano),
            "value_usd": usd_text(self.value_nano),
            "steps": [_dollars(one) for one in self.steps],
            "came": [_dollars(one) for one in self.came],
        }


def read_execution(conn: sa.Connection, execution: str, *, prices: Prices, scope: Scope = EVERYTHING) -> Execution:
    """Charges by step and model, and the outcomes and value behind it. Raises UnknownExecution, also where one may
    not see any of it.
    """
    charged, steps = _steps(conn, execution, scope)
    own_places, own = _own(conn, execution, scope, Dollars(prices))
    told_places, told = _told(conn, execution, scope)
    places = dict.fromkeys((*charged, *own_places, *told_places))
    if not places:
        raise UnknownExecution(
            f"there is no execution {execution[:120]!r} that you may see; see 'tiebeam ledger lines --of use'",
            execution=execution[:120],
        )
    return Execution(execution, bool(own_places), tuple(places), tuple(steps), (*own, *told))


def _steps(conn: sa.Connection, execution: str, scope: Scope) -> tuple[list[tuple[str, str]], list[StepUse]]:
    table = usage_charge.c
    tokens = [table[f"{name}_tokens"] for name in CLASSES]
    groups = (table.team, table.workflow, table.step_id, table.model)
    query = sa.select(
        *groups,
        sa.func.sum(sa.case((sa.and_(table.concluded, table.corrects.is_(None)), 1), else_=0)).label("calls"),
        sa.func.sum(sa.case((table.corrects.is_(None), 1), else_=0)).label("attempts"),
        sa.func.sum(sum(tokens[1:], start=tokens[0])).label("tokens"),
        sa.func.sum(table.usd_nano).label("usd_nano"),
    ).where(table.execution == execution, scope.clause(table.team, table.workflow))
    rows = conn.execute(query.group_by(*groups).order_by(sa.func.min(table.seq)).limit(MOST_PARTS)).all()
    found = [
        StepUse(one.step_id, one.model, int(one.calls), int(one.attempts), int(one.tokens), int(one.usd_nano))
        for one in rows
    ]
    return [(one.team, one.workflow) for one in rows], found


def _own(
    conn: sa.Connection, execution: str, scope: Scope, dollars: Dollars
) -> tuple[list[tuple[str, str]], list[Came]]:
    table = ledger_entry.c
    kinds = [EntryKind.OUTCOME.value, EntryKind.VALUE.value]
    query = sa.select(ledger_entry).where(
        table.run_id == execution, table.kind.in_(kinds), scope.clause(table.team, table.intent)
    )
    rows = conn.execute(query.order_by(table.seq).limit(MOST_PARTS)).mappings().all()
    return [(row["team"], row["intent"]) for row in rows], [_line(row, dollars) for row in rows]


def _line(row: Mapping[Any, Any], dollars: Dollars) -> Came:
    is_outcome = row["kind"] == EntryKind.OUTCOME
    amount, currency = row["amount"] or Decimal(0), row["currency"] or ""
    return Came(
        id=row["key"],
        kind=row["kind"],
        accepted=int(row["quantity"]) if is_outcome else 0,
        ended=int(is_outcome),
        amount=amount,
        currency=currency,
        value_nano=dollars.nano(amount, currency) if currency else 0,
    )


def _told(conn: sa.Connection, execution: str, scope: Scope) -> tuple[list[tuple[str, str]], list[Came]]:
    table = usage_outcome.c
    query = sa.select(usage_outcome).where(
        table.execution == execution, scope.clause(table.team, table.workflow), counted()
    )
    rows = conn.execute(query.order_by(table.id).limit(MOST_PARTS)).all()
    found = [
        Came(one.id, "reported", one.accepted, one.ended, one.amount, one.currency, one.value_nano) for one in rows
    ]
    return [(one.team, one.workflow) for one in rows], found


def _dollars(one: StepUse | Came) -> dict[str, Any]:
    data = plain(one)
    for name, shown in (("usd_nano", "cost_usd"), ("value_nano", "value_usd")):
        if name in data:
            nano = data.pop(name)
            data[shown] = None if nano is None else usd_text(nano)
    return data
