"""What a model does on GPUs: the physics, the measured points, and how well both hold on points left out.

ids: EC-10, EC-11, CA-14
"""

from __future__ import annotations

import csv
import importlib.util
import json
import statistics
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.builders.shared_data import shared_data

from tiebeam.economics.hosting import (
    BrokenBatch,
    Estimate,
    Method,
    MethodUnavailable,
    Throughput,
    UnknownAccelerator,
    UnknownArchitecture,
    Wanted,
    estimate_batch,
    read_benchmark,
    take_benchmark,
)
from tiebeam.errors import Invalid
from tiebeam.graph import Graph, load
from tiebeam.spec import Measurement

ROOT = Path(__file__).resolve().parents[4]
ASKED = Wanted(
    model="meta-llama/Llama-3.1-70B-Instruct",
    accelerator="h100_sxm",
    precision="fp8",
    backend="vllm",
    input_tokens=1024,
    output_tokens=1024,
    concurrency=8,
    gpus=4,
    tensor_parallel=4,
)


@pytest.fixture(scope="module")
def library() -> Graph:
    return load(None)


@pytest.fixture(scope="module")
def throughput(library: Graph) -> Throughput:
    return Throughput(library.architectures, library.accelerators, library.measurements)


@pytest.fixture(scope="module")
def fitting() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fit_throughput", ROOT / "tools" / "fit_throughput.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fit_throughput"] = module
    spec.loader.exec_module(module)
    return module


def rate(throughput: Throughput, method: Method | None = Method.ROOFLINE, **changes: Any) -> float:
    return throughput.estimate(replace(ASKED, **changes), method=method).out_tok_s_per_gpu


def test_on_random_thirds_left_out_both_methods_stay_within_their_bounds(fitting: ModuleType, library: Graph) -> None:
    data = fitting.rows(library)
    errors = fitting.left_out(data, fitting.thirds(data, seed=1))
    assert fitting.median_error(errors.roofline) <= 0.25
    assert fitting.median_error(errors.best) <= 0.15
    within = sum(abs(z) <= 1.28 for z in errors.z) / len(errors.z)
    assert 0.7 <= within <= 0.95, "the stated uncertainty says how uncertain it is"


def test_with_a_model_and_gpu_left_out_entirely_the_roofline_still_says_something(
    fitting: ModuleType, library: Graph
) -> None:
    data = fitting.rows(library)
    errors = fitting.left_out(data, fitting.by_model_and_system(data))
    assert fitting.median_error(errors.roofline) <= 0.30
    assert statistics.quantiles([abs(off) for off in errors.roofline], n=10)[7] <= 0.65


def test_the_shipped_constants_are_those_the_tool_fits(fitting: ModuleType, library: Graph) -> None:
    shipped = (ROOT / "src/tiebeam/economics/hosting/calibrated.py").read_text(encoding="utf-8")
    assert fitting.module(fitting.fit(fitting.rows(library))) == shipped


def test_the_measured_table_is_the_open_data_and_no_other(library: Graph) -> None:
    lines = shared_data("economics", "throughput_open.csv").read_text("utf-8").splitlines()
    theirs = {row["id"]: Decimal(row["out_tok_s_per_gpu"]) for row in csv.DictReader(lines)}
    ours = {
        point.name: point.output_tokens_per_s_per_gpu for one in library.measurements.values() for point in one.point
    }
    assert ours == theirs


def test_a_batch_is_answered_row_by_row_within_the_bounds(throughput: Throughput) -> None:
    path = shared_data("economics", "throughput_open.csv")
    lines = path.read_text("utf-8").splitlines()
    measured = {row["id"]: float(row["out_tok_s_per_gpu"]) for row in csv.DictReader(lines)}
    for method, bound in ((None, 0.05), (Method.ROOFLINE, 0.20)):
        answers = list(estimate_batch(throughput, path, method=method))
        assert [one["id"] for one in answers] == list(measured)
        assert all(one["low"] < one["out_tok_s_per_gpu"] < one["high"] for one in answers)
        off = [abs(one["out_tok_s_per_gpu"] / measured[one["id"]] - 1) for one in answers]
        assert statistics.median(off) <= bound


