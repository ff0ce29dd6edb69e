"""Taking measurements and offers from files into the workspace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tiebeam.economics.authoring import write_record
from tiebeam.economics.hosting.catalogs import CatalogOffer
from tiebeam.economics.hosting.estimating import Throughput, UnknownAccelerator, precision_of
from tiebeam.kit import sha256_hex, slug
from tiebeam.spec import GpuOffer, Measurement, Origin, ServingPoint


def take_benchmark(
    points: Sequence[ServingPoint],
    known: Throughput,
    *,
    workspace: Path,
    file: Path,
    model: str,
    accelerator: str,
    precision: str,
    backend: str,
    today: date,
) -> Path:
    """One record below measurements/. Raises UnknownArchitecture, UnknownAccelerator, Invalid and RecordExists."""
    architecture, gpu, weights = known.architecture(model), known.accelerator(accelerator), precision_of(precision)
    program = slug(backend)
    content = {
        "architecture": architecture.id,
        "accelerator": gpu.id,
        "precision": weights.value,
        "backend": program,
        "origin": Origin.OWN.value,
        "source": f"own benchmark {file.name} (SHA-256 {sha256_hex(file.read_bytes())[:16]}), taken in on {today}",
        "point": [point.model_dump(exclude_none=True) for point in points],
    }
    name = "-".join((gpu.id, weights.value, program, slug(file.stem)))
    relative = f"measurements/{architecture.id}/{name}.toml"
    return write_record(workspace, relative, content, model=Measurement, today=today)


def take_computed(
    points: Sequence[ServingPoint],
    known: Throughput,
    *,
    workspace: Path,
    model: str,
    accelerator: str,
    precision: str,
    backend: str,
    source: str,
    today: date,
) -> Path:
    """Points of the kernel model as one record below measurements/, so that no request has to compute them.

    Raises UnknownArchitecture, UnknownAccelerator, Invalid and RecordExists.
    """
    architecture, gpu, weights = known.architecture(model), known.accelerator(accelerator), precision_of(precision)
    first = points[0]
    content = {
        "architecture": architecture.id,
        "accelerator": gpu.id,
        "precision": weights.value,
        "backend": slug(backend),
        "origin": Origin.COMPUTED.value,
        "source": f"{source}, on {today}",
        "point": [point.model_dump(exclude_none=True) for point in points],
    }
    shape = f"x{first.gpus}-{first.input_tokens}-{first.output_tokens}"
    name = "-".join((gpu.id, weights.value, slug(backend), "kernels", shape))
    relative = f"measurements/{architecture.id}/{name}.toml"
    return write_record(workspace, relative, content, model=Measurement, today=today)


@dataclass(frozen=True, slots=True)
class Taken:
    written: tuple[Path, ...]
    unknown: tuple[str, ...]
    """GPUs of the file that no accelerator record knows."""


def take_offers(
    offers: Iterable[CatalogOffer],
    known: Throughput,
    *,
    workspace: Path,
    file: Path,
    provider: str,
    stated: str,
    only: Sequence[str],
    today: date,
) -> Taken:
    """One record below gpus/ for each GPU and size; a range becomes two prices. Raises Invalid and RecordExists."""
    groups: dict[tuple[str, int], list[CatalogOffer]] = defaultdict(list)
    unknown: dict[str, None] = {}
    for offer in offers:
        if only and offer.gpu not in only:
            continue
        try:
            groups[known.accelerator(offer.gpu).id, offer.gpus_per_instance].append(offer)
        except UnknownAccelerator:
            unknown[offer.gpu] = None
    source = f"{file.name} (SHA-256 {sha256_hex(file.read_bytes())[:16]})"
    written: list[Path] = []
    for (gpu, size), found in groups.items():
        content = {
            "title": f"{provider} {found[0].gpu}" + (f", {size} GPUs" if size > 1 else ""),
            "provider": provider,
            "accelerator": gpu,
            "gpus_per_instance": size,
            "price": [
                {"term": one.term.value, "usd_per_gpu_hour": usd, "source": source, "stated": stated}
                for one in found
                for usd in dict.fromkeys((one.low_usd_per_gpu_hour, one.high_usd_per_gpu_hour))
            ],
        }
        relative = f"gpus/{slug(provider)}/{gpu}-x{size}.toml"
        written.append(write_record(workspace, relative, content, model=GpuOffer, today=today))
    return Taken(written=tuple(written), unknown=tuple(unknown))
