"""Lines over a share from none to all, with zones to beware of at either end and the place where one stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from tiebeam.web.svg.charts import Formatter, frame
from tiebeam.web.svg.scale import Scale, linear_ticks, short_number

_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 18, 24
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class ShareLine:
    """`points` are (share, value) pairs from left to right."""

    name: str
    points: tuple[tuple[float, float], ...]
    tone: str = "s1"


@dataclass(frozen=True, slots=True)
class Zone:
    """From one share to another, shaded and named."""

    start: float
    end: float
    label: str


def share_chart(
    lines: Sequence[ShareLine],
    *,
    name: str,
    zones: Sequence[Zone] = (),
    here: float | None = None,
    width: int = 640,
    height: int = 240,
    shown: Formatter = short_number,
) -> Markup:
    """Both axes are linear, and nothing is drawn without a point. `here` is the share that is in force."""
    values = [value for one in lines for _, value in one.points]
    if not values:
        return frame("", width=width, height=height, name=name)
    up = Scale(linear_ticks(min(0.0, *values), max(0.0, *values)), height - _BOTTOM, _TOP)
    across = Scale(_TICKS, _LEFT, width - _RIGHT)
    parts = [_zone(one, across, height=height) for one in zones if one.end > one.start]
    parts.append(_axes(across, up, width=width, height=height, shown=shown))
    if here is not None:
        parts.append(f'<path class="reference" d="M{across.at(here):g} {_TOP}V{height - _BOTTOM}"/>')
    parts += [f'<path class="line {one.tone}" d="{_path(one, across, up)}"/>' for one in lines if one.points]
    parts.append(_tips(lines, across, height=height, shown=shown))
    return frame("".join(parts), width=width, height=height, name=name)


def _zone(zone: Zone, across: Scale, *, height: int) -> str:
    left, right = across.at(zone.start), across.at(zone.end)
    anchor, x = ("start", left) if zone.start < 0.5 else ("end", right)
    return (
        f'<rect class="fill warn area" x="{left:g}" y="{_TOP}" width="{right - left:g}" '
        f'height="{height - _TOP - _BOTTOM}"/>'
        f'<text text-anchor="{anchor}" x="{x:g}" y="{_TOP - 5}">{escape(zone.label)}</text>'
    )


def _axes(across: Scale, up: Scale, *, width: int, height: int, shown: Formatter) -> str:
    parts: list[str] = []
    for tick in up.ticks:
        y = up.at(tick)
        base = " base" if tick == 0 else ""
        parts.append(
            f'<path class="axis{base}" d="M{_LEFT} {y:g}H{width - _RIGHT}"/>'
            f'<text text-anchor="end" x="{_LEFT - 6}" y="{y + 4:g}">{escape(shown(tick))}</text>'
        )
    parts += [
        f'<text text-anchor="middle" x="{across.at(tick):g}" y="{height - 6}">{tick:.0%}</text>' for tick in _TICKS
    ]
    return "".join(parts)


def _path(line: ShareLine, across: Scale, up: Scale) -> str:
    found = [f"{across.at(share):g} {up.at(value):g}" for share, value in line.points]
    return "M" + "L".join(found) + ("h0.01" if len(found) == 1 else "")


def _tips(lines: Sequence[ShareLine], across: Scale, *, height: int, shown: Formatter) -> str:
    """One column for each share of the first line, with every line's value there."""
    first = lines[0].points
    half = (across.at(1) - across.at(0)) / max(1, len(first) - 1) / 2
    parts: list[str] = []
    for place, (share, _) in enumerate(first):
        x = across.at(share)
        said = ", ".join(f"{one.name} {shown(one.points[place][1])}" for one in lines if place < len(one.points))
        left, right = max(across.at(0), x - half), min(across.at(1), x + half)
        parts.append(
            f'<rect class="mark" x="{left:g}" y="{_TOP}" width="{max(right - left, 0.5):g}" '
            f'height="{height - _TOP - _BOTTOM}" data-tip="{share:.0%}: {escape(said)}"/>'
        )
    return "".join(parts)
