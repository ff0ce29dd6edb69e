"""How sure a comparison is: draws of every uncertain figure through all months, and what moves the difference most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tiebeam.economics.ownership.case import StudyCase
from tiebeam.economics.units import DRAWS, Bar, Spread, WrongDraws, drawn, ends
from tiebeam.kit.formulas import Columns, best_columns
from tiebeam.spec import STUDY_DRIVERS, Assumption, Shape, Side

MOST_DRAWS = 100_000
SHARES = (0.1, 0.5, 0.9)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Present values over the horizon, and how often each side is the cheapest."""

    draws: int
    seed: int
    values: Mapping[Side, Spread]
    savings: Mapping[Side, Spread]
    """Against the reference; above zero the side is cheaper."""
    cheapest: Mapping[Side, float]


def simulate(
    case: StudyCase, *, against: Side, seed: int = 1, draws: int = DRAWS, columns: Columns | None = None
) -> Uncertainty:
    """The same seed gives the same answer on every machine and install. Raises WrongDraws."""
    if not 100 <= draws <= MOST_DRAWS:
        raise WrongDraws(f"ask for 100 to {MOST_DRAWS} draws, not {draws}")
    with_columns = columns or best_columns()
    figures: dict[str, Any] = {name: float(value) for name, value in case.central().items()}
    for stream, (name, assumption) in enumerate(case.uncertain().items()):
        even = with_columns.uniform(seed, stream, 0, draws)
        figures[name] = _bounded(name, drawn(assumption, even, columns=with_columns), assumption, with_columns)
    values = {
        side: with_columns.filled(value, draws)
        for side, value in case.present(figures, arithmetic=with_columns).items()
    }
    others = [side for side in case.sides if side is not against]
    savings = {side: with_columns.column(values[against]) - with_columns.column(values[side]) for side in others}
    return Uncertainty(
        draws=draws,
        seed=seed,
        values={side: Spread(*with_columns.quantiles([one], SHARES, draws)) for side, one in values.items()},
        savings={side: Spread(*with_columns.quantiles([one], SHARES, draws)) for side, one in savings.items()},
        cheapest=_cheapest({side: [float(value) for value in one] for side, one in values.items()}, draws),
    )


def _cheapest(values: Mapping[Side, list[float]], draws: int) -> dict[Side, float]:
    won = dict.fromkeys(values, 0)
    for one in zip(*values.values(), strict=True):
        won[list(values)[one.index(min(one))]] += 1
    return {side: count / draws for side, count in won.items()}


def _bounded(name: str, values: Any, assumption: Assumption, columns: Columns) -> Any:
    if assumption.shape not in {Shape.NORMAL, Shape.LOGNORMAL}:
        return values
    driver = STUDY_DRIVERS[name]
    return columns.min(columns.max(values, float(driver.least)), float(driver.most))


def swings(case: StudyCase, of: Side, against: Side, *, columns: Columns | None = None) -> list[Bar]:
    """What moves the saving of `of` against `against` most, first: it with each figure at its low and its high end.

    Worked out in columns, a figure's two ends side by side, and rounded to cents.
    """
    with_columns = columns or best_columns()
    unsure = case.uncertain()
    bounds = {name: (ends(one)[0], ends(one)[2]) for name, one in unsure.items()}
    if not bounds:
        return []
    count = 2 * len(bounds)
    figures: dict[str, Any] = {name: float(value) for name, value in case.central().items()}
    for place, (name, (low, high)) in enumerate(bounds.items()):
        column = [figures[name]] * count
        column[2 * place], column[2 * place + 1] = float(low), float(high)
        figures[name] = with_columns.column(column)
    values = case.present(figures, arithmetic=with_columns)
    one, other = (with_columns.filled(values[side], count) for side in (of, against))
    saved = [_cents(float(b) - float(a)) for a, b in zip(one, other, strict=True)]
    bars = [
        Bar(name, STUDY_DRIVERS[name].about, low, high, saved[2 * place], saved[2 * place + 1])
        for place, (name, (low, high)) in enumerate(bounds.items())
    ]
    return sorted(bars, key=lambda bar: (-bar.swing, bar.name))


def _cents(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_CENT)