def test_the_shape_counts_what_the_publishers_state(library: Graph) -> None:
    from tiebeam.economics.hosting.shape import shape_of

    for model in library.architectures.values():
        assert shape_of(model).total / 1e9 == pytest.approx(float(model.total_parameters_b), rel=0.03), model.id
        assert shape_of(model).active / 1e9 == pytest.approx(float(model.active_parameters_b), rel=0.1), model.id


def test_a_lone_request_cannot_be_faster_than_its_weights_can_be_read(library: Graph, throughput: Throughput) -> None:
    # 70.6e9 parameters, of which the input embedding is looked up: 69.5 GB at one byte each, over 4 x 3.35 TB/s.
    fastest = 4 * 3.35e12 / 69.5e9 / 4
    found = throughput.estimate(replace(ASKED, concurrency=1), method=Method.ROOFLINE)
    assert 0.3 * fastest < found.out_tok_s_per_gpu < fastest
    assert 0.3 < found.memory_utilisation < 1
    assert library.accelerators["h100-sxm"].bandwidth_gb_per_s == 3350


def test_the_roofline_moves_as_physics_says(throughput: Throughput) -> None:
    assert rate(throughput, concurrency=64) > rate(throughput, concurrency=8)
    assert rate(throughput, input_tokens=8192) < rate(throughput, input_tokens=1024)
    assert rate(throughput, accelerator="h200-sxm") > rate(throughput)
    assert rate(throughput, precision="bf16") < rate(throughput)
    assert rate(throughput, gpus=8, tensor_parallel=8) < rate(throughput), "more GPUs talk more"


def test_methods_go_in_the_order_of_trust(throughput: Throughput) -> None:
    assert throughput.estimate(ASKED).method is Method.MEASURED
    elsewhere = replace(ASKED, accelerator="mi300x", gpus=1, tensor_parallel=1)
    assert throughput.estimate(elsewhere).method is Method.ROOFLINE
    with pytest.raises(MethodUnavailable, match="benchmark"):
        throughput.estimate(ASKED, method=Method.BENCHMARK)


def test_an_estimate_always_says_method_band_basis_and_utilisation(throughput: Throughput) -> None:
    found: Estimate = throughput.estimate(ASKED)
    assert found.low < found.out_tok_s_per_gpu < found.high
    assert "4 of 5" in found.band
    assert "nearest" in found.basis
    assert 0 < found.memory_utilisation <= 1
    assert 0 < found.compute_utilisation <= 1


def test_the_band_is_wider_where_less_is_known(throughput: Throughput) -> None:
    def width(method: Method | None, **changes: Any) -> float:
        found = throughput.estimate(replace(ASKED, **changes), method=method)
        return found.high / found.low

    measured, computed = width(None), width(Method.ROOFLINE)
    unknown = width(Method.ROOFLINE, accelerator="mi300x")
    assert measured < computed < unknown


def test_what_does_not_fit_and_what_has_to_wait_is_said(throughput: Throughput) -> None:
    alone = throughput.estimate(replace(ASKED, model="deepseek", gpus=1, tensor_parallel=1), method=Method.ROOFLINE)
    assert any("do not fit" in note for note in alone.notes)
    crowd = throughput.estimate(replace(ASKED, concurrency=10_000), method=Method.ROOFLINE)
    assert any("the rest wait" in note for note in crowd.notes)
    assert crowd.in_flight < 10_000


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"model": "nobodys-70b"}, UnknownArchitecture),
        ({"accelerator": "z9000"}, UnknownAccelerator),
        ({"precision": "int3"}, Invalid),
        ({"concurrency": 0}, Invalid),
        ({"output_tokens": 10**15}, Invalid),
        ({"tensor_parallel": 8}, Invalid),
        ({"accelerator": "b300-sxm"}, Invalid),
    ],
)
def test_what_cannot_be_estimated_is_refused(throughput: Throughput, changes: dict[str, Any], error: type) -> None:
    with pytest.raises(error):
        throughput.estimate(replace(ASKED, **changes))


