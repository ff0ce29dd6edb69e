"""Return per token: what model use cost and what came of it, by workflow, team or model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.prices import Prices
from tiebeam.economics.returns.cells import Cell, Dollars, Place, Worth, read_worth
from tiebeam.economics.returns.models import worth_by_model
from tiebeam.economics.totals import ALL_DAYS, EVERYTHING, By, Scope, Span, Total, UseFilters, totals, usd_text
from tiebeam.kit import decimal_text, usd_of_nano

_FINEST = Decimal("1e-12")


class ReturnBy(StrEnum):
    WORKFLOW = "workflow"
    MODEL = "model"
    TEAM = "team"


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """What model use cost under one name, and what came of it. None where a figure cannot be known.

    `outcomes` are accepted ones; cost is all cost, of rejected and failed work too, so `usd_per_outcome` is too.
    """

    key: str
    requests: int
    tokens: int
    cost_nano: int
    outcomes: int
    ended: int
    value_nano: int
    labour_nano: int | None
    """People and other costs of our own runs; None by model, to which they do not belong."""
    usd_per_outcome: Decimal | None = field(init=False)
    usd_per_million_tokens: Decimal | None = field(init=False)
    value_per_token: Decimal | None = field(init=False)
    net_nano: int | None = field(init=False)
    """Value less model use and labour."""

    def __post_init__(self) -> None:
        cost, value = usd_of_nano(self.cost_nano), usd_of_nano(self.value_nano)
        derived = {
            # Outcomes of what the ledger saw no use of: what they cost is not zero, it is not known.
            "usd_per_outcome": cost / self.outcomes if self.outcomes and self.requests else None,
            "usd_per_million_tokens": cost * 1_000_000 / self.tokens if self.tokens else None,
            "value_per_token": value / self.tokens if self.tokens else None,
            "net_nano": None if self.labour_nano is None else self.value_nano - self.cost_nano - self.labour_nano,
        }
        for name, figure in derived.items():
            object.__setattr__(self, name, figure)

    def form(self) -> dict[str, Any]:
        """As `--json` and the API give it; sums exact, quotients to twelve places."""
        return {
            "key": self.key,
            "requests": self.requests,
            "tokens": self.tokens,
            "cost_usd": usd_text(self.cost_nano),
            "value_usd": usd_text(self.value_nano),
            "outcomes": self.outcomes,
            "ended": self.ended,
            "usd_per_outcome": _quotient(self.usd_per_outcome),
            "usd_per_million_tokens": _quotient(self.usd_per_million_tokens),
            "value_per_token": _quotient(self.value_per_token),
            "labour_usd": None if self.labour_nano is None else usd_text(self.labour_nano),
            "net_usd": None if self.net_nano is None else usd_text(self.net_nano),
        }


@dataclass(frozen=True, slots=True)
class Returns:
    """The dearest first, names without cost by value. `missing` are currencies without a rate, left out of values."""

    rows: tuple[Return, ...]
    missing: tuple[str, ...]


def returns(
    conn: sa.Connection,
    *,
    by: ReturnBy,
    prices: Prices,
    span: Span = ALL_DAYS,
    team: str | None = None,
    workflow: str | None = None,
    scope: Scope = EVERYTHING,
) -> Returns:
    """Cost of the charges and value of the outcomes of these days. Raises Invalid on more than can be followed."""
    dollars = Dollars(prices)
    worth = read_worth(conn, span=span, scope=scope, dollars=dollars, team=team, workflow=workflow)
    cells = _cells(conn, worth, by=by, span=span, scope=scope, dollars=dollars, team=team, workflow=workflow)
    filters = UseFilters(team=team, workflow=workflow)
    used = {one.key: one for one in totals(conn, by=By(by.value), span=span, filters=filters, scope=scope)}
    rows = [_return(key, used.get(key), cells.get(key), by) for key in {**used, **cells}]
    rows.sort(key=lambda one: (-one.cost_nano, -one.value_nano, one.key))
    return Returns(tuple(rows), tuple(sorted(worth.missing)))


def _cells(
    conn: sa.Connection,
    worth: Worth,
    *,
    by: ReturnBy,
    span: Span,
    scope: Scope,
    dollars: Dollars,
    team: str | None,
    workflow: str | None,
) -> Mapping[str, Cell]:
    if by is ReturnBy.MODEL:
        return worth_by_model(conn, worth, span=span, scope=scope, dollars=dollars, team=team, workflow=workflow)
    found: dict[str, Cell] = {}
    for place, cell in worth.together().items():
        found.setdefault(_name(place, by), Cell()).add(cell)
    return found


def _name(place: Place, by: ReturnBy) -> str:
    return place[0] if by is ReturnBy.TEAM else place[1]


def _return(key: str, used: Total | None, cell: Cell | None, by: ReturnBy) -> Return:
    cell = cell or Cell()
    return Return(
        key=key,
        requests=0 if used is None else used.requests,
        tokens=0 if used is None else used.tokens,
        cost_nano=0 if used is None else used.usd_nano,
        outcomes=cell.accepted,
        ended=cell.ended,
        value_nano=cell.value,
        labour_nano=None if by is ReturnBy.MODEL else cell.labour,
    )


def _quotient(figure: Decimal | None) -> str | None:
    if figure is None:
        return None
    text = decimal_text(figure.quantize(_FINEST))
    return text.rstrip("0").rstrip(".")
