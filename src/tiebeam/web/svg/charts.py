"""Bars, lines and sparklines. Each mark carries its value as `data-tip`; the page shows the same data as a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from tiebeam.web.svg.scale import Scale, linear_ticks, log_ticks, short_number, thinned

_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 8, 22
Formatter = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    value: float
    tone: str = "s1"
    href: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """`values` run parallel to the labels of the chart; None is a gap, never zero."""

    name: str
    values: tuple[float | None, ...]
    tone: str = "s1"


@dataclass(frozen=True, slots=True)
class LineMark:
    """A point of a line chart worth naming, over the label at `index`."""

    index: int
    value: float
    label: str


def frame(body: str, *, width: int, height: int, name: str, style: str = "") -> Markup:
    """The outer element every chart shares."""
    return Markup(  # noqa: S704 - every text inside was escaped where it was put in
        f'<svg class="{style}" role="img" aria-label="{escape(name)}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{body}</svg>'
    )


def _y_axis(scale: Scale, *, width: int, shown: Formatter) -> str:
    parts: list[str] = []
    for index, tick in enumerate(scale.ticks):
        y = scale.at(tick)
        base = " base" if index == 0 else ""
        parts.append(
            f'<path class="axis{base}" d="M{_LEFT} {y:g}H{width - _RIGHT}"/>'
            f'<text text-anchor="end" x="{_LEFT - 6}" y="{y + 4:g}">{escape(shown(tick))}</text>'
        )
    return "".join(parts)


def _x_labels(labels: Sequence[str], at: Callable[[int], float], *, height: int, room: float) -> str:
    longest = max((len(label) for label in labels), default=1)
    stride = max(1, math.ceil(len(labels) * (longest * 5.5 + 8) / max(1.0, room)))
    return "".join(
        f'<text text-anchor="middle" x="{at(index):g}" y="{height - 6}">{escape(labels[index])}</text>'
        for index in range(0, len(labels), stride)
    )


def bar_chart(
    bars: Sequence[Bar], *, name: str, width: int = 560, height: int = 180, shown: Formatter = short_number
) -> Markup:
    """Upright bars from zero; `shown` formats the axis and the tips."""
    stacks = [Series("", tuple(bar.value for bar in bars))]
    tones = [bar.tone for bar in bars]
    return _columns([bar.label for bar in bars], stacks, tones, name=name, width=width, height=height, shown=shown)


def stacked_bars(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    name: str,
    width: int = 560,
    height: int = 180,
    shown: Formatter = short_number,
) -> Markup:
    """One column per label, one layer per series, gaps count as nothing."""
    return _columns(labels, series, None, name=name, width=width, height=height, shown=shown)


def _columns(
    labels: Sequence[str],
    series: Sequence[Series],
    tones: Sequence[str] | None,
    *,
    name: str,
    width: int,
    height: int,
    shown: Formatter,
) -> Markup:
    count = len(labels)
    totals = [sum(one.values[index] or 0.0 for one in series) for index in range(count)]
    scale = Scale(linear_ticks(min(0.0, *totals, 0.0), max(*totals, 0.0, 1e-9)), height - _BOTTOM, _TOP)
    room = width - _LEFT - _RIGHT
    slot = room / max(1, count)
    thick = max(1.0, min(36.0, slot * 0.68))

    def middle(index: int) -> float:
        return round(_LEFT + slot * (index + 0.5), 2)

    parts = [_y_axis(scale, width=width, shown=shown)]
    for index in thinned(count):
        base = 0.0
        for one in series:
            value = one.values[index]
            if not value:
                continue
            top, bottom = scale.at(base + max(value, 0)), scale.at(base + min(value, 0))
            tone = tones[index] if tones else one.tone
            parts.append(
                f'<rect class="fill {tone}" x="{middle(index) - thick / 2:g}" y="{top:g}" width="{thick:g}" '
                f'height="{max(bottom - top, 0.75):g}" rx="1.5"/>'
            )
            base += value
        parts.append(_column_tip(labels[index], series, index, x=middle(index), slot=slot, height=height, shown=shown))
    parts.append(_x_labels(labels, middle, height=height, room=room))
    return frame("".join(parts), width=width, height=height, name=name)


def _column_tip(
    label: str, series: Sequence[Series], index: int, *, x: float, slot: float, height: int, shown: Formatter
) -> str:
    said = ", ".join(f"{one.name} {shown(value)}".strip() for one in series if (value := one.values[index]) is not None)
    return (
        f'<rect class="mark" x="{x - slot / 2:g}" y="{_TOP}" width="{slot:g}" height="{height - _TOP - _BOTTOM}" '
        f'data-tip="{escape(label)}: {escape(said)}"/>'
    )


def line_chart(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    name: str,
    width: int = 560,
    height: int = 180,
    step: bool = False,
    log: bool = False,
    reference: float | None = None,
    marks: Sequence[LineMark] = (),
    shown: Formatter = short_number,
) -> Markup:
    """Lines over labels at equal distances. `log` drops values that are not positive; `reference` is a dashed level."""
    values = [value for one in series for value in one.values if value is not None and (value > 0 or not log)]
    if reference is not None:
        values.append(reference)
    if not values:
        return frame("", width=width, height=height, name=name)
    ticks = log_ticks(min(values), max(values)) if log else linear_ticks(min(0.0, *values), max(values))
    scale = Scale(ticks, height - _BOTTOM, _TOP, log=log)
    room = width - _LEFT - _RIGHT

    def across(index: int) -> float:
        return round(_LEFT + room * (index + 0.5) / len(labels), 2)

    parts = [_y_axis(scale, width=width, shown=shown)]
    if reference is not None:
        y = scale.at(reference)
        parts.append(f'<path class="reference" d="M{_LEFT} {y:g}H{width - _RIGHT}"/>')
    drawn = thinned(len(labels))
    for one in series:
        points = [(across(i), one.values[i]) for i in drawn]
        parts.append(f'<path class="line {one.tone}" d="{_line_path(points, scale, step=step, log=log)}"/>')
    slot = room / max(1, len(drawn))
    parts.extend(_column_tip(labels[i], series, i, x=across(i), slot=slot, height=height, shown=shown) for i in drawn)
    parts.append(_x_labels(labels, across, height=height, room=room))
    parts.extend(_circle(one, across(one.index), scale.at(one.value), width=width) for one in marks)
    return frame("".join(parts), width=width, height=height, name=name)


def _circle(mark: LineMark, x: float, y: float, *, width: int) -> str:
    anchor, aside = ("end", -8) if x > width * 0.5 else ("start", 8)
    return (
        f'<circle class="cross" cx="{x:g}" cy="{y:g}" r="4"/>'
        f'<text class="value" text-anchor="{anchor}" x="{x + aside:g}" y="{y - 8:g}">{escape(mark.label)}</text>'
    )


def _line_path(points: Sequence[tuple[float, float | None]], scale: Scale, *, step: bool, log: bool) -> str:
    path: list[str] = []
    is_pen_down = False
    for x, value in points:
        if value is None or (log and value <= 0):
            is_pen_down = False
            continue
        y = scale.at(value)
        if not is_pen_down:
            path.append(f"M{x:g} {y:g}")
        elif step:
            path.append(f"H{x:g}V{y:g}")
        else:
            path.append(f"L{x:g} {y:g}")
        is_pen_down = True
    if len(path) == 1:
        path.append("h0.01")  # A single point still shows, as a round cap.
    return "".join(path)


def sparkline(values: Sequence[float], *, name: str, width: int = 72, height: int = 22) -> Markup:
    """A line without axes; empty for fewer than two values."""
    if len(values) < 2:
        return Markup("")
    picked = [values[index] for index in thinned(len(values))]
    low, high = min(picked), max(picked)
    scale = Scale([low, high if high > low else low + 1], height - 2, 2)
    room = width - 4
    points = " ".join(
        f"{2 + room * index / (len(picked) - 1):.1f},{scale.at(value):g}" for index, value in enumerate(picked)
    )
    return frame(f'<polyline class="spark" points="{points}"/>', width=width, height=height, name=name)
