"""How sure we are: draws of every uncertain figure through the model, quantiles of the results, and what moves them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tiebeam.economics.units.case import UnitCase, driver_of
from tiebeam.economics.units.draws import drawn, ends
from tiebeam.economics.units.model import LINES, PARTS
from tiebeam.errors import Invalid
from tiebeam.kit.formulas import Columns, Exact, best_columns
from tiebeam.spec import Assumption, Shape

DRAWS = 2000
MOST_DRAWS = 10_000_000
SHARES = (0.1, 0.5, 0.9)
_CHUNK = 8192
"""So many draws at once stay in a core's cache."""
WATCHED = ("cost_per_accepted", "margin_per_accepted", "cost_per_month", "margin_per_month", "net_present_value")
_LINE_NAMES = frozenset(line.name for line in LINES)


class WrongDraws(Invalid):
    """A number of draws that answers nothing, or never ends."""

    code = "wrong_draws"


@dataclass(frozen=True, slots=True)
class Spread:
    """Quantiles of one result: 10 %, 50 % and 90 %."""

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Simulation:
    """`share_positive` is the share of draws in which an accepted outcome earns more than it costs."""

    draws: int
    seed: int
    spreads: Mapping[str, Spread]
    parts: Mapping[str, Spread]
    """Cost of an accepted outcome by part."""
    share_positive: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the tornado: the result with this figure at its low and its high end, all others most likely."""

    name: str
    about: str
    low: Decimal
    high: Decimal
    at_low: Decimal
    at_high: Decimal
    at_value: Decimal | None = None
    """At the most likely value, where it need not lie between the others, as with costs in steps."""

    @property
    def swing(self) -> Decimal:
        found = [one for one in (self.at_low, self.at_value, self.at_high) if one is not None]
        return max(found) - min(found)


def uncertain(case: UnitCase) -> dict[str, Assumption]:
    """The figures that are drawn, in an order that does not depend on how a file lists them."""
    figures = case.figures()
    return {name: figures[name] for name in sorted(figures) if figures[name].shape is not Shape.FIXED}


def simulate(case: UnitCase, *, seed: int = 1, draws: int = DRAWS, columns: Columns | None = None) -> Simulation:
    """Draw and work out. The same seed gives the same answer on every machine and install. Raises WrongDraws."""
    check_draws(draws)
    with_columns = columns or best_columns()
    kept: dict[str, list[Any]] = {name: [] for name in (*WATCHED, *(line.name for line in PARTS))}
    positive = 0
    for results, count in draw_months(case, seed=seed, draws=draws, columns=with_columns):
        for name in WATCHED:
            kept[name].append(with_columns.filled(results[name], count))
        for line in PARTS:
            kept[line.name].append(with_columns.filled(results[line.name] / results["accepted"], count))
        positive += int(sum(_positives(kept["margin_per_accepted"][-1])))
    spreads = {name: Spread(*with_columns.quantiles(chunks, SHARES, draws)) for name, chunks in kept.items()}
    return Simulation(
        draws=draws,
        seed=seed,
        spreads={name: spreads[name] for name in WATCHED},
        parts={line.name: spreads[line.name] for line in PARTS},
        share_positive=positive / draws,
    )


def check_draws(draws: int) -> None:
    """Raises WrongDraws."""
    if not 100 <= draws <= MOST_DRAWS:
        raise WrongDraws(f"ask for 100 to {MOST_DRAWS} draws, not {draws}")


def month_spreads(
    case: UnitCase, sums: Mapping[str, Sequence[str]], *, seed: int = 1, draws: int = DRAWS
) -> dict[str, Spread]:
    """Quantiles of sums of the model's lines over a whole month; the draws are those of `simulate`."""
    columns = best_columns()
    kept: dict[str, list[Any]] = {name: [] for name in sums}
    for results, count in draw_months(case, seed=seed, draws=draws, columns=columns):
        for name, lines in sums.items():
            whole = results[lines[0]]
            for line in lines[1:]:
                whole = whole + results[line]
            kept[name].append(columns.filled(whole, count))
    return {name: Spread(*columns.quantiles(chunks, SHARES, draws)) for name, chunks in kept.items()}


def _positives(values: Any) -> Any:
    # An array compares place by place and counts itself; a list does neither.
    return [value > 0 for value in values] if isinstance(values, list) else [(values > 0).sum()]


def draw_months(case: UnitCase, *, seed: int, draws: int, columns: Columns) -> Iterator[tuple[dict[str, Any], int]]:
    """Every line of the model over chunks of draws, with the number of draws of each chunk."""
    figures = case.figures()
    unsure = uncertain(case)
    fixed = {name: float(one.value) for name, one in figures.items() if name not in unsure}
    for start in range(0, draws, _CHUNK):
        count = min(_CHUNK, draws - start)
        now: dict[str, Any] = dict(fixed)
        for stream, (name, assumption) in enumerate(unsure.items()):
            even = columns.uniform(seed, stream, start, count)
            now[name] = _bounded(name, drawn(assumption, even, columns=columns), assumption, columns)
        yield case.work_out(now, arithmetic=columns), count


def _bounded(name: str, values: Any, assumption: Assumption, columns: Columns) -> Any:
    if assumption.shape not in {Shape.NORMAL, Shape.LOGNORMAL}:
        return values
    driver = driver_of(name)
    return columns.min(columns.max(values, float(driver.least)), float(driver.most))


def tornado(case: UnitCase, *, result: str = "cost_per_accepted") -> list[Bar]:
    """What moves the result most, first. Raises WrongDraws for a result that is no line of the model."""
    if result not in _LINE_NAMES:
        raise WrongDraws(f"there is no result {result!r}; ask for one of {', '.join(sorted(_LINE_NAMES))}")
    central = {name: one.value for name, one in case.figures().items()}
    middle = case.work_out(central, arithmetic=Exact())[result]
    bars: list[Bar] = []
    for name, assumption in uncertain(case).items():
        low, _, high = ends(assumption)
        found = [case.work_out({**central, name: value}, arithmetic=Exact())[result] for value in (low, high)]
        bars.append(Bar(name, driver_of(name).about, low, high, found[0], found[1], middle))
    return sorted(bars, key=_by_swing)


def _by_swing(bar: Bar) -> tuple[Decimal, str]:
    return -bar.swing, bar.name
