"""How sure we are of the margin: draws of every uncertain figure through the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tiebeam.economics.pricing.case import PricingCase, driver_of
from tiebeam.economics.pricing.model import month
from tiebeam.economics.units import Spread, WrongDraws, drawn
from tiebeam.kit.formulas import Columns, best_columns
from tiebeam.spec import Shape

MOST_DRAWS = 100_000
_SHARES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class PricingDraws:
    """Quantiles of the month. `share_positive` is the share of draws with a margin above nothing."""

    draws: int
    seed: int
    revenue: Spread
    margin: Spread
    headless_share_of_operations: Spread
    share_positive: float


def draw(case: PricingCase, *, seed: int = 1, draws: int = 2000, columns: Columns | None = None) -> PricingDraws:
    """The same seed gives the same answer on every machine and install. Raises WrongDraws."""
    if not 100 <= draws <= MOST_DRAWS:
        raise WrongDraws(f"ask for 100 to {MOST_DRAWS} draws, not {draws}")
    using = columns or best_columns()
    figures = case.figures()
    unsure = [name for name in sorted(figures) if figures[name].shape is not Shape.FIXED]
    known: dict[str, Any] = {name: float(one.value) for name, one in figures.items()}
    for stream, name in enumerate(unsure):
        driver, even = driver_of(name), using.uniform(seed, stream, 0, draws)
        values = drawn(figures[name], even, columns=using)
        known[name] = using.min(using.max(values, float(driver.least)), float(driver.most))
    found = month(case.record, known, arithmetic=using)
    filled = {name: using.filled(found[name], draws) for name in ("revenue", "margin", "headless_share_of_operations")}
    positive = sum(1 for value in filled["margin"] if value > 0)
    spreads = {name: Spread(*using.quantiles([values], _SHARES, draws)) for name, values in filled.items()}
    return PricingDraws(draws=draws, seed=seed, share_positive=positive / draws, **spreads)
