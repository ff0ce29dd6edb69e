"""The workspace's own measurements, from what benchmark programs write."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from tiebeam.economics.files import read_json
from tiebeam.errors import Invalid
from tiebeam.spec import ServingPoint

_LARGEST = 1e9


class BrokenBenchmark(Invalid):
    """The file holds no measurement that could be used."""

    code = "broken_benchmark"


def read_benchmark(path: Path, *, gpus: int, tensor_parallel: int) -> list[ServingPoint]:
    """Points from the JSON of `tiebeam bench serve`, GuideLLM, `vllm bench serve` or SGLang's `bench_serving`.

    What the file does not say is given: on how many GPUs it ran. Raises BrokenBenchmark naming what is missing.
    """
    content = read_json(path, BrokenBenchmark)
    if isinstance(content, dict) and isinstance(content.get("benchmarks"), list):
        found = list(_guidellm(content["benchmarks"]))
    elif isinstance(content, dict) and isinstance(content.get("levels"), list):
        found = [_serving(one) for one in content["levels"] if isinstance(one, dict)]
    elif isinstance(content, dict) and "output_throughput" in content:
        found = [_serving(content)]
    else:
        raise BrokenBenchmark(
            f"{str(path)!r} is neither of 'tiebeam bench serve' (with `levels`), nor of GuideLLM (with "
            "`benchmarks`), nor of vLLM (with `output_throughput`)"
        )
    if not found:
        raise BrokenBenchmark(f"{str(path)!r} holds no finished benchmark")
    return [
        ServingPoint(
            name=f"{path.stem}-{place}",
            input_tokens=max(1, round(one["input"])),
            output_tokens=max(1, round(one["output"])),
            concurrency=max(1, round(one["concurrency"])),
            gpus=gpus,
            tensor_parallel=tensor_parallel,
            output_tokens_per_s_per_gpu=Decimal(f"{one['rate'] / gpus:.6g}"),
        )
        for place, one in enumerate(found, start=1)
    ]


def _guidellm(benchmarks: list[Any]) -> Iterator[dict[str, float]]:
    names = {
        "input": "prompt_token_count",
        "output": "output_token_count",
        "concurrency": "request_concurrency",
        "rate": "output_tokens_per_second",
    }
    for place, one in enumerate(benchmarks, start=1):
        metrics = one.get("metrics") if isinstance(one, dict) else None
        if not isinstance(metrics, dict):
            raise BrokenBenchmark(f"benchmark {place} has no `metrics`")
        yield {ours: _mean(metrics, name, place) for ours, name in names.items()}


def _mean(metrics: dict[str, Any], name: str, place: int) -> float:
    found: Any = metrics.get(name)
    for key in ("successful", "mean"):
        found = found.get(key) if isinstance(found, dict) else None
    return _number(found, f"metrics.{name}.successful.mean of benchmark {place}")


def _serving(content: dict[str, Any]) -> dict[str, float]:
    completed = _number(content.get("completed"), "`completed`")
    concurrency = content.get("max_concurrency")
    if concurrency is None:
        raise BrokenBenchmark("`max_concurrency` is missing: measure with --max-concurrency, so that the load is known")
    return {
        "input": _number(content.get("total_input_tokens"), "`total_input_tokens`") / completed,
        "output": _number(content.get("total_output_tokens"), "`total_output_tokens`") / completed,
        "concurrency": _number(concurrency, "`max_concurrency`"),
        "rate": _number(content.get("output_throughput"), "`output_throughput`"),
    }


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise BrokenBenchmark(f"{name} is {value!r}; it must be a number")
    number = float(value)
    if not math.isfinite(number) or not 0 < number <= _LARGEST:
        raise BrokenBenchmark(f"{name} is {value}; it must be above 0 and finite")
    return number
