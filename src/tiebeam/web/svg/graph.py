"""Draws a laid-out workflow graph from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from tiebeam.web.svg.layout import MAX_NODES, Edge, Layout, Node, collapse_groups, lay_out
from tiebeam.web.svg.marks import MARK_SIZE, mark
from tiebeam.web.svg.text import lines_of, shortened

_PAGE = 1114
_NARROW, _BROAD, _HEIGHT = 80, 172, 64
_GAP, _TIGHT_GAP, _LABEL_GAP, _GAP_Y = 36, 20, 50, 16
_MOST_AT_EASE = 8
_MARGIN = 8
_BACK_LANE = 24
_PADDING = 8
_LETTER = 6.1


@dataclass(frozen=True, slots=True)
class _Canvas:
    """Boxes are as wide as the page allows for the number of layers, so that most graphs show without scrolling."""

    layout: Layout
    box: float
    gap: float

    @property
    def letters(self) -> int:
        return int((self.box - 2 * _PADDING) / _LETTER)

    def corner(self, name: str) -> tuple[float, float]:
        x = _MARGIN + self.layout.layer[name] * (self.box + self.gap)
        return x, _MARGIN + self.layout.row[name] * (_HEIGHT + _GAP_Y)


def draw_graph(nodes: Sequence[Node], edges: Sequence[Edge], *, name: str) -> Markup:
    """An SVG named `name` for screen readers; nodes with `href` are links. Past 60 nodes groups are collapsed."""
    if not nodes:
        return Markup("")
    if len(nodes) > MAX_NODES:
        nodes, edges = collapse_groups(nodes, edges)
    layout = lay_out(nodes, edges)
    loops = sum(1 for _, is_back, _ in layout.paths if is_back)
    columns = max(layout.layer.values()) + 1
    gap = _gap(layout, columns)
    box = (_PAGE - 2 * _MARGIN - (columns - 1) * gap) / columns
    canvas = _Canvas(layout, round(min(_BROAD, max(_NARROW, box))), gap)
    rows = max(layout.row.values()) + 1
    width = round(2 * _MARGIN + columns * canvas.box + (columns - 1) * canvas.gap)
    floor = 2 * _MARGIN + rows * _HEIGHT + (rows - 1) * _GAP_Y
    height = round(floor + loops * _BACK_LANE)
    states = {node.id: node.state for node in nodes}
    lines = _edges(canvas, states, floor=floor)
    boxes = "".join(_box(node, canvas) for node in nodes)
    return Markup(  # noqa: S704 - every text inside was escaped where it was put in
        f'<svg class="graph" role="group" aria-label="{escape(name)}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto-start-reverse"><path class="arrow" d="M0 0.5 8 4 0 7.5z"/></marker></defs>'
        f"{lines}{boxes}</svg>"
    )


def _gap(layout: Layout, columns: int) -> float:
    if any(edge.label for edge, is_back, _ in layout.paths if not is_back):
        return _LABEL_GAP
    return _GAP if columns <= _MOST_AT_EASE else _TIGHT_GAP


def _box(node: Node, canvas: _Canvas) -> str:
    x, y = canvas.corner(node.id)
    lines = lines_of(node.label, canvas.letters - (2 if node.mark else 0))
    height = 14 * len(lines) + (14 if node.note else 0)
    baseline = y + (_HEIGHT - height) / 2 + 11
    inside = (
        f"<title>{escape(f'{node.label}: {node.note}' if node.note else node.label)}</title>"
        f'<rect class="node {escape(node.state)}" x="{x:g}" y="{y:g}" width="{canvas.box:g}" '
        f'height="{_HEIGHT}" rx="8"/>'
    )
    for index, line in enumerate(lines):
        inside += f'<text class="title" x="{x + _PADDING:g}" y="{baseline + 14 * index:g}">{escape(line)}</text>'
    if node.note:
        note_y = baseline + 14 * len(lines)
        note = escape(shortened(node.note, canvas.letters + 2))
        inside += f'<text class="state" x="{x + _PADDING:g}" y="{note_y:g}">{note}</text>'
    if node.mark:
        inside += mark(node.mark, x + canvas.box - MARK_SIZE - 6, y + 6)
    shape = f"<g>{inside}</g>"
    return f'<a href="{escape(node.href)}" data-key="{escape(node.id)}">{shape}</a>' if node.href else shape


def _edges(canvas: _Canvas, states: dict[str, str], *, floor: float) -> str:
    drawn: list[str] = []
    lane = 0
    for edge, is_back, way in canvas.layout.paths:
        is_idle = bool(states.get(edge.source)) and states.get(edge.target) in {"", "skipped"}
        style = "edge idle" if is_idle else "edge"
        if is_back:
            drawn.append(_back_edge(edge, canvas, floor + lane * _BACK_LANE, style))
            lane += 1
        else:
            drawn.append(_forward_edge(edge, canvas, way, style))
    return "".join(drawn)


def _forward_edge(edge: Edge, canvas: _Canvas, way: list[str], style: str) -> str:
    x, y = canvas.corner(way[0])
    here_x, here_y = x + canvas.box, y + _HEIGHT / 2
    path = [f"M{here_x:g} {here_y:g}"]
    label_at = (here_x, here_y)
    for name in way[1:]:
        x, y = canvas.corner(name)
        next_y = y + _HEIGHT / 2
        bend = (x - here_x) / 2
        path.append(f"C{here_x + bend:g} {here_y:g} {x - bend:g} {next_y:g} {x:g} {next_y:g}")
        if name == way[1]:
            label_at = ((here_x + x) / 2, here_y + (next_y - here_y) * 0.62)
        here_x, here_y = x, next_y
        if name.startswith("\0"):
            path.append(f"h{canvas.box:g}")
            here_x = x + canvas.box
    text = ""
    if edge.label:
        at = f'x="{label_at[0]:g}" y="{label_at[1] - 4:g}"'
        text = f'<text class="edge-label" text-anchor="middle" {at}>{escape(edge.label)}</text>'
    return f'<path class="{style}" marker-end="url(#arrow)" d="{"".join(path)}"/>{text}'


def _back_edge(edge: Edge, canvas: _Canvas, lane_y: float, style: str) -> str:
    from_x, from_y = canvas.corner(edge.source)
    to_x, to_y = canvas.corner(edge.target)
    start, end = from_x + canvas.box / 2, to_x + canvas.box / 2
    label = escape(edge.label or "again")
    return (
        f'<path class="{style} back" marker-end="url(#arrow)" d="M{start:g} {from_y + _HEIGHT:g}V{lane_y + 2:g}'
        f'q0 8 -8 8H{end + 8:g}q-8 0 -8 -8V{to_y + _HEIGHT:g}"/>'
        f'<text class="edge-label" text-anchor="middle" x="{(start + end) / 2:g}" y="{lane_y + 14:g}">{label}</text>'
    )
