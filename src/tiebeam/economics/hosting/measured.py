"""Between measured points: the roofline gives the form of the curve, the points near by say how far it is off.

The logarithm of measured over computed is interpolated over concurrency, lengths and GPUs (kriging): a measured point
is met closely, between points the correction is a mean weighted by nearness, far from all it falls back to the mean of
the group.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tiebeam.economics.hosting.calibration import Calibration
from tiebeam.economics.hosting.roofline import Deployment, pace
from tiebeam.spec import Precision

_COMMON = 0.015
"""Variance of what all points of a model on one GPU and backend share (in logarithms, as all below)."""
_SAME_PRECISION = 0.02
_LOCAL = 0.04
"""Variance of what only near points share."""
_NOISE = 0.005
"""Variance of one measurement: repeated ones differ by about seven per cent."""
_REACH = 1.5
"""Near means within this many doublings."""
_MOST_OFF = 1.0
"""A point further off than e to this was measured under conditions it does not state; it counts as just so far."""


@dataclass(frozen=True, slots=True)
class Known:
    """A measured point: where it lies, and how far the roofline is off there (log of measured over computed)."""

    name: str
    precision: Precision
    place: tuple[float, ...]
    off: float


@dataclass(frozen=True, slots=True)
class Correction:
    """`log_factor` is added to the logarithm of the roofline; `log_sd` is what remains uncertain."""

    log_factor: float
    log_sd: float
    nearest: str
    doublings: float
    """How far the nearest point is."""


def known(name: str, of: Deployment, by: Calibration, *, measured: float) -> Known:
    """A point from a deployment and the output tokens a second and GPU measured on it."""
    off = math.log(measured / pace(of, by).output_tokens_per_s_per_gpu)
    return Known(name=name, precision=of.precision, place=place_of(of), off=max(-_MOST_OFF, min(_MOST_OFF, off)))


def place_of(of: Deployment) -> tuple[float, ...]:
    """Where a deployment lies, in doublings."""
    numbers = (of.concurrency, of.input_tokens, of.output_tokens, of.gpus, of.attention_parallel)
    return tuple(math.log2(number) for number in numbers)


def correct(of: Deployment, points: Sequence[Known]) -> Correction:
    """The correction at a deployment by the points of its model, GPU and backend; there must be one at least."""
    here = Known(name="", precision=of.precision, place=place_of(of), off=0.0)
    shared = [[_shared(one, other) + (_NOISE if one is other else 0.0) for other in points] for one in points]
    with_here = [_shared(here, one) for one in points]
    weights = solve(shared, with_here)
    factor = sum(weight * one.off for weight, one in zip(weights, points, strict=True))
    left = _shared(here, here) + _NOISE - sum(w * s for w, s in zip(weights, with_here, strict=True))
    nearest = min(points, key=lambda one: (one.precision is not of.precision, _distance(here, one)))
    return Correction(
        log_factor=factor,
        log_sd=math.sqrt(max(left, _NOISE)),
        nearest=nearest.name,
        doublings=math.sqrt(_distance(here, nearest)),
    )


def _shared(one: Known, other: Known) -> float:
    """The covariance of two points of one group."""
    if one.precision is not other.precision:
        return _COMMON + _SAME_PRECISION / 2
    return _COMMON + _SAME_PRECISION + _LOCAL * math.exp(-_distance(one, other) / (2 * _REACH**2))


def _distance(one: Known, other: Known) -> float:
    return sum((a - b) ** 2 for a, b in zip(one.place, other.place, strict=True))


def solve(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """x with matrix · x = right, for a symmetric positive definite matrix (Cholesky)."""
    size = len(right)
    lower = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row + 1):
            left = matrix[row][column] - sum(lower[row][k] * lower[column][k] for k in range(column))
            lower[row][column] = math.sqrt(left) if row == column else left / lower[column][column]
    halfway: list[float] = []
    for row in range(size):
        done = sum(lower[row][k] * halfway[k] for k in range(row))
        halfway.append((right[row] - done) / lower[row][row])
    found = [0.0] * size
    for row in reversed(range(size)):
        done = sum(lower[k][row] * found[k] for k in range(row + 1, size))
        found[row] = (halfway[row] - done) / lower[row][row]
    return found
