"""Throughput from measured kernels: NVIDIA's aiconfigurator-core, asked at the command line and kept as a record.

Importing it takes seconds and half a gigabyte, so nothing that answers a request does. Of its package only the kernels'
times and the models' configurations are read, never its sample of measured serving points.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any

from tiebeam.economics.hosting.estimating import precision_of
from tiebeam.errors import Invalid, TiebeamError
from tiebeam.spec import Precision, ServingPoint

_DISTRIBUTION = "aiconfigurator-core"
_CENTS = Decimal("0.01")
_FORMATS: dict[Precision, dict[str, str]] = {
    Precision.BF16: {},
    Precision.FP8: {"gemm_quant_mode": "fp8", "moe_quant_mode": "fp8", "kvcache_quant_mode": "fp8"},
    Precision.FP4: {"gemm_quant_mode": "nvfp4", "moe_quant_mode": "nvfp4", "kvcache_quant_mode": "fp8"},
}


class NeedsKernels(TiebeamError):
    """The kernel model needs the extra `kernels`."""

    code = "needs_kernels"
    status = 501


class KernelModelFailed(Invalid):
    """The kernel model does not know the model, the GPU, or a kernel that is used."""

    code = "kernel_model_failed"


@dataclass(frozen=True, slots=True)
class KernelRequest:
    """`names` are those the model is written by; the first that the kernel model knows is taken."""

    names: tuple[str, ...]
    accelerator: str
    precision: str
    backend: str
    input_tokens: int
    output_tokens: int
    concurrency: tuple[int, ...]
    gpus: int
    tensor_parallel: int
    expert_parallel: int = 1


def kernel_source(request: KernelRequest) -> str:
    """Where the points come from, with the version. Raises NeedsKernels and KernelModelFailed."""
    return f"kernel model of {_model(request)[0]}: {_DISTRIBUTION} {_version()}"


def kernel_points(request: KernelRequest) -> list[ServingPoint]:
    """One point for each concurrency. Raises NeedsKernels and KernelModelFailed."""
    name, config = _model(request)
    width = request.tensor_parallel
    if request.gpus % width:
        raise KernelModelFailed(f"{request.gpus} GPUs are no whole number of copies on {width} each")
    if width % request.expert_parallel:
        raise KernelModelFailed(f"{width} GPUs cannot be split into {request.expert_parallel} groups of experts")
    engine = _engine(request, name, config)
    return [_point(engine, request, concurrency) for concurrency in sorted(set(request.concurrency))]


def _version() -> str:
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError as absent:
        raise NeedsKernels(
            f"the kernel model needs {_DISTRIBUTION}; install it with: pip install 'tiebeam[kernels]'"
        ) from absent


def _model(request: KernelRequest) -> tuple[str, dict[str, Any]]:
    """The model's name and configuration as the package ships them; another one would be fetched from elsewhere."""
    _version()
    folder = files("aiconfigurator_core") / "model_configs"
    for name in request.names:
        place = folder / f"{name.replace('/', '--')}_config.json"
        if place.is_file():
            return name, json.loads(place.read_text("utf-8"))
    raise KernelModelFailed(
        f"the kernel model knows none of {', '.join(request.names) or 'no names'}; "
        "give the name it knows the model by with --kernels-of"
    )


def _engine(request: KernelRequest, name: str, config: dict[str, Any]) -> Any:
    from aiconfigurator_core.sdk import EngineHandle  # pyright: ignore[reportMissingImports]

    # A configuration that states its format is taken at its word.
    own_format = "quantization_config" in config
    formats = {} if own_format else _FORMATS[precision_of(request.precision)]
    system = request.accelerator.replace("-", "_")
    try:
        return EngineHandle.compile(
            name,
            system,
            request.backend,
            tp_size=request.tensor_parallel,
            moe_ep_size=request.expert_parallel,
            moe_tp_size=request.tensor_parallel // request.expert_parallel,
            **formats,
        )
    except Exception as problem:
        raise KernelModelFailed(_said(request, problem)) from problem


def _point(engine: Any, request: KernelRequest, concurrency: int) -> ServingPoint:
    """Requests in flight share a copy's time: each is read once, and all write together."""
    copies = request.gpus // request.tensor_parallel
    together = max(1, round(concurrency / copies))
    try:
        writing = engine.predict_decode_latency(together, request.input_tokens, request.output_tokens)
        reading = engine.predict_prefill_latency(1, request.input_tokens)
    except Exception as problem:
        raise KernelModelFailed(_said(request, problem)) from problem
    seconds = (writing + together * reading) / 1000
    rate = together * request.output_tokens / seconds / request.tensor_parallel
    return ServingPoint(
        name=f"c{concurrency}",
        input_tokens=request.input_tokens,
        output_tokens=request.output_tokens,
        concurrency=concurrency,
        gpus=request.gpus,
        tensor_parallel=request.tensor_parallel,
        output_tokens_per_s_per_gpu=Decimal(str(rate)).quantize(_CENTS),
    )


def _said(request: KernelRequest, problem: Exception) -> str:
    return (
        f"the kernel model has no answer for {request.accelerator!r} with {request.backend!r} at "
        f"{request.precision}: {str(problem)[:300]}"
    )
