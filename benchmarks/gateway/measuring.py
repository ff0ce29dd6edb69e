"""One contender, started anew and put through every scene."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.gateway.contenders import CONTENDERS, Bench, Contender
from benchmarks.gateway.processes import load


@dataclass(frozen=True)
class Scene:
    concurrency: int
    stream: bool = False
    model: str = "small"
    least_seconds: float = 0


SCENES = {
    "c=1": Scene(1),
    "c=32": Scene(32),
    "c=128": Scene(128),
    # Fifty chunks as fast as they can be sent.
    "streams c=32": Scene(32, stream=True),
    # Fifty chunks 20 ms apart: a stream lasts a second, and what is added to its first chunk shows.
    "paced streams c=4": Scene(4, stream=True, model="paced", least_seconds=2.5),
}


def measure(bench: Bench, name: str, *, seconds: float) -> dict[str, Any]:
    """Figures of every scene by name, memory and boot. Raises SystemExit where it does not answer."""
    contender = CONTENDERS[name](bench)
    contender.wait()
    try:
        idle = None if contender.server is None else contender.server.rss_mb()
        scenes = {title: _put_through(bench, contender, scene, seconds) for title, scene in SCENES.items()}
        loaded = None if contender.server is None else contender.server.rss_mb()
    finally:
        contender.stop()
    return {"boot_seconds": contender.boot_seconds, "idle_mb": idle, "loaded_mb": loaded, "scenes": scenes}


def _put_through(bench: Bench, contender: Contender, scene: Scene, seconds: float) -> dict[str, Any]:
    length = max(seconds, scene.least_seconds)
    work = contender.work(model=scene.model, stream=scene.stream, concurrency=scene.concurrency, seconds=length)
    work = replace(work, warm_seconds=min(2.0, length / 4))
    server, upstream = contender.server, bench.upstream
    began = time.perf_counter()
    before, far_before = 0.0 if server is None else server.cpu_seconds(), upstream.cpu_seconds()
    seen = load(work)
    spent = 0.0 if server is None else server.cpu_seconds() - before
    lasted = time.perf_counter() - began
    return {
        **asdict(seen),
        "per_second": seen.answers / seen.seconds if seen.seconds else 0.0,
        "cpu_us": spent / seen.all_answers * 1e6 if seen.all_answers else 0.0,
        "gateway_core": spent / lasted,
        # At 1 the load and the provider are what limits, and the gateway could do more.
        "load_core": (seen.cpu_seconds + upstream.cpu_seconds() - far_before) / lasted,
    }
