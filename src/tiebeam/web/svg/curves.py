"""Curves over two axes in powers of ten: what costs how much at which volume, and where two of them cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from tiebeam.web.svg.charts import Formatter, frame
from tiebeam.web.svg.scale import Scale, log_ticks, short_number, thinned

_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 14, 24
_NEAR_THE_EDGE = 0.6
_ROOM = 40
"""Pixels that half a label of a line may need."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Points with positive coordinates, from left to right; `step` holds a value until the next point."""

    name: str
    points: tuple[tuple[float, float], ...]
    tone: str = "s1"
    step: bool = False


@dataclass(frozen=True, slots=True)
class Marker:
    """A point worth naming. Without `y` it is a dashed line from top to bottom."""

    x: float
    label: str
    y: float | None = None


def curve_chart(
    curves: Sequence[Curve],
    *,
    name: str,
    markers: Sequence[Marker] = (),
    width: int = 640,
    height: int = 240,
    shown_x: Formatter = short_number,
    shown_y: Formatter = short_number,
) -> Markup:
    """Both axes are logarithmic. Empty without a point; markers outside the curves are left out."""
    points = [point for one in curves for point in one.points if point[0] > 0 and point[1] > 0]
    if not points:
        return frame("", width=width, height=height, name=name)
    xs, ys = [x for x, _ in points], [y for _, y in points]
    across = Scale(log_ticks(min(xs), max(xs)), _LEFT, width - _RIGHT, log=True)
    up = Scale(log_ticks(min(ys), max(ys)), height - _BOTTOM, _TOP, log=True)
    parts = [_axes(across, up, width=width, height=height, shown_x=shown_x, shown_y=shown_y)]
    kept = [one for one in markers if min(xs) <= one.x <= max(xs)]
    parts += [_line(one, across, width=width, height=height) for one in kept if one.y is None]
    parts += [f'<path class="line {one.tone}" d="{_path(one, across, up)}"/>' for one in curves if one.points]
    parts.append(_tips(curves, across, height=height, shown_x=shown_x, shown_y=shown_y))
    parts += [_dot(one, one.y, across, up, width=width) for one in kept if one.y is not None]
    return frame("".join(parts), width=width, height=height, name=name)


def _axes(across: Scale, up: Scale, *, width: int, height: int, shown_x: Formatter, shown_y: Formatter) -> str:
    parts: list[str] = []
    for index, tick in enumerate(up.ticks):
        y = up.at(tick)
        base = " base" if index == 0 else ""
        parts.append(
            f'<path class="axis{base}" d="M{_LEFT} {y:g}H{width - _RIGHT}"/>'
            f'<text text-anchor="end" x="{_LEFT - 6}" y="{y + 4:g}">{escape(shown_y(tick))}</text>'
        )
    parts += [
        f'<text text-anchor="middle" x="{across.at(tick):g}" y="{height - 6}">{escape(shown_x(tick))}</text>'
        for tick in across.ticks
    ]
    return "".join(parts)


def _path(curve: Curve, across: Scale, up: Scale) -> str:
    drawn = [curve.points[index] for index in thinned(len(curve.points))]
    (x, y), *rest = [(across.at(x), up.at(y)) for x, y in drawn]
    path = [f"M{x:g} {y:g}"]
    for to_x, to_y in rest:
        path.append(f"H{to_x:g}V{to_y:g}" if curve.step else f"L{to_x:g} {to_y:g}")
    return "".join(path) if rest else f"{path[0]}h0.01"


def _line(marker: Marker, across: Scale, *, width: int, height: int) -> str:
    x = across.at(marker.x)
    anchor = "end" if x > width - _ROOM else "start" if x < _LEFT + _ROOM else "middle"
    return (
        f'<path class="reference" d="M{x:g} {_TOP}V{height - _BOTTOM}"/>'
        f'<text text-anchor="{anchor}" x="{x:g}" y="{_TOP - 4}">{escape(marker.label)}</text>'
    )


def _dot(marker: Marker, y: float, across: Scale, up: Scale, *, width: int) -> str:
    at_x, at_y = across.at(marker.x), up.at(y)
    is_right = at_x > width * _NEAR_THE_EDGE
    anchor, shift = ("end", -9) if is_right else ("start", 9)
    return (
        f'<circle class="cross" cx="{at_x:g}" cy="{at_y:g}" r="4.5"/>'
        f'<text class="value" text-anchor="{anchor}" x="{at_x + shift:g}" y="{at_y + 16:g}">'
        f"{escape(marker.label)}</text>"
    )


def _tips(curves: Sequence[Curve], across: Scale, *, height: int, shown_x: Formatter, shown_y: Formatter) -> str:
    """One column for each x that any curve has, answering with every curve's value there."""
    at: dict[float, list[str]] = {}
    for one in curves:
        for x, y in one.points:
            at.setdefault(x, []).append(f"{one.name} {shown_y(y)}")
    places = sorted(at)
    if len(places) < 2:
        return ""
    middles = [(across.at(a) + across.at(b)) / 2 for a, b in pairwise(places)]
    edges = [across.at(places[0]), *middles, across.at(places[-1])]
    return "".join(
        f'<rect class="mark" x="{left:g}" y="{_TOP}" width="{max(right - left, 0.5):.4g}" '
        f'height="{height - _TOP - _BOTTOM}" data-tip="{escape(shown_x(x))}: {escape(", ".join(at[x]))}"/>'
        for x, (left, right) in zip(places, pairwise(edges), strict=True)
    )
