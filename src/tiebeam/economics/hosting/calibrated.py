"""The constants of the roofline, as tools/fit_throughput.py fitted them to the library's measurements."""

from __future__ import annotations

from tiebeam.economics.hosting.calibration import Calibration

CALIBRATED = Calibration(
    weight_read=0.6822,
    expert_read=0.8755,
    cache_read=1.239,
    decode_compute={"fp8": 0.4884, "fp4": 0.2228},
    prefill_compute={"fp8": 0.5172, "fp4": 0.4656},
    layer_s={"vllm": 4.472e-05, "trtllm": 1.909e-05, "sglang": 4.086e-05},
    expert_layer_s=3.431e-05,
    exchange_s=7.066e-06,
    link=0.3952,
    request_s={"vllm": 3.774e-06, "trtllm": 4.666e-06, "sglang": 3.099e-05},
    prompt={"vllm": 0.3842, "trtllm": 1.017, "sglang": 1.276},
    fp4_compute=0.734,
)
