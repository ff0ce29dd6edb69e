"""Pricing models as people ask for them: by name, with figures as text, and all of them at a glance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tiebeam.economics.prices import Prices
from tiebeam.economics.pricing.answer import short
from tiebeam.economics.pricing.case import PricingCase, UnknownPricing, pricing_case
from tiebeam.economics.pricing.warning import PricingWarning, warnings_of
from tiebeam.economics.units import read_changes, read_pairs
from tiebeam.errors import TiebeamError
from tiebeam.kit import plain
from tiebeam.spec import PricingModel

_SHOWN = ("revenue", "cost", "margin", "headless_share_of_operations", "headless_share_of_revenue")


@dataclass(frozen=True, slots=True)
class PricingRow:
    """One model at a glance: `month`, or the problem that stands in its way."""

    model: str
    title: str
    owner: str
    month: Mapping[str, Decimal] | None
    warnings: tuple[PricingWarning, ...]
    problem: TiebeamError | None

    def form(self) -> dict[str, Any]:
        """`month` and `problem`: one of them is null."""
        month = None if self.month is None else {name: plain(short(self.month[name])) for name in _SHOWN}
        problem = None if self.problem is None else {"code": self.problem.code, "message": self.problem.message}
        return {
            "model": self.model,
            "title": self.title,
            "owner": self.owner,
            "month": month,
            "warnings": plain(self.warnings),
            "problem": problem,
        }


def pricing_rows(
    records: Mapping[str, PricingModel], prices: Prices, *, at: datetime | None = None
) -> tuple[PricingRow, ...]:
    """Every model by id; one without a price of its tokens says so instead of its figures."""
    return tuple(_row(record, prices, at) for record in records.values())


def _row(record: PricingModel, prices: Prices, at: datetime | None) -> PricingRow:
    try:
        case = pricing_case(record, prices, at=at)
    except TiebeamError as problem:
        return PricingRow(record.id, record.title, record.owner, None, (), problem)
    found = case.exactly()
    return PricingRow(record.id, record.title, record.owner, found, warnings_of(case, found), None)


def find_pricing(
    records: Mapping[str, PricingModel], name: str, *, sees: Callable[[str], bool] = lambda _name: True
) -> PricingModel:
    """Raises UnknownPricing with the names that may be seen, the same for one that may not."""
    found = records.get(name)
    if found is None or not sees(name):
        known = ", ".join(one for one in sorted(records) if sees(one)) or "there is none; declare one below pricing/"
        raise UnknownPricing(f"no pricing model is called {name!r}; {known}", name=name)
    return found


def read_pricing_changes(case: PricingCase, said: Iterable[str], *, headless_share: str | None = None) -> PricingCase:
    """The case with figures written NAME=VALUE, then with another headless share. Raises WrongFigure, NothingSeated."""
    found = case.having(read_changes(read_pairs(said)))
    if headless_share is None or not headless_share.strip():
        return found
    return found.at_share(read_changes({"headless_share": headless_share})["headless_share"])
