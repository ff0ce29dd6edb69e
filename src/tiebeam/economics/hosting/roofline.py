"""What a deployment can do, from physics: bytes to move, arithmetic to do, and the time lost between the kernels.

A step writes one token for every request in flight. It reads the weights once and every request's cache; whichever of
memory and arithmetic is slower sets its pace. Reading the prompts takes its share of the same machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tiebeam.economics.hosting.calibration import BACKENDS, Calibration
from tiebeam.economics.hosting.shape import Shape
from tiebeam.spec import Accelerator, Precision

WEIGHT_BYTES = {Precision.BF16: 2.0, Precision.FP8: 1.0, Precision.FP4: 0.5625}
"""A parameter's bytes with its share of the scales: four bits and one byte for every sixteen."""
_ACTIVATION_BYTES = 2.0
_USABLE_MEMORY = 0.9
_LEAST_CACHE = 0.05
"""Share of the memory assumed free for the cache even where the weights alone would not fit."""
_OVERLAP = 4
"""Memory and arithmetic overlap: the slower one counts almost alone (norm of this order)."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One model on a group of GPUs, and the load on it. `concurrency` counts requests in flight over all GPUs."""

    shape: Shape
    accelerator: Accelerator
    precision: Precision
    backend: str
    gpus: int
    tensor_parallel: int
    attention_parallel: int
    input_tokens: int
    output_tokens: int
    concurrency: int


@dataclass(frozen=True, slots=True)
class Pace:
    """The estimate, and what limits it."""

    output_tokens_per_s_per_gpu: float
    in_flight: float
    """Requests the memory can hold at once, at most the concurrency."""
    step_ms: float
    prefill_ms: float
    memory_share: float
    """Of the peak memory bandwidth, while a step runs."""
    compute_share: float
    """Of the peak arithmetic, over a whole request."""
    fits: bool
    """Whether the weights fit into the memory of the GPUs."""


def pace(of: Deployment, by: Calibration) -> Pace:
    """The steady state of a deployment under constant load."""
    shape, gpus = of.shape, of.gpus
    weight = WEIGHT_BYTES[of.precision]
    memory = float(of.accelerator.memory_gb) * 1e9 * gpus
    bandwidth = float(of.accelerator.bandwidth_gb_per_s) * 1e9
    seen = shape.seen(of.input_tokens + of.output_tokens / 2)
    cache = shape.cache_values * _cache_bytes(of) * seen
    weights = shape.total * weight * (1 if shape.experts else of.attention_parallel)
    room = max(_USABLE_MEMORY * memory - weights, _LEAST_CACHE * memory)
    in_flight = max(1.0, min(float(of.concurrency), room / cache))

    read = (shape.dense + shape.head) * weight / of.tensor_parallel
    expert_bytes = shape.expert_layers * shape.expert * shape.experts_read(in_flight) * weight / gpus
    moving = (read + expert_bytes / by.expert_read) / (bandwidth * by.weight_read)
    peak = _peak(of, by)
    arithmetic = 2 * shape.active * in_flight / gpus / (peak * by.decode_compute[_family(of)])
    between = shape.layers * by.layer_s[_backend(of)] + shape.expert_layers * by.expert_layer_s
    weights_s = (moving**_OVERLAP + arithmetic**_OVERLAP) ** (1 / _OVERLAP)
    cache_s = in_flight * cache / gpus / (bandwidth * by.cache_read)
    step = weights_s + cache_s + between + _talk(of, by, in_flight) + in_flight * by.request_s[_backend(of)]

    prompt = _prompt(of, by, peak)
    total = in_flight * prompt + between + moving + of.output_tokens * step
    rate = in_flight * of.output_tokens / total / gpus
    busy = 2 * shape.active * (of.input_tokens + of.output_tokens) * in_flight / gpus
    return Pace(
        output_tokens_per_s_per_gpu=rate,
        in_flight=in_flight,
        step_ms=step * 1000,
        prefill_ms=prompt * 1000,
        memory_share=min(1.0, (read + expert_bytes + in_flight * cache / gpus) / bandwidth / step),
        compute_share=min(1.0, busy / total / _rated(of)),
        fits=weights <= _USABLE_MEMORY * memory,
    )


def _prompt(of: Deployment, by: Calibration, peak: float) -> float:
    """Seconds the group spends on one request's prompt."""
    shape, tokens = of.shape, of.input_tokens
    linear = 2 * shape.active * tokens / of.gpus / (peak * by.prefill_compute[_family(of)])
    attention_peak = _tflops(of.accelerator, Precision.BF16) * 1e12 * by.prefill_compute[_family(of)] * 0.7
    attention = shape.attention_products * tokens * tokens / of.gpus / attention_peak
    seconds = (linear + attention) * by.prompt[_backend(of)]
    link = float(of.accelerator.link_gb_per_s) * 1e9
    if of.gpus > 1 and link:
        seconds += shape.layers * 2 * tokens * shape.hidden * _ACTIVATION_BYTES / (link * by.link)
    return seconds


def _talk(of: Deployment, by: Calibration, in_flight: float) -> float:
    """Seconds a step spends on exchanging activations between the GPUs: twice a layer."""
    link = float(of.accelerator.link_gb_per_s) * 1e9
    if of.gpus == 1 or not link:
        return 0.0
    sent = in_flight / of.attention_parallel * of.shape.hidden * _ACTIVATION_BYTES
    return of.shape.layers * 2 * (by.exchange_s * math.log2(of.gpus) + sent / (link * by.link))


def _cache_bytes(of: Deployment) -> float:
    # Quantised checkpoints of TensorRT-LLM carry scales for an eight-bit cache; the others keep sixteen bits.
    return 1.0 if of.backend == "trtllm" and of.precision is not Precision.BF16 else 2.0


def _peak(of: Deployment, by: Calibration) -> float:
    return _rated(of) * (by.fp4_compute if of.precision is Precision.FP4 else 1.0)


def _rated(of: Deployment) -> float:
    return _tflops(of.accelerator, of.precision) * 1e12


def _tflops(accelerator: Accelerator, precision: Precision) -> float:
    """Where a format is not computed natively, the next wider one does the arithmetic."""
    for wider in {
        Precision.FP4: (Precision.FP4, Precision.FP8, Precision.BF16),
        Precision.FP8: (Precision.FP8, Precision.BF16),
        Precision.BF16: (Precision.BF16,),
    }[precision]:
        if wider in accelerator.tflops:
            return float(accelerator.tflops[wider])
    raise ValueError(f"the accelerator {accelerator.id!r} states no arithmetic for {precision.value}")


def _family(of: Deployment) -> str:
    return "fp4" if Precision.FP4 in of.accelerator.tflops else "fp8"


def _backend(of: Deployment) -> str:
    return of.backend if of.backend in BACKENDS else "vllm"