def test_a_row_that_cannot_be_estimated_says_why_and_the_others_are_answered(
    throughput: Throughput, tmp_path: Path
) -> None:
    head = "id,model_path,system,precision,backend,isl,osl,tp,gpus,concurrency"
    rows = [
        "a,Qwen/Qwen3-32B,h100_sxm,fp8,vllm,1000,500,1,1,8",
        "b,nobody/Nothing,h100_sxm,fp8,vllm,1000,500,1,1,8",
        "c,Qwen/Qwen3-32B,h100_sxm,fp8,vllm,NaN,500,1,1,8",
        "d,Qwen/Qwen3-32B,h100_sxm,fp8,vllm,1000,500,1,1,-8",
    ]
    path = tmp_path / "batch.csv"
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    found = list(estimate_batch(throughput, path))
    assert [(one["id"], one["method"]) for one in found] == [("a", "measured"), ("b", None), ("c", None), ("d", None)]
    assert found[1]["state"] == "unknown_architecture"
    assert "'NaN'" in found[2]["reason"]
    path.write_text("id,model\n1,2", encoding="utf-8")
    with pytest.raises(BrokenBatch, match="system"):
        list(estimate_batch(throughput, path))


VLLM = {
    "completed": 100,
    "total_input_tokens": 100_000,
    "total_output_tokens": 50_000,
    "max_concurrency": 16,
    "output_throughput": 2_000.0,
}
GUIDELLM = {
    "benchmarks": [
        {
            "metrics": {
                "prompt_token_count": {"successful": {"mean": 1000.2}},
                "output_token_count": {"successful": {"mean": 499.8}},
                "request_concurrency": {"successful": {"mean": 15.9}},
                "output_tokens_per_second": {"successful": {"mean": 2000.0}},
            }
        }
    ]
}


@pytest.mark.parametrize("content", [VLLM, GUIDELLM])
def test_an_own_benchmark_is_taken_in_and_goes_before_all_else(
    library: Graph, throughput: Throughput, tmp_path: Path, content: dict[str, Any]
) -> None:
    file = tmp_path / "run.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    (point,) = read_benchmark(file, gpus=2, tensor_parallel=2)
    assert (point.input_tokens, point.output_tokens, point.concurrency) == (1000, 500, 16)
    assert point.output_tokens_per_s_per_gpu == 1000
    written = take_benchmark(
        [point],
        throughput,
        workspace=tmp_path,
        file=file,
        model="Qwen/Qwen3-32B",
        accelerator="H100",
        precision="fp8",
        backend="vllm",
        today=date(2026, 11, 21),
    )
    assert written == tmp_path / "measurements/qwen3-32b/h100-sxm-fp8-vllm-run.toml"
    record = Measurement.model_validate(
        {"id": "own", "meta": {"since": "2026-11-21", "reviewed": "2026-11-21"}, "architecture": "qwen3-32b"}
        | {"accelerator": "h100-sxm", "precision": "fp8", "backend": "vllm", "origin": "own", "source": "run.json"}
        | {"point": [point]}
    )
    with_own = Throughput(library.architectures, library.accelerators, {**library.measurements, "own": record})
    here = replace(
        ASKED, model="qwen3-32b", input_tokens=1000, output_tokens=500, concurrency=16, gpus=2, tensor_parallel=2
    )
    found = with_own.estimate(here)
    assert found.method is Method.BENCHMARK
    assert found.out_tok_s_per_gpu == pytest.approx(1000, rel=0.1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({**VLLM, "max_concurrency": None}, "max-concurrency"),
        ({**VLLM, "output_throughput": "fast"}, "must be a number"),
        ({**VLLM, "output_throughput": -1}, "above 0"),
        ({**VLLM, "completed": 0}, "above 0"),
        ({"benchmarks": []}, "no finished"),
        ({"benchmarks": [{}]}, "metrics"),
        ({"other": 1}, "neither"),
    ],
)
def test_a_benchmark_that_does_not_say_enough_is_refused(tmp_path: Path, content: dict[str, Any], says: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(Invalid, match=says):
        read_benchmark(path, gpus=1, tensor_parallel=1)
