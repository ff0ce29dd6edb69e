"""How many outcomes a second are drawn and worked out through the whole model of unit economics, quantiles included.

Ours: `simulate`, with NumPy and without. Beside it in the same run, over the same figures and formulas: plain Python,
one draw after the other with `random` and a written-out function; and a spreadsheet's way, cells in a dictionary
recalculated one by one, each a compiled formula. Then a whole library of workflows with every model and hosting.

    python -m benchmarks.monte_carlo [--draws 1000000] [--repeat 5] [--workflows 80] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tiebeam.economics import Prices
from tiebeam.economics.portfolio import Candidate, Origin, work_out_portfolio
from tiebeam.economics.units import LINES, TokenPrices, UnitCase, simulate
from tiebeam.graph import load
from tiebeam.kit import FixedClock
from tiebeam.kit.formulas import PlainColumns
from tiebeam.spec import UnitEconomics

_FIGURES: dict[str, Any] = {
    "units_per_month": ("700", "1000", "1400"),
    "acceptance_rate": ("0.8", "0.92", "0.98"),
    "attempts_per_unit": ("1", "1.2", "1.8"),
    "input_tokens_per_unit": ("4000", "8000", "20000"),
    "output_tokens_per_unit": ("400", "800", "2000"),
    "exception_rate": ("0.1", "0.22", "0.3"),
    "review_minutes_per_exception": ("4", "8", "15"),
    "review_cost_per_hour": "37.30",
    "integration_cost": ("8000", "12000", "20000"),
    "training_cost": ("2000", "3000", "5000"),
    "quality_gate_hours_per_month": ("1", "2", "4"),
    "quality_gate_cost_per_hour": "37.30",
    "baseline_minutes_per_unit": ("10", "15", "20"),
}
_MODELS = (("openai", "gpt-4.1-mini"), ("anthropic", "claude-haiku-4-5"), ("openai", "gpt-4.1"))
_PRICES = TokenPrices(Decimal(3), Decimal(15), Decimal("0.3"), "stated by the benchmark")
_PLAIN_SHARE, _SLOW_SHARE = 20, 100
"""So many times fewer draws for those that are slower: their pace does not depend on the number."""
_NOW = datetime(2026, 11, 21, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seen:
    """Medians over the repetitions."""

    name: str
    draws: int
    per_second: float
    cpu_ns_each: float


def stated(size: int = 1, *, provider: str = "openai", model: str = "gpt-4.1-mini") -> UnitEconomics:
    """Ten uncertain figures, a typical recipe; `size` scales the volume."""
    found: dict[str, Any] = {}
    for name, value in _FIGURES.items():
        if isinstance(value, tuple):
            scale = size if name in {"units_per_month", "input_tokens_per_unit"} else 1
            low, middle, high = (str(Decimal(one) * scale) for one in value)
            found[name] = {"value": middle, "low": low, "high": high}
        else:
            found[name] = value
    worth = "baseline_minutes_per_unit / 60 * review_cost_per_hour"
    line = {"vector": "financial-ops", "title": "Labour", "formula": worth, "baseline": "Counted."}
    return UnitEconomics.model_validate(
        {
            "assumptions": found,
            "value": [line],
            "provider": provider,
            "model": model,
            "source": "The benchmark.",
            "checked": "2026-11-21",
        }
    )


def timed(name: str, draws: int, work: Callable[[int], object], *, repeat: int) -> Seen:
    cpus: list[float] = []
    work(min(draws, 1000))
    for _ in range(repeat):
        started = time.process_time()
        work(draws)
        cpus.append(time.process_time() - started)
    # By CPU time: one core's pace, whatever else the machine does.
    return Seen(name, draws, draws / statistics.median(cpus), statistics.median(cpus) / draws * 1e9)


class Sheet:
    """Cells by name, recalculated in order, as a spreadsheet's column of formulas is."""

    def __init__(self, case: UnitCase) -> None:
        self._fixed = {name: float(one.value) for name, one in case.figures().items()}
        self._drawn = _ranges(case)
        formulas = [("value_per_accepted", case.stated.value[0].formula)]
        formulas += [(line.name, line.formula) for line in LINES]
        self._cells = [(name, compile(text, name, "eval")) for name, text in formulas]

    def run(self, draws: int) -> list[float]:
        chance = random.Random(1)
        names = {"min": min, "max": max, "ceil": lambda value: float(-(-value // 1)), "if_positive": _if_positive}
        costs: list[float] = []
        for _ in range(draws):
            cells: dict[str, Any] = {**names, **self._fixed}
            for name, (low, middle, high) in self._drawn:
                cells[name] = chance.triangular(low, high, middle)
            for name, formula in self._cells:
                cells[name] = eval(formula, {"__builtins__": {}}, cells)
            costs.append(cells["cost_per_accepted"])
        return statistics.quantiles(costs, n=10)


def _if_positive(test: float, then: float, otherwise: float) -> float:
    return then if test > 0 else otherwise


def _ranges(case: UnitCase) -> list[tuple[str, tuple[float, float, float]]]:
    return [
        (name, (float(one.low), float(one.value), float(one.high)))
        for name, one in case.figures().items()
        if one.low is not None and one.high is not None
    ]


def by_hand(case: UnitCase) -> Callable[[int], list[float]]:
    """The same model as somebody would write it in plain Python, without steps and caps, which this case has not."""
    fixed = {name: float(one.value) for name, one in case.figures().items()}
    ranges = dict(_ranges(case))

    def run(draws: int) -> list[float]:
        chance = random.Random(1)
        costs = [_outcome(fixed, dict(_drawn(chance, ranges))) for _ in range(draws)]
        return statistics.quantiles(costs, n=10)

    return run


def _drawn(chance: random.Random, ranges: dict[str, tuple[float, float, float]]) -> Iterator[tuple[str, float]]:
    for name, (low, middle, high) in ranges.items():
        yield name, chance.triangular(low, high, middle)


def _outcome(fixed: dict[str, float], one: dict[str, float]) -> float:
    units = one["units_per_month"]
    accepted = units * one["acceptance_rate"]
    into = one["input_tokens_per_unit"] * fixed["input_price_per_mtok"]
    out = one["output_tokens_per_unit"] * fixed["output_price_per_mtok"]
    tokens = units * one["attempts_per_unit"] * (into + out) / 1e6
    hours = units * one["exception_rate"] * one["review_minutes_per_exception"] / 60
    once = (one["integration_cost"] + one["training_cost"]) / fixed["amortisation_months"]
    gates = one["quality_gate_hours_per_month"] * fixed["quality_gate_cost_per_hour"]
    month = tokens + hours * fixed["review_cost_per_hour"] + once + gates
    worth = one["baseline_minutes_per_unit"] / 60 * fixed["review_cost_per_hour"]
    margin = worth - month / accepted
    rate = fixed["discount_rate_per_year"] / 12
    value = (margin * accepted + once) * (1 - (1 + rate) ** -fixed["horizon_months"]) / rate
    return month / accepted if value > -1e18 else 0.0


def library(workflows: int, *, repeat: int) -> dict[str, float]:
    """Every workflow with every able model and hosting, at 2,000 draws."""
    graph = load(None)
    prices = Prices({}, FixedClock(_NOW), rates={"USD": Decimal("0.9")}, listed=graph.models)
    candidates = [
        Candidate(f"bench.workflow-{number}", f"Workflow {number}", Origin.ADOPTED, _one_of_many(number))
        for number in range(workflows)
    ]
    walls: list[float] = []
    cpus: list[float] = []
    places = 0
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        places = work_out_portfolio(graph, prices, candidates, at=_NOW).places
        cpus.append(time.process_time() - cpu)
        walls.append(time.perf_counter() - wall)
    seconds, cpu_seconds = statistics.median(walls), statistics.median(cpus)
    return {"workflows": workflows, "places": places, "seconds": seconds, "cpu_seconds": cpu_seconds}


def _one_of_many(number: int) -> UnitEconomics:
    provider, model = _MODELS[number % len(_MODELS)]
    return stated(1 + number % 7, provider=provider, model=model)


def measure(draws: int, *, repeat: int) -> list[Seen]:
    case = UnitCase("bench", "EUR", stated(), _PRICES)
    plain = PlainColumns()
    few, fewest = max(100, draws // _PLAIN_SHARE), max(100, draws // _SLOW_SHARE)
    return [
        timed("Tiebeam, NumPy", draws, lambda count: simulate(case, draws=count), repeat=repeat),
        timed("Tiebeam, without NumPy", few, lambda count: simulate(case, draws=count, columns=plain), repeat=repeat),
        timed("plain Python, one quantile set", few, by_hand(case), repeat=repeat),
        timed("cell by cell", fewest, Sheet(case).run, repeat=repeat),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--workflows", type=int, default=80)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    seen = measure(asked.draws, repeat=asked.repeat)
    whole = library(asked.workflows, repeat=asked.repeat)
    ours = seen[0]
    print(f"{'':34}{'draws':>11}{'outcomes/CPU-s':>16}{'CPU-ns each':>13}{'of ours':>10}")
    for one in seen:
        share = one.per_second / ours.per_second
        print(f"{one.name:34}{one.draws:>11,}{one.per_second:>16,.0f}{one.cpu_ns_each:>13,.0f}{share:>10.4f}")
    print(
        f"{whole['workflows']} workflows, {whole['places']:,} places, 2,000 draws: "
        f"{whole['seconds']:.2f} s, {whole['cpu_seconds']:.2f} s of CPU"
    )
    if asked.json:
        told = {"paces": [asdict(one) for one in seen], "library": whole}
        asked.json.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
