"""Charges of this workspace's own runs as lines of the ledger of runs, in the same commit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import sqlalchemy as sa

from tiebeam.economics.entries import EntryKind, LedgerEntry
from tiebeam.economics.ledger import Economics
from tiebeam.economics.metering.rows import Metered
from tiebeam.economics.metering.writing import read_prices
from tiebeam.economics.prices import MissingRate, Prices
from tiebeam.kit import usd_of_nano
from tiebeam.store import Store, Unit


@dataclass(frozen=True, slots=True)
class RunPlace:
    """Where a run belongs in the ledger."""

    intent: str
    recipe: str
    team: str


RunsOf = Callable[[sa.Connection, Collection[str]], Mapping[str, RunPlace]]
"""Which of these ids are runs, and of what. The room of the runs answers it."""


class Projection:
    """Makes every attempt of a run a TOKENS line with the key `charge:<id>`."""

    def __init__(self, store: Store, prices: Prices, runs_of: RunsOf) -> None:
        self._store = store
        self._economics = Economics(store, prices=prices)
        self._runs_of = runs_of

    def use(self, prices: Prices) -> None:
        """State charges in another workspace's currency, by its rates."""
        self._economics = Economics(self._store, prices=prices)

    def add(self, unit: Unit, charges: Sequence[Metered]) -> None:
        """Add lines for those of the charges that belong to a run and used or cost anything."""
        ours = [one for one in charges if one.attempt.is_run and _says_something(one)]
        if not ours:
            return
        places = self._runs_of(unit.conn, {one.attempt.execution for one in ours})
        prices = read_prices(unit.conn, {one.attempt.price for one in ours})
        entries = [
            self._entry(one, places[one.attempt.execution], prices.get(one.attempt.price))
            for one in ours
            if one.attempt.execution in places
        ]
        if entries:
            self._economics.record(unit, entries)

    def _entry(self, one: Metered, place: RunPlace, price: Mapping[str, object] | None) -> LedgerEntry:
        made, ended = one.attempt, one.settlement
        usd = usd_of_nano(ended.nano)
        try:
            amount, currency = self._economics.prices.in_currency(usd), self._economics.prices.currency
        except MissingRate:
            # Money that was spent is booked in dollars rather than not at all.
            amount, currency = usd, "USD"
        return LedgerEntry(
            kind=EntryKind.TOKENS,
            run_id=made.execution,
            step_id=made.step_id or None,
            intent=place.intent,
            recipe=place.recipe,
            team=place.team,
            person=None,
            model=made.model,
            # Lines count what was used: a correction that lowers it lowers the charge alone.
            quantity=Decimal(max(0, ended.usage.all_input + ended.usage.all_output)),
            usd_nano=ended.nano,
            amount=amount,
            currency=currency,
            at=datetime.fromtimestamp(made.at / 1000, UTC),
            key=f"charge:{made.id}",
            price=price,
        )


def _says_something(one: Metered) -> bool:
    ended = one.settlement
    return bool(ended.nano or ended.usage.all_input or ended.usage.all_output)
