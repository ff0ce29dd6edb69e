"""The constants of the roofline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BACKENDS = ("vllm", "trtllm", "sglang")


@dataclass(frozen=True, slots=True)
class Calibration:
    """Efficiencies are shares of the peak; times are seconds. Keys are a backend or a family of GPUs.

    The family is `fp4` for GPUs that compute in four bits and `fp8` for those before.
    """

    weight_read: float
    expert_read: float
    cache_read: float
    """Can be above 1: part of a cache is not read at every step."""
    decode_compute: Mapping[str, float]
    prefill_compute: Mapping[str, float]
    layer_s: Mapping[str, float]
    expert_layer_s: float
    exchange_s: float
    link: float
    request_s: Mapping[str, float]
    prompt: Mapping[str, float]
    """Factor on the time for prompts: below 1 where they overlap with steps or parts of them are cached."""
    fp4_compute: float
