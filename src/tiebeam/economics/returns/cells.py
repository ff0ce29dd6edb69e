"""What came of work, by team and workflow: of our own runs from the ledger, of others' agents as reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.entries import COSTS, EXACT_DIGITS, EntryKind
from tiebeam.economics.prices import MissingRate, Prices
from tiebeam.economics.returns.tables import usage_outcome
from tiebeam.economics.tables import ledger_daily
from tiebeam.economics.totals import Scope, Span
from tiebeam.kit import nano_usd

Place = tuple[str, str]
"""(team, workflow)."""
_LABOUR = COSTS - {EntryKind.TOKENS}


@dataclass(slots=True)
class Cell:
    """What one team's workflow came to; money in nano-dollars, labour without tokens."""

    accepted: int = 0
    ended: int = 0
    value: int = 0
    labour: int = 0

    def add(self, other: Cell) -> None:
        self.accepted += other.accepted
        self.ended += other.ended
        self.value += other.value
        self.labour += other.labour


@dataclass(slots=True)
class Worth:
    """All cells one may see; `own` came from our runs, `reported` from reports. `missing` names currencies that the
    workspace has no rate for: values and labour in them are left out, and said to be.
    """

    own: dict[Place, Cell] = field(default_factory=dict[Place, Cell])
    reported: dict[Place, Cell] = field(default_factory=dict[Place, Cell])
    missing: set[str] = field(default_factory=set[str])

    def together(self) -> dict[Place, Cell]:
        found: dict[Place, Cell] = {}
        for cells in (self.own, self.reported):
            for place, cell in cells.items():
                found.setdefault(place, Cell()).add(cell)
        return found


class Dollars:
    """Amounts in nano-dollars by the rates of the workspace, each currency's rate looked up once."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._rates: dict[str, Decimal | None] = {"USD": Decimal(1)}

    def nano(self, amount: Decimal, currency: str) -> int | None:
        """None where there is no rate."""
        if currency not in self._rates:
            self._rates[currency] = self._rate(currency)
        rate = self._rates[currency]
        with localcontext(prec=EXACT_DIGITS):
            return None if rate is None else nano_usd(amount / rate)

    def _rate(self, currency: str) -> Decimal | None:
        try:
            return self._prices.rate(currency)
        except MissingRate:
            return None


def read_worth(
    conn: sa.Connection, *, span: Span, scope: Scope, dollars: Dollars, team: str | None, workflow: str | None
) -> Worth:
    """Outcomes, value and labour of the days of `span`, from the rollup and from reports that nothing corrects."""
    worth = Worth()
    for (place, kind, currency), sums in _own_sums(conn, span, scope, team, workflow).items():
        cell = worth.own.setdefault(place, Cell())
        if kind is EntryKind.OUTCOME:
            cell.accepted += int(sums.quantity)
            cell.ended += sums.entries
            continue
        nano = dollars.nano(sums.amount, currency) if currency else 0
        if nano is None:
            worth.missing.add(currency)
        elif kind is EntryKind.VALUE:
            cell.value += nano
        else:
            cell.labour += nano
    worth.reported = _reported(conn, span, scope, team, workflow)
    return worth


def counted() -> sa.ColumnElement[bool]:
    """Of reported outcomes those that no later one stands for."""
    later = usage_outcome.alias("later")
    return ~sa.exists().where(later.c.corrects == usage_outcome.c.id)


@dataclass(slots=True)
class _Sums:
    entries: int = 0
    quantity: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)


def _own_sums(
    conn: sa.Connection, span: Span, scope: Scope, team: str | None, workflow: str | None
) -> dict[tuple[Place, EntryKind, str], _Sums]:
    table = ledger_daily.c
    kinds = [kind.value for kind in (EntryKind.OUTCOME, EntryKind.VALUE, *sorted(_LABOUR))]
    read = [table[name] for name in ("team", "intent", "kind", "currency", "entries", "quantity", "amount")]
    query = sa.select(*read).where(
        *span.clause(table.day), table.kind.in_(kinds), scope.clause(table.team, table.intent)
    )
    return _added(conn.execute(_narrowed(query, table.team, team, table.intent, workflow)).mappings())


def _added(rows: Iterable[Mapping[Any, Any]]) -> dict[tuple[Place, EntryKind, str], _Sums]:
    found: dict[tuple[Place, EntryKind, str], _Sums] = {}
    with localcontext(prec=EXACT_DIGITS):
        for row in rows:
            key = ((row["team"], row["intent"]), EntryKind(row["kind"]), row["currency"])
            sums = found.setdefault(key, _Sums())
            sums.entries += row["entries"]
            sums.quantity += row["quantity"]
            sums.amount += row["amount"]
    return found


def _reported(
    conn: sa.Connection, span: Span, scope: Scope, team: str | None, workflow: str | None
) -> dict[Place, Cell]:
    table = usage_outcome.c
    added = [sa.func.sum(table[name]).label(name) for name in ("accepted", "ended", "value_nano")]
    query = sa.select(table.team, table.workflow, *added).where(
        *span.clause(table.day), scope.clause(table.team, table.workflow), counted()
    )
    query = _narrowed(query, table.team, team, table.workflow, workflow).group_by(table.team, table.workflow)
    return {
        (row.team, row.workflow): Cell(accepted=int(row.accepted), ended=int(row.ended), value=int(row.value_nano))
        for row in conn.execute(query)
    }


def _narrowed(
    query: sa.Select[Any],
    team_column: sa.ColumnElement[str],
    team: str | None,
    workflow_column: sa.ColumnElement[str],
    workflow: str | None,
) -> sa.Select[Any]:
    if team is not None:
        query = query.where(team_column == team)
    return query if workflow is None else query.where(workflow_column == workflow)
