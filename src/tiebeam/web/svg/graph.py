"""Draws a laid-out workflow graph from left to right."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from tiebeam.web.svg.layout import MAX_NODES, Edge, Layout, Node, collapse_groups, lay_out

_WIDTH, _HEIGHT = 164, 48
_GAP_X, _GAP_Y = 52, 22
_MARGIN = 12
_BACK_LANE = 26


def draw_graph(nodes: Sequence[Node], edges: Sequence[Edge], *, name: str) -> Markup:
    """An SVG named `name` for screen readers; nodes with `href` are links. Past 60 nodes groups are collapsed."""
    if not nodes:
        return Markup("")
    if len(nodes) > MAX_NODES:
        nodes, edges = collapse_groups(nodes, edges)
    layout = lay_out(nodes, edges)
    loops = sum(1 for _, is_back, _ in layout.paths if is_back)
    columns = max(layout.layer.values()) + 1
    rows = max(layout.row.values()) + 1
    width = 2 * _MARGIN + columns * _WIDTH + (columns - 1) * _GAP_X
    height = round(2 * _MARGIN + rows * _HEIGHT + (rows - 1) * _GAP_Y + loops * _BACK_LANE)
    states = {node.id: node.state for node in nodes}
    lines = _edges(layout, states, floor=height - loops * _BACK_LANE)
    boxes = "".join(_box(node, layout) for node in nodes)
    return Markup(  # noqa: S704 - every text inside was escaped where it was put in
        f'<svg class="graph" role="group" aria-label="{escape(name)}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto-start-reverse"><path class="arrow" d="M0 0.5 8 4 0 7.5z"/></marker></defs>'
        f"{lines}{boxes}</svg>"
    )


def _corner(name: str, layout: Layout) -> tuple[float, float]:
    x = _MARGIN + layout.layer[name] * (_WIDTH + _GAP_X)
    return x, _MARGIN + layout.row[name] * (_HEIGHT + _GAP_Y)


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _box(node: Node, layout: Layout) -> str:
    x, y = _corner(node.id, layout)
    title_y = y + (20 if node.note else 28)
    inside = (
        f"<title>{escape(node.label)}{escape(': ' + node.note if node.note else '')}</title>"
        f'<rect class="node {escape(node.state)}" x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>'
        f'<text class="title" x="{x + 12}" y="{title_y}">{escape(_shortened(node.label, 23))}</text>'
    )
    if node.note:
        inside += f'<text class="state" x="{x + 12}" y="{y + 37}">{escape(_shortened(node.note, 25))}</text>'
    shape = f"<g>{inside}</g>"
    return f'<a href="{escape(node.href)}" data-key="{escape(node.id)}">{shape}</a>' if node.href else shape


def _edges(layout: Layout, states: dict[str, str], *, floor: float) -> str:
    drawn: list[str] = []
    lane = 0
    for edge, is_back, way in layout.paths:
        if is_back:
            drawn.append(_back_edge(edge, layout, floor + lane * _BACK_LANE))
            lane += 1
            continue
        is_idle = bool(states.get(edge.source)) and states.get(edge.target) in {"", "skipped"}
        drawn.append(_forward_edge(edge, layout, way, "edge idle" if is_idle else "edge"))
    return "".join(drawn)


def _forward_edge(edge: Edge, layout: Layout, way: list[str], style: str) -> str:
    x, y = _corner(way[0], layout)
    here_x, here_y = x + _WIDTH, y + _HEIGHT / 2
    path = [f"M{here_x:g} {here_y:g}"]
    middle = (here_x, here_y)
    for name in way[1:]:
        x, y = _corner(name, layout)
        next_y = y + _HEIGHT / 2
        bend = (x - here_x) / 2
        path.append(f"C{here_x + bend:g} {here_y:g} {x - bend:g} {next_y:g} {x:g} {next_y:g}")
        if name == way[1]:
            middle = ((here_x + x) / 2, (here_y + next_y) / 2)
        here_x, here_y = x, next_y
        if name.startswith("\0"):
            path.append(f"h{_WIDTH}")
            here_x = x + _WIDTH
    text = ""
    if edge.label:
        at = f'x="{middle[0]:g}" y="{middle[1] - 3:g}"'
        text = f'<text class="edge-label" text-anchor="middle" {at}>{escape(edge.label)}</text>'
    return f'<path class="{style}" marker-end="url(#arrow)" d="{"".join(path)}"/>{text}'


def _back_edge(edge: Edge, layout: Layout, lane_y: float) -> str:
    from_x, from_y = _corner(edge.source, layout)
    to_x, to_y = _corner(edge.target, layout)
    start, end = from_x + _WIDTH / 2, to_x + _WIDTH / 2
    label = escape(edge.label or "again")
    return (
        f'<path class="edge back" marker-end="url(#arrow)" d="M{start:g} {from_y + _HEIGHT:g}V{lane_y + 6:g}q0 8 -8 8'
        f'H{end + 8:g}q-8 0 -8 -8V{to_y + _HEIGHT:g}"/>'
        f'<text class="edge-label" text-anchor="middle" x="{(start + end) / 2:g}" y="{lane_y + 11:g}">{label}</text>'
    )
