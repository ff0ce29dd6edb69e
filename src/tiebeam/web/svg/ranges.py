"""Bars that lie: ranges with a middle, what moves a result most, and a cost laid down part by part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from tiebeam.web.svg.charts import frame
from tiebeam.web.svg.grids import WaterfallPart
from tiebeam.web.svg.scale import Scale, linear_ticks, short_number

Formatter = Callable[[float], str]
_LEFT, _RIGHT, _TOP, _TALL, _FOOT = 158, 58, 8, 24, 22
_LETTER = 6


@dataclass(frozen=True, slots=True)
class RangeBar:
    """From `low` to `high` with a mark at `middle`."""

    label: str
    low: float
    middle: float
    high: float
    tone: str = "s1"


@dataclass(frozen=True, slots=True)
class Swing:
    """A result at the low and at the high end of one figure; `low` and `high` say which ends."""

    label: str
    at_low: float
    at_high: float
    low: str
    high: str
    href: str = ""


def range_chart(
    bars: Sequence[RangeBar],
    *,
    name: str,
    reference: float | None = None,
    shown: Formatter = short_number,
    width: int = 460,
    left: int = _LEFT,
) -> Markup:
    """One row a bar on a common scale; `reference` is a dashed line through all of them, `left` room for the labels."""
    edges = [edge for bar in bars for edge in (bar.low, bar.high)] + ([] if reference is None else [reference])
    scale = _scale(edges, width, left)
    drawn = [_axis(scale, len(bars), shown=shown)]
    for row, bar in enumerate(bars):
        y = _TOP + _TALL * row
        start, middle, end = scale.at(bar.low), scale.at(bar.middle), scale.at(bar.high)
        said = escape(f"{bar.label}: {shown(bar.low)} – {shown(bar.middle)} – {shown(bar.high)}")
        drawn.append(
            f"{_label(bar.label, y, left)}"
            f'<rect class="fill {bar.tone} range" x="{start:g}" y="{y + 6}" width="{max(end - start, 2):g}" '
            f'height="12" rx="2" data-tip="{said}"/>'
            f'<path class="middle" d="M{middle:g} {y + 3}v18"/>'
            f'<text class="value" x="{width - _RIGHT + 8}" y="{y + 16}">{escape(shown(bar.middle))}</text>'
        )
    if reference is not None:
        drawn.append(f'<path class="reference" d="M{scale.at(reference):g} {_TOP}V{_TOP + _TALL * len(bars)}"/>')
    return frame("".join(drawn), width=width, height=_height(len(bars)), name=name)


def tornado_chart(
    swings: Sequence[Swing], centre: float, *, name: str, shown: Formatter = short_number, width: int = 460
) -> Markup:
    """Widest first as given: each bar runs from the result at the low end to that at the high end of its figure."""
    edges = [edge for one in swings for edge in (one.at_low, one.at_high)] + [centre]
    ticks = linear_ticks(min(edges), max(edges))
    scale = Scale(ticks, _LEFT, width - _RIGHT)
    drawn = [_axis(scale, len(swings), shown=shown)]
    middle = scale.at(centre)
    for row, one in enumerate(swings):
        y = _TOP + _TALL * row
        parts: list[str] = []
        for at, end, tone in ((one.at_low, one.low, "s2"), (one.at_high, one.high, "s3")):
            x = scale.at(at)
            tip = escape(f"{one.label} at {end}: {shown(at)}")
            parts.append(
                f'<rect class="fill {tone}" x="{min(x, middle):g}" y="{y + 5}" width="{max(abs(x - middle), 1):g}" '
                f'height="14" rx="1.5" data-tip="{tip}"/>'
            )
        label = _label(one.label, y)
        label = f'<a href="{escape(one.href)}">{label}</a>' if one.href else label
        swing = max(one.at_high, one.at_low, centre) - min(one.at_high, one.at_low, centre)
        drawn.append(
            f"{label}{''.join(parts)}"
            f'<text class="value" x="{width - _RIGHT + 8}" y="{y + 16}">{escape(shown(swing))}</text>'
        )
    drawn.append(f'<path class="axis base" d="M{middle:g} {_TOP}V{_TOP + _TALL * len(swings)}"/>')
    return frame("".join(drawn), width=width, height=_height(len(swings)), name=name)


def ladder(parts: Sequence[WaterfallPart], *, name: str, shown: Formatter = short_number, width: int = 460) -> Markup:
    """A waterfall whose steps lie below each other, for many parts with long names; totals start from zero again."""
    levels: list[tuple[float, float]] = []
    level = 0.0
    for part in parts:
        start = 0.0 if part.is_total else level
        level = part.value if part.is_total else level + part.value
        levels.append((start, level))
    scale = _scale([edge for pair in levels for edge in pair], width)
    drawn = [_axis(scale, len(parts), shown=shown)]
    for row, (part, (start, end)) in enumerate(zip(parts, levels, strict=True)):
        y = _TOP + _TALL * row
        x, until = scale.at(min(start, end)), scale.at(max(start, end))
        tone = ("accent" if part.value >= 0 else "bad") if part.is_total else "s4" if part.value >= 0 else "ok"
        said = escape(shown(part.value or 0.0))
        drawn.append(
            f"{_label(part.label, y)}"
            f'<rect class="fill {tone}" x="{x:g}" y="{y + 5}" width="{max(until - x, 1):g}" height="14" rx="2" '
            f'data-tip="{escape(part.label)}: {said}"/>'
            f'<text class="value" x="{width - _RIGHT + 8}" y="{y + 16}">{said}</text>'
        )
        if row + 1 < len(parts):
            drawn.append(f'<path class="reference" d="M{scale.at(end):g} {y + 19}v{_TALL - 14}"/>')
    drawn.append(f'<path class="axis base" d="M{scale.at(0):g} {_TOP}V{_TOP + _TALL * len(parts)}"/>')
    return frame("".join(drawn), width=width, height=_height(len(parts)), name=name)


def _scale(edges: Sequence[float], width: int, left: int = _LEFT) -> Scale:
    return Scale(linear_ticks(min(0.0, *edges, 0.0), max(*edges, 0.0, 1e-9)), left, width - _RIGHT)


def _axis(scale: Scale, rows: int, *, shown: Formatter) -> str:
    bottom = _TOP + _TALL * rows
    return "".join(
        f'<path class="axis" d="M{scale.at(tick):g} {_TOP}V{bottom}"/>'
        f'<text text-anchor="middle" x="{scale.at(tick):g}" y="{bottom + 15}">{escape(shown(tick))}</text>'
        for tick in scale.ticks
    )


def _label(text: str, y: int, left: int = _LEFT) -> str:
    longest = left // _LETTER
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return f'<text class="label" text-anchor="end" x="{left - 10}" y="{y + 16}">{escape(cut)}</text>'


def _height(rows: int) -> int:
    return _TOP + _TALL * rows + _FOOT
