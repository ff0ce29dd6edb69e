"""Heat grids, waterfalls and time spans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from tiebeam.web.svg.charts import frame
from tiebeam.web.svg.scale import Scale, short_number, thinned

Formatter = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class WaterfallPart:
    label: str
    value: float
    is_total: bool = False
    """A total starts from zero again instead of adding to what came before."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in seconds from the common start."""

    label: str
    start: float
    end: float
    tone: str = "s1"
    note: str = ""
    href: str = ""


def heat_grid(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float | None]],
    *,
    name: str,
    shown: Formatter = short_number,
) -> Markup:
    """Cells shaded by value between the smallest and the largest; None stays empty and says so."""
    known = [value for line in values for value in line if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    left, top, cell, tall = 150, 24, 44, 28
    parts: list[str] = []
    for index, label in enumerate(columns):
        parts.append(f'<text text-anchor="middle" x="{left + cell * (index + 0.5):g}" y="16">{escape(label)}</text>')
    for row, label in enumerate(rows):
        y = top + tall * row
        parts.append(f'<text class="label" text-anchor="end" x="{left - 8}" y="{y + 18}">{escape(label)}</text>')
        for column, value in enumerate(values[row]):
            said = "no data" if value is None else shown(value)
            strength = 0.0 if value is None else 0.12 + 0.88 * ((value - low) / (high - low) if high > low else 1.0)
            style = "heat-none" if value is None else "heat"
            opacity = "" if value is None else f' fill-opacity="{strength:.2f}"'
            parts.append(
                f'<rect class="{style}"{opacity} x="{left + cell * column + 1}" y="{y + 1}" width="{cell - 2}" '
                f'height="{tall - 2}" rx="3" data-tip="{escape(label)}, {escape(columns[column])}: {escape(said)}"/>'
            )
    width, height = left + cell * len(columns) + 4, top + tall * len(rows) + 4
    return frame("".join(parts), width=width, height=height, name=name)


def waterfall(
    parts: Sequence[WaterfallPart], *, name: str, width: int = 560, height: int = 220, shown: Formatter = short_number
) -> Markup:
    """How one total becomes another: rises in green, falls in red, totals in the accent."""
    levels: list[tuple[float, float]] = []
    level = 0.0
    for part in parts:
        start = 0.0 if part.is_total else level
        level = part.value if part.is_total else level + part.value
        levels.append((start, level))
    edges = [edge for pair in levels for edge in pair] or [0.0]
    bottom_px, top_px, left, right = height - 24, 20, 8, 8
    scale = Scale([min(0.0, *edges, 0.0), max(*edges, 1e-9)], bottom_px, top_px)
    slot = (width - left - right) / max(1, len(parts))
    thick = min(64.0, slot * 0.6)
    drawn = [f'<path class="axis base" d="M{left} {scale.at(0):g}H{width - right}"/>']
    for index, (part, (start, end)) in enumerate(zip(parts, levels, strict=True)):
        x = left + slot * (index + 0.5)
        high, low = scale.at(max(start, end)), scale.at(min(start, end))
        tone = "accent" if part.is_total else "ok" if part.value >= 0 else "bad"
        amount = part.value or 0.0  # Minus zero reads as zero.
        said = escape(f"+{shown(amount)}" if amount > 0 and not part.is_total else shown(amount))
        drawn.append(
            f'<rect class="fill {tone}" x="{x - thick / 2:g}" y="{high:g}" width="{thick:g}" '
            f'height="{max(low - high, 1):g}" rx="2" data-tip="{escape(part.label)}: {said}"/>'
            f'<text class="value" text-anchor="middle" x="{x:g}" y="{high - 5:g}">{said}</text>'
            f'<text class="label" text-anchor="middle" x="{x:g}" y="{height - 7}">{escape(part.label)}</text>'
        )
        if index + 1 < len(parts):
            y = scale.at(end)
            drawn.append(f'<path class="reference" d="M{x + thick / 2:g} {y:g}H{x + slot - thick / 2:g}"/>')
    return frame("".join(drawn), width=width, height=height, name=name)


def span_chart(spans: Sequence[Span], *, name: str, shown: Formatter, width: int = 720) -> Markup:
    """Bars on a common clock, one row each; a span shorter than a pixel still shows."""
    left, right, top, tall = 210, 84, 6, 26
    end = max((span.end for span in spans), default=1.0) or 1.0
    scale = Scale([0.0, end], left, width - right)
    drawn: list[str] = []
    for row, index in enumerate(thinned(len(spans))):
        span = spans[index]
        y = top + tall * row
        x, until = scale.at(max(0.0, span.start)), scale.at(span.end)
        said = span.note or shown(span.end - span.start)
        label = span.label if len(span.label) <= 34 else f"{span.label[:33]}…"
        bar = (
            f'<text class="label" text-anchor="end" x="{left - 12}" y="{y + 16}">{escape(label)}</text>'
            f'<path class="axis" d="M{left} {y + 25}H{width - right}"/>'
            f'<rect class="fill {span.tone}" x="{x:g}" y="{y + 6}" width="{max(until - x, 2):g}" height="12" rx="2" '
            f'data-tip="{escape(span.label)}: {escape(said)}"/>'
            f'<text x="{width - right + 8}" y="{y + 16}">{escape(said)}</text>'
        )
        drawn.append(f'<a href="{escape(span.href)}">{bar}</a>' if span.href else bar)
    return frame("".join(drawn), width=width, height=top * 2 + tall * min(len(spans), 200), name=name, style="spans")
