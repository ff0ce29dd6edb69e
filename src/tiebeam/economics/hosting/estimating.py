"""Throughput of a deployment by the most trustworthy method there is, always with its band and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tiebeam.economics.hosting.calibrated import CALIBRATED
from tiebeam.economics.hosting.measured import Correction, Known, correct, known
from tiebeam.economics.hosting.names import Named
from tiebeam.economics.hosting.roofline import Deployment, Pace, pace
from tiebeam.economics.hosting.shape import shape_of
from tiebeam.errors import Invalid, NotFound
from tiebeam.spec import HOURS_A_MONTH, Accelerator, Architecture, Measurement, Origin, Precision, ServingPoint

_EIGHTY = 1.28
"""Uncertainties within which four of five fall."""
_KNOWN_BAND = (-0.41, 0.36)
_UNKNOWN_BAND = (-0.58, 0.58)
"""Logarithms of measured over computed that hold four of five points that were left out of the fit: at random, and with
their model and GPU; see tools/fit_throughput.py."""
_LARGEST = 10**7


class Method(StrEnum):
    """In order of trust."""

    BENCHMARK = "benchmark"
    """The workspace's own measurements."""
    MEASURED = "measured"
    """Published measurements of the same model, GPU and backend."""
    KERNEL_MODEL = "kernel-model"
    """Points that `tiebeam hosting compute` worked out from measured kernels and keeps below measurements/."""
    ROOFLINE = "roofline"


_BY_POINTS = {
    Method.BENCHMARK: Origin.OWN,
    Method.MEASURED: Origin.PUBLISHED,
    Method.KERNEL_MODEL: Origin.COMPUTED,
}
_EXACT = (0.0, 0.0)
_KERNEL_BAND = (-0.33, 0.79)
"""Logarithms of measured over computed that hold four of five of the open points which the kernel model can compute
(191 of 249), without a fit."""


class UnknownArchitecture(NotFound):
    """No architecture record has that model."""

    code = "unknown_architecture"


class UnknownAccelerator(NotFound):
    """No accelerator record has that GPU."""

    code = "unknown_accelerator"


