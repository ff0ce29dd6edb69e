"""Fit the constants of the hosting roofline to measured serving points, and say how well they hold on points left out.

    python tools/fit_throughput.py                prints the constants and the errors on left-out points
    python tools/fit_throughput.py --write        also writes the constants to the product

The points are the library's published measurements. Each constant starts from what its meaning suggests and is pulled
back to it (PRIORS: value, and how many e-folds it may plausibly be off); the loss counts large errors linearly, so that
odd points do not bend the rest. Needs nothing but the product.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tiebeam.economics.hosting.calibration import BACKENDS, Calibration
from tiebeam.economics.hosting.measured import Known, correct, known, solve
from tiebeam.economics.hosting.roofline import Deployment, pace
from tiebeam.economics.hosting.shape import shape_of
from tiebeam.graph import Graph, load

OUTPUT = Path(__file__).parents[1] / "src/tiebeam/economics/hosting/calibrated.py"

PRIORS: dict[str, tuple[float, float]] = {
    "weight_read": (0.7, 0.3),
    "expert_read": (0.8, 0.5),
    "cache_read": (0.7, 0.4),
    "decode_compute.fp8": (0.4, 0.5),
    "decode_compute.fp4": (0.3, 0.5),
    "prefill_compute.fp8": (0.4, 0.4),
    "prefill_compute.fp4": (0.3, 0.4),
    "layer_s.vllm": (30e-6, 0.7),
    "layer_s.trtllm": (20e-6, 0.7),
    "layer_s.sglang": (30e-6, 0.7),
    "expert_layer_s": (20e-6, 0.7),
    "exchange_s": (10e-6, 0.7),
    "link": (0.3, 0.7),
    "request_s.vllm": (5e-6, 1.0),
    "request_s.trtllm": (5e-6, 1.0),
    "request_s.sglang": (5e-6, 1.0),
    "prompt.vllm": (1.0, 0.4),
    "prompt.trtllm": (1.0, 0.4),
    "prompt.sglang": (1.0, 0.4),
    "fp4_compute": (0.6, 0.4),
}
_TYPICAL = 0.2
"""Errors up to about this size (in logarithms) count squared, larger ones linearly."""


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    model: str
    system: str
    of: Deployment
    measured: float

    @property
    def group(self) -> tuple[str, str, str]:
        return self.model, self.system, self.of.backend


def rows(graph: Graph) -> list[Row]:
    """Every published point of the library."""
    found: list[Row] = []
    for record in graph.measurements.values():
        shape = shape_of(graph.architectures[record.architecture])
        for point in record.point:
            of = Deployment(
                shape=shape,
                accelerator=graph.accelerators[record.accelerator],
                precision=record.precision,
                backend=record.backend,
                gpus=point.gpus,
                tensor_parallel=point.tensor_parallel,
                attention_parallel=point.attention_parallel,
                input_tokens=point.input_tokens,
                output_tokens=point.output_tokens,
                concurrency=point.concurrency,
            )
            measured = float(point.output_tokens_per_s_per_gpu)
            found.append(Row(point.name, record.architecture, record.accelerator, of, measured))
    return found


def calibration(values: Sequence[float]) -> Calibration:
    """From logarithms, in the order of PRIORS."""
    plain = {name: math.exp(value) for name, value in zip(PRIORS, values, strict=True)}
    return Calibration(
        weight_read=plain["weight_read"],
        expert_read=plain["expert_read"],
        cache_read=plain["cache_read"],
        decode_compute={family: plain[f"decode_compute.{family}"] for family in ("fp8", "fp4")},
        prefill_compute={family: plain[f"prefill_compute.{family}"] for family in ("fp8", "fp4")},
        layer_s={backend: plain[f"layer_s.{backend}"] for backend in BACKENDS},
        expert_layer_s=plain["expert_layer_s"],
        exchange_s=plain["exchange_s"],
        link=plain["link"],
        request_s={backend: plain[f"request_s.{backend}"] for backend in BACKENDS},
        prompt={backend: plain[f"prompt.{backend}"] for backend in BACKENDS},
        fp4_compute=plain["fp4_compute"],
    )


def start() -> list[float]:
    return [math.log(value) for value, _ in PRIORS.values()]


def fit(data: Sequence[Row], *, steps: int = 25) -> list[float]:
    """The logarithms of the constants that fit best (Levenberg-Marquardt)."""
    values = start()
    residuals = _residuals(values, data)
    damping = 1e-2
    for _ in range(steps):
        slopes = [_slope(values, place, data, residuals) for place in range(len(values))]
        normal = [[sum(a * b for a, b in zip(one, other, strict=True)) for other in slopes] for one in slopes]
        down = [-sum(a * b for a, b in zip(one, residuals, strict=True)) for one in slopes]
        for _ in range(8):
            damped = [[v * (1 + damping) if i == j else v for j, v in enumerate(row)] for i, row in enumerate(normal)]
            tried = [value + step for value, step in zip(values, solve(damped, down), strict=True)]
            new = _residuals(tried, data)
            if sum(r * r for r in new) < sum(r * r for r in residuals):
                break
            damping *= 5
        else:
            return values
        gain = sum(r * r for r in residuals) - sum(r * r for r in new)
        values, residuals, damping = tried, new, damping / 5
        if gain < 1e-4:
            break
    return values


def _residuals(values: Sequence[float], data: Sequence[Row]) -> list[float]:
    by = calibration(values)
    found: list[float] = []
    for row in data:
        off = math.log(pace(row.of, by).output_tokens_per_s_per_gpu / row.measured) / _TYPICAL
        found.append(math.copysign(math.sqrt(2 * (math.sqrt(1 + off * off) - 1)), off))
    pulls = zip(values, PRIORS.values(), strict=True)
    return found + [(value - math.log(prior)) / width for value, (prior, width) in pulls]


def _slope(values: Sequence[float], place: int, data: Sequence[Row], residuals: Sequence[float]) -> list[float]:
    moved = list(values)
    moved[place] += 1e-4
    return [(new - old) / 1e-4 for new, old in zip(_residuals(moved, data), residuals, strict=True)]


@dataclass(frozen=True, slots=True)
class Errors:
    """Signed logarithms of measured over estimated, for points that were left out."""

    roofline: list[float]
    best: list[float]
    z: list[float]
    """The best method's, over the uncertainty it stated."""


