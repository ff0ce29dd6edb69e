"""Usage and its cost put together: the provider's amount of a day and model spread over what was used then.

A cost that comes with its usage is kept unless the provider's own cost of that day and model was given as well; usage
without any is charged at its price and marked as an estimate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiebeam.economics.imports.sighting import Sighting, SightingKind, plain_model
from tiebeam.economics.imports.spool import Spool
from tiebeam.economics.metering import PriceBook, Rates
from tiebeam.economics.prices import UnknownPricePart

_Key = tuple[str, str, str]
"""Provider, day, model; the model empty where the cost is of the whole day."""


@dataclass(frozen=True, slots=True)
class Costed:
    """A sighting with what it cost. `rates` is the price it was charged at, where that was ours to choose."""

    sighting: Sighting
    nano: int
    estimated: bool
    rates: Rates | None = None


@dataclass(slots=True)
class Unpriced:
    records: int = 0
    tokens: int = 0


@dataclass(slots=True)
class _Group:
    nano: int = 0
    weight: int = 0
    seen: int = 0


@dataclass(slots=True)
class Costs:
    """Call `weigh` once, then read `costed` as often as is needed; both go through the sightings on disk."""

    spool: Spool
    book: PriceBook
    unpriced: dict[str, Unpriced] = field(default_factory=dict[str, Unpriced])
    without_usage: dict[_Key, int] = field(default_factory=dict[_Key, int])
    """Costs that no usage stands for, as fees."""
    _groups: dict[_Key, _Group] = field(default_factory=dict[_Key, _Group])
    _days: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def weigh(self) -> None:
        for one in self.spool.read(SightingKind.COST):
            key = (one.provider, one.day, plain_model(one.model))
            self._groups.setdefault(key, _Group()).nano += one.nano or 0
            self._days.add(key[:2])
        for one in self.spool.read(SightingKind.CALL, SightingKind.BUCKET):
            group = self._group(one)
            if group is not None:
                group.weight += self._weight(one)

    def costed(self) -> Iterator[Costed]:
        """Everything with its cost: calls and buckets, then costs without usage, then fees."""
        for group in self._groups.values():
            group.seen = 0
        self.unpriced = {}
        for one in self.spool.read(SightingKind.CALL, SightingKind.BUCKET):
            found = self._costed(one)
            if found is not None:
                yield found
        for one in self.spool.read(SightingKind.COST):
            if not self._groups[one.provider, one.day, plain_model(one.model)].weight:
                yield Costed(one, one.nano or 0, estimated=False)
        for one in self.spool.read(SightingKind.FEE):
            yield Costed(one, one.nano or 0, estimated=False)

    def _group(self, one: Sighting) -> _Group | None:
        """The provider's own cost of this day and model, or of the day."""
        day = (one.provider, one.day)
        return self._groups.get((*day, plain_model(one.model))) or self._groups.get((*day, ""))

    def _costed(self, one: Sighting) -> Costed | None:
        group = self._group(one)
        if group is not None and group.weight:
            before = group.nano * group.seen // group.weight
            group.seen += self._weight(one)
            return Costed(one, group.nano * group.seen // group.weight - before, estimated=False)
        if one.nano is not None:
            return Costed(one, one.nano, estimated=False)
        if (one.provider, one.day) in self._days:
            # The costs of the day are here, and have nothing for this model: it was not charged.
            return Costed(one, 0, estimated=False)
        rates, nano = self._priced(one)
        if nano is None:
            line = self.unpriced.setdefault(f"{one.provider}/{one.model}", Unpriced())
            line.records += 1
            line.tokens += one.usage.all_input + one.usage.all_output
            return None
        return Costed(one, nano, estimated=True, rates=rates)

    def _priced(self, one: Sighting) -> tuple[Rates | None, int | None]:
        for name in dict.fromkeys((one.model, plain_model(one.model))):
            for service in dict.fromkeys((one.service, "standard")):
                try:
                    rates = self.book.rates(name, provider=one.provider, at=one.at, service=service)
                    if isinstance(rates, Rates):
                        return rates, rates.cost_nano(one.usage)
                except (UnknownPricePart, ValueError):
                    continue
        return None, None

    def _weight(self, one: Sighting) -> int:
        if one.nano:
            return one.nano
        _, nano = self._priced(one)
        return nano or (one.usage.all_input + 4 * one.usage.all_output) or 1


def snapshots(found: Mapping[str, Rates]) -> dict[str, Mapping[str, Any]]:
    return {digest: rates.snapshot for digest, rates in found.items()}