class MethodUnavailable(Invalid):
    """The method that was asked for has nothing to go by."""

    code = "method_unavailable"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to estimate, in the words of whoever asks. `concurrency` counts requests in flight over all GPUs."""

    model: str
    accelerator: str
    precision: str
    backend: str
    input_tokens: int
    output_tokens: int
    concurrency: int
    gpus: int
    tensor_parallel: int
    attention_parallel: int = 1


@dataclass(frozen=True, slots=True)
class Estimate:
    """Output tokens a second and GPU. Four of five measurements are expected between `low` and `high`."""

    out_tok_s_per_gpu: float
    low: float
    high: float
    method: Method
    basis: str
    """What the figure goes by, and when that was measured."""
    memory_utilisation: float
    """Of the peak memory bandwidth while tokens are written."""
    compute_utilisation: float
    """Of the peak arithmetic over whole requests."""
    in_flight: float
    """Requests the memory can hold at once, at most the concurrency."""
    notes: tuple[str, ...]
    fits: bool = True
    """Whether the weights fit into the memory of the GPUs."""

    @property
    def band(self) -> str:
        below, above = self.low / self.out_tok_s_per_gpu - 1, self.high / self.out_tok_s_per_gpu - 1
        return f"{below:+.0%} to {above:+.0%} (4 of 5)"


@dataclass(frozen=True, slots=True)
class _Group:
    points: tuple[Known, ...]
    source: str


_Key = tuple[str, str, str, Origin]


class Throughput:
    """Estimates by the records of a graph."""

    def __init__(
        self,
        architectures: Mapping[str, Architecture],
        accelerators: Mapping[str, Accelerator],
        measurements: Mapping[str, Measurement],
    ) -> None:
        self._architectures = Named(architectures)
        self._accelerators = Named(accelerators)
        self._measurements = tuple(measurements.values())
        self._groups: dict[_Key, _Group] = {}

    def estimate(self, wanted: Wanted, *, method: Method | None = None) -> Estimate:
        """By the best method, or by `method`.

        Raises UnknownArchitecture, UnknownAccelerator, MethodUnavailable, and Invalid for impossible figures.
        """
        model = self.architecture(wanted.model)
        gpu = self.accelerator(wanted.accelerator)
        of = _deployment(wanted, model, gpu)
        base = pace(of, CALIBRATED)
        for one, origin in _BY_POINTS.items():
            group = self._group(model, gpu, of.backend, origin)
            if group is not None and method in (None, one):
                found = correct(of, group.points)
                return _corrected(base, found, one, group.source, notes=_notes(of, base))
        if method not in (None, Method.ROOFLINE):
            raise MethodUnavailable(
                f"there is no {method.value} point of {model.id!r} on {gpu.id!r} with {of.backend!r}; "
                "take one in with `tiebeam hosting import-benchmark` or `compute`, or leave the method out"
            )
        measured = [one for one in self._measurements if one.origin is not Origin.COMPUTED]
        is_known = any((one.architecture, one.accelerator) == (model.id, gpu.id) for one in measured)
        return _computed(base, _KNOWN_BAND if is_known else _UNKNOWN_BAND, notes=_notes(of, base))

    def first_known(self, *names: str | None) -> str:
        """The first of several names of one model that a record has; else the first that is given at all."""
        given = [name for name in names if name and name.strip()]
        return next((name for name in given if self._architectures.find(name) is not None), given[0] if given else "")

    def architecture(self, name: str) -> Architecture:
        """By its id or any name it is written by. Raises UnknownArchitecture."""
        found = self._architectures.find(name)
        if found is None:
            raise UnknownArchitecture(
                f"no architecture is called {name!r}{self._architectures.hint(name)}; "
                "add one below architectures/ from the model's config.json"
            )
        return found

    def accelerator(self, name: str) -> Accelerator:
        """By its id or any name it is written by. Raises UnknownAccelerator."""
        found = self._accelerators.find(name)
        if found is None:
            raise UnknownAccelerator(
                f"no GPU is called {name!r}{self._accelerators.hint(name)}; add one below accelerators/"
            )
        return found

    def _group(self, model: Architecture, gpu: Accelerator, backend: str, origin: Origin) -> _Group | None:
        key = (model.id, gpu.id, backend, origin)
        if key not in self._groups:
            records = [
                one for one in self._measurements if (one.architecture, one.accelerator, one.backend, one.origin) == key
            ]
            points = tuple(_known(record, point, model, gpu) for record in records for point in record.point)
            self._groups[key] = _Group(points, "; ".join(dict.fromkeys(record.source for record in records)))
        found = self._groups[key]
        return found if found.points else None


def precision_of(name: str) -> Precision:
    """Raises Invalid for a format that no estimate is made for."""
    plain = name.strip().lower().replace("-", "_")
    known_as = {"fp16": "bf16", "float16": "bf16", "bfloat16": "bf16", "nvfp4": "fp4", "mxfp4": "fp4"}
    plain = "fp8" if plain.startswith("fp8") else known_as.get(plain, plain)
    try:
        return Precision(plain)
    except ValueError as problem:
        raise Invalid(f"{name!r} is no precision of weights that is estimated; use bf16, fp8 or fp4") from problem


def _deployment(wanted: Wanted, model: Architecture, gpu: Accelerator) -> Deployment:
    for name in ("input_tokens", "output_tokens", "concurrency", "gpus", "tensor_parallel", "attention_parallel"):
        value = getattr(wanted, name)
        if not 1 <= value <= _LARGEST:
            raise Invalid(f"{name.replace('_', ' ')} is {value}; it must be between 1 and {_LARGEST}")
    if wanted.tensor_parallel > wanted.gpus:
        raise Invalid(f"tensor parallel {wanted.tensor_parallel} needs as many GPUs, and there are {wanted.gpus}")
    precision = precision_of(wanted.precision)
    if not gpu.tflops:
        raise Invalid(f"{gpu.id!r} has no sourced arithmetic; add `tflops` to it below accelerators/ with its source")
    return Deployment(
        shape=shape_of(model),
        accelerator=gpu,
        precision=precision,
        backend=wanted.backend.strip().lower(),
        gpus=wanted.gpus,
        tensor_parallel=wanted.tensor_parallel,
        attention_parallel=wanted.attention_parallel,
        input_tokens=wanted.input_tokens,
        output_tokens=wanted.output_tokens,
        concurrency=wanted.concurrency,
    )


def _known(record: Measurement, point: ServingPoint, model: Architecture, gpu: Accelerator) -> Known:
    of = Deployment(
        shape=shape_of(model),
        accelerator=gpu,
        precision=record.precision,
        backend=record.backend,
        gpus=point.gpus,
        tensor_parallel=point.tensor_parallel,
        attention_parallel=point.attention_parallel,
        input_tokens=point.input_tokens,
        output_tokens=point.output_tokens,
        concurrency=point.concurrency,
    )
    return known(point.name, of, CALIBRATED, measured=float(point.output_tokens_per_s_per_gpu))


def _corrected(base: Pace, found: Correction, method: Method, source: str, *, notes: tuple[str, ...]) -> Estimate:
    rate = base.output_tokens_per_s_per_gpu * math.exp(found.log_factor)
    below, above = _KERNEL_BAND if method is Method.KERNEL_MODEL else _EXACT
    apart = "the point itself" if found.doublings < 1e-9 else f"{found.doublings:.1f} doublings away"
    return Estimate(
        out_tok_s_per_gpu=rate,
        low=rate * math.exp(-math.hypot(_EIGHTY * found.log_sd, below)),
        high=rate * math.exp(math.hypot(_EIGHTY * found.log_sd, above)),
        method=method,
        basis=f"nearest {found.nearest} ({apart}); {source}",
        memory_utilisation=base.memory_share,
        compute_utilisation=base.compute_share,
        in_flight=base.in_flight,
        notes=notes,
        fits=base.fits,
    )


def _computed(base: Pace, band: tuple[float, float], *, notes: tuple[str, ...]) -> Estimate:
    rate = base.output_tokens_per_s_per_gpu
    return Estimate(
        out_tok_s_per_gpu=rate,
        low=rate * math.exp(band[0]),
        high=rate * math.exp(band[1]),
        method=Method.ROOFLINE,
        basis="computed from the model's shape and the GPU's data sheet, with fitted efficiencies",
        memory_utilisation=base.memory_share,
        compute_utilisation=base.compute_share,
        in_flight=base.in_flight,
        notes=notes,
        fits=base.fits,
    )


def _notes(of: Deployment, base: Pace) -> tuple[str, ...]:
    found: list[str] = []
    if not base.fits:
        found.append("the weights do not fit into the memory of these GPUs; take more of them or a smaller precision")
    if base.in_flight < of.concurrency:
        found.append(f"the cache holds {base.in_flight:.0f} of {of.concurrency} requests at once; the rest wait")
    return tuple(found)


def usd_per_month(usd_per_hour: Decimal) -> Decimal:
    """A month has 730 hours."""
    return usd_per_hour * HOURS_A_MONTH


def usd_per_mtok(usd_per_hour: Decimal, tokens_per_s: Decimal, *, utilisation: Decimal = Decimal(1)) -> Decimal:
    """Dollars per million tokens of hardware that is busy for the share `utilisation` of its hours. Raises Invalid."""
    if not (usd_per_hour.is_finite() and usd_per_hour >= 0):
        raise Invalid(f"{usd_per_hour} is no price of an hour")
    if not (tokens_per_s.is_finite() and tokens_per_s > 0):
        raise Invalid(f"{tokens_per_s} is no throughput; tokens a second must be above 0")
    if not (utilisation.is_finite() and 0 < utilisation <= 1):
        raise Invalid(f"{utilisation} is no utilisation; give a share above 0 and at most 1")
    return Decimal(1_000_000) * usd_per_hour / (Decimal(3600) * tokens_per_s * utilisation)
