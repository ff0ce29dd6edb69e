"""What a provider's export says, added up by day and model, for those who compare it with the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tiebeam.economics.imports.costs import Costed, Costs
from tiebeam.economics.imports.loading import load
from tiebeam.economics.imports.sighting import plain_model
from tiebeam.economics.imports.spool import Spool
from tiebeam.economics.metering import CLASSES, PriceBook
from tiebeam.economics.prices import Prices


@dataclass(slots=True)
class Stated:
    """One provider's day and model. `is_priced` where the export states no cost and the amount is at our prices."""

    provider: str
    day: str
    model: str
    """As names of one model have in common."""
    nano: int = 0
    tokens: list[int] = field(default_factory=lambda: [0] * len(CLASSES))
    is_priced: bool = False


@dataclass(frozen=True, slots=True)
class StatedUse:
    lines: tuple[Stated, ...]
    digests: dict[str, str]
    unpriced: tuple[str, ...]
    """Models whose usage has neither a cost nor a price."""


def read_stated(
    files: tuple[Path, ...], *, prices: Prices, source: str | None = None, day_first: bool | None = None
) -> StatedUse:
    """Read an export, or usage and costs together. Raises BrokenImport and UnknownImport."""
    found: dict[tuple[str, str, str], Stated] = {}
    with Spool() as spool:
        loaded = load(
            list(files),
            spool,
            to_usd=lambda amount, currency: amount / prices.rate(currency),
            source=source,
            day_first=day_first,
        )
        costs = Costs(spool, PriceBook(prices))
        costs.weigh()
        for one in costs.costed():
            _add(found, one)
        lines = tuple(found[key] for key in sorted(found))
        return StatedUse(lines, dict(loaded.digests), tuple(sorted(costs.unpriced)))


def _add(found: dict[tuple[str, str, str], Stated], one: Costed) -> None:
    seen = one.sighting
    key = (seen.provider, seen.day, plain_model(seen.model))
    line = found.setdefault(key, Stated(*key))
    line.nano += one.nano
    line.is_priced = line.is_priced or one.estimated
    for index, name in enumerate(CLASSES):
        line.tokens[index] += getattr(seen.usage, name)