def left_out(data: Sequence[Row], folds: Sequence[Sequence[Row]]) -> Errors:
    """Fit without each fold in turn, estimate it. The best method uses measured points where the group has any left."""
    errors = Errors([], [], [])
    for fold in folds:
        away = {row.name for row in fold}
        by = calibration(fit([row for row in data if row.name not in away]))
        near: dict[tuple[str, str, str], list[Known]] = defaultdict(list)
        for row in data:
            if row.name not in away:
                near[row.group].append(known(row.name, row.of, by, measured=row.measured))
        for row in fold:
            off = math.log(row.measured / pace(row.of, by).output_tokens_per_s_per_gpu)
            errors.roofline.append(off)
            if near[row.group]:
                found = correct(row.of, near[row.group])
                errors.best.append(off - found.log_factor)
                errors.z.append((off - found.log_factor) / found.log_sd)
            else:
                errors.best.append(off)
    return errors


def thirds(data: Sequence[Row], *, seed: int) -> list[list[Row]]:
    shuffled = list(data)
    random.Random(seed).shuffle(shuffled)
    return [shuffled[start::3] for start in range(3)]


def by_model_and_system(data: Sequence[Row]) -> list[list[Row]]:
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in data:
        groups[row.model, row.system].append(row)
    return list(groups.values())


def median_error(offs: Sequence[float]) -> float:
    """The median of |estimated / measured - 1|."""
    return statistics.median(abs(math.exp(-off) - 1) for off in offs)


def _report(say: Callable[[str], None], data: Sequence[Row], *, seeds: int) -> None:
    roofline: list[float] = []
    best: list[float] = []
    offs: list[float] = []
    z: list[float] = []
    for seed in range(seeds):
        for fold in thirds(data, seed=seed):
            errors = left_out(data, [fold])
            roofline.append(median_error(errors.roofline))
            best.append(median_error(errors.best))
            offs += errors.roofline
            z += errors.z
    for name, figures in (("roofline", roofline), ("measured", best)):
        spread = f"{min(figures):.3f} to {max(figures):.3f} over {len(figures)} thirds"
        say(f"random thirds, {name}: median error {statistics.mean(figures):.3f} ({spread})")
    say(f"random thirds, roofline: 80% within exp({_quantiles(offs)})")
    say(f"random thirds, measured: 80% within {_quantiles(z)} times the stated uncertainty")
    errors = left_out(data, by_model_and_system(data))
    say(f"a model and system left out, roofline: median error {median_error(errors.roofline):.3f}")
    say(f"a model and system left out, roofline: 80% within exp({_quantiles(errors.roofline)})")


def _quantiles(values: Sequence[float]) -> str:
    tenths = statistics.quantiles(values, n=10)
    return f"{tenths[0]:+.2f}, {tenths[8]:+.2f}"


def module(values: Sequence[float]) -> str:
    """The product's module with the constants."""
    plain = {name: f"{math.exp(value):.4g}" for name, value in zip(PRIORS, values, strict=True)}
    head = [
        '"""The constants of the roofline, as tools/fit_throughput.py fitted them to the library\'s measurements."""',
        "",
        "from __future__ import annotations",
        "",
        "from tiebeam.economics.hosting.calibration import Calibration",
        "",
        "CALIBRATED = Calibration(",
    ]
    parts: dict[str, dict[str, str]] = defaultdict(dict)
    for name, value in plain.items():
        field, _, key = name.partition(".")
        parts[field][key] = value
    for field, found in parts.items():
        whole = found.get("") or "{" + ", ".join(f'"{key}": {value}' for key, value in found.items()) + "}"
        head.append(f"    {field}={whole},")
    return "\n".join([*head, ")", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the constants to the product")
    parser.add_argument("--seeds", type=int, default=4, help="how often to divide the points into thirds")
    given = parser.parse_args()
    data = rows(load(None))
    values = fit(data)
    by = calibration(values)
    offs = [math.log(row.measured / pace(row.of, by).output_tokens_per_s_per_gpu) for row in data]
    print(module(values))
    print(f"{len(data)} points; fitted on all: median error {median_error(offs):.3f}")
    _report(print, data, seeds=given.seeds)
    if given.write:
        OUTPUT.write_text(module(values), encoding="utf-8")


if __name__ == "__main__":
    main()
