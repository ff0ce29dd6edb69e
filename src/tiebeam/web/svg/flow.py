"""Draws a workflow with steps inside steps: what is repeated lies in a frame, what goes on side by side lies below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from tiebeam.web.svg.layout import Edge, Node, lay_out
from tiebeam.web.svg.marks import MARK_SIZE, mark
from tiebeam.web.svg.text import lines_of, shortened

_PAGE = 1114
_MARGIN = 8
_NARROW, _BROAD, _HEIGHT = 96, 172, 64
_GAP, _GAP_Y = 32, 14
_PADDING, _LETTER = 8, 6.1
_FRAME, _HEAD, _FOOT, _LANE = 12, 40, 12, 20
_DUMMY = 10
MAX_STEPS = 60
"""Past so many steps the frames are drawn shut."""


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A step of the picture. `inner` makes it a frame; `again` is written at the arrow that leads back in it."""

    node: Node
    inner: tuple[FlowStep, ...] = ()
    inner_edges: tuple[Edge, ...] = ()
    again: str = ""


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a step lies, from the upper left corner of its body."""

    step: FlowStep
    width: float
    height: float
    body: _Body | None = None


@dataclass(slots=True)
class _Body:
    boxes: dict[str, _Box] = field(default_factory=dict[str, _Box])
    corners: dict[str, tuple[float, float, float]] = field(default_factory=dict[str, tuple[float, float, float]])
    """Left, middle and width of each box, and of each place a long edge passes through."""
    paths: list[tuple[Edge, list[str]]] = field(default_factory=list[tuple[Edge, list[str]]])
    width: float = 0
    height: float = 0


def draw_flow(steps: Sequence[FlowStep], edges: Sequence[Edge], *, name: str) -> Markup:
    """An SVG named `name` for screen readers; steps with `href` are links."""
    if not steps:
        return Markup("")
    if _count(steps) > MAX_STEPS:
        steps = [FlowStep(one.node) for one in steps]
    columns, frames = _columns(steps, edges)
    broad = (_PAGE - 2 * _MARGIN - (columns - 1) * _GAP - frames * 2 * _FRAME) / columns
    body = _measured(steps, edges, box=round(min(_BROAD, max(_NARROW, broad))))
    width, height = round(body.width + 2 * _MARGIN), round(body.height + 2 * _MARGIN)
    drawn = _drawn(body, _MARGIN, _MARGIN)
    return Markup(  # noqa: S704 - every text inside was escaped where it was put in
        f'<svg class="graph flow" role="group" aria-label="{escape(name)}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto-start-reverse"><path class="arrow" d="M0 0.5 8 4 0 7.5z"/></marker></defs>'
        f"{drawn}</svg>"
    )


def _count(steps: Sequence[FlowStep]) -> int:
    return sum(1 + _count(one.inner) for one in steps)


def _columns(steps: Sequence[FlowStep], edges: Sequence[Edge]) -> tuple[int, int]:
    """How many boxes stand beside one another where the picture is broadest, and how many frames are around them."""
    layers = lay_out([one.node for one in steps], list(edges)).layer
    broad: dict[int, tuple[int, int]] = {}
    for one in steps:
        layer = layers[one.node.id]
        boxes, frames = _columns(one.inner, one.inner_edges) if one.inner else (1, -1)
        broad[layer] = max(broad.get(layer, (1, 0)), (boxes, frames + 1))
    return sum(boxes for boxes, _ in broad.values()), sum(frames for _, frames in broad.values())


def _measured(steps: Sequence[FlowStep], edges: Sequence[Edge], *, box: float) -> _Body:
    body = _Body({one.node.id: _sized(one, box=box) for one in steps})
    layout = lay_out([one.node for one in steps], list(edges))
    columns: dict[int, list[str]] = {}
    for name in sorted(layout.layer, key=lambda one: layout.row[one]):
        columns.setdefault(layout.layer[name], []).append(name)
    tall = {level: _tall(names, body.boxes) for level, names in columns.items()}
    body.height = max(tall.values())
    left = 0.0
    for level in sorted(columns):
        wide = max(body.boxes[name].width if name in body.boxes else 0 for name in columns[level]) or box
        top = (body.height - tall[level]) / 2
        for name in columns[level]:
            one = body.boxes.get(name)
            high, width = (_DUMMY, wide) if one is None else (one.height, one.width)
            body.corners[name] = (left + (wide - width) / 2, top + high / 2, width)
            top += high + _GAP_Y
        left += wide + _GAP
    body.width = left - _GAP
    body.paths = [(edge, way) for edge, is_back, way in layout.paths if not is_back]
    return body


def _tall(names: Sequence[str], boxes: Mapping[str, _Box]) -> float:
    return sum(boxes[name].height if name in boxes else _DUMMY for name in names) + _GAP_Y * (len(names) - 1)


def _sized(step: FlowStep, *, box: float) -> _Box:
    if not step.inner:
        return _Box(step, box, _HEIGHT)
    body = _measured(step.inner, step.inner_edges, box=box)
    lane = _LANE if step.again else 0
    return _Box(step, max(body.width + 2 * _FRAME, box), body.height + _HEAD + _FOOT + lane, body)


def _drawn(body: _Body, x: float, y: float) -> str:
    states = {name: box.step.node.state for name, box in body.boxes.items()}
    lines = "".join(_edge(edge, way, body, states, x, y) for edge, way in body.paths)
    boxes = ""
    for name, box in body.boxes.items():
        left, middle, _ = body.corners[name]
        boxes += _box(box, x + left, y + middle - box.height / 2)
    return lines + boxes


def _edge(edge: Edge, way: list[str], body: _Body, states: Mapping[str, str], x: float, y: float) -> str:
    left, middle, width = body.corners[way[0]]
    here_x, here_y = x + left + width, y + middle
    path = [f"M{here_x:g} {here_y:g}"]
    for name in way[1:]:
        left, middle, width = body.corners[name]
        next_x, next_y = x + left, y + middle
        bend = (next_x - here_x) / 2
        path.append(f"C{here_x + bend:g} {here_y:g} {next_x - bend:g} {next_y:g} {next_x:g} {next_y:g}")
        here_x, here_y = next_x, next_y
        if name not in body.boxes:
            path.append(f"h{width:g}")
            here_x += width
    is_idle = bool(states[edge.source]) and states[edge.target] in {"", "skipped"}
    return f'<path class="edge{" idle" if is_idle else ""}" marker-end="url(#arrow)" d="{"".join(path)}"/>'


def _box(box: _Box, x: float, y: float) -> str:
    node = box.step.node
    said = f"{node.label}: {node.note}" if node.note else node.label
    kind = " frame" if box.body is not None else ""
    inside = (
        f"<title>{escape(said)}</title>"
        f'<rect class="node{kind} {escape(node.state)}" x="{x:g}" y="{y:g}" width="{box.width:g}" '
        f'height="{box.height:g}" rx="{10 if kind else 8}"/>'
    )
    inside += _head(box, x, y) if box.body is not None else _label(box, x, y)
    if box.step.node.mark:
        inside += mark(box.step.node.mark, x + box.width - MARK_SIZE - 7, y + 7)
    shape = f"<g>{inside}</g>"
    if node.href:
        shape = f'<a href="{escape(node.href)}" data-key="{escape(node.id)}">{shape}</a>'
    if box.body is None:
        return shape
    again = _again(box, x, y) if box.step.again else ""
    return shape + again + _drawn(box.body, x + (box.width - box.body.width) / 2, y + _HEAD)


def _label(box: _Box, x: float, y: float) -> str:
    node = box.step.node
    letters = int((box.width - 2 * _PADDING) / _LETTER) - (2 if box.step.node.mark else 0)
    lines = lines_of(node.label, letters)
    baseline = y + (box.height - 14 * (len(lines) + bool(node.note))) / 2 + 11
    drawn = "".join(
        f'<text class="title" x="{x + _PADDING:g}" y="{baseline + 14 * place:g}">{escape(line)}</text>'
        for place, line in enumerate(lines)
    )
    return drawn + _note(node, letters + 2, x + _PADDING, baseline + 14 * len(lines))


def _head(box: _Box, x: float, y: float) -> str:
    node = box.step.node
    letters = int((box.width - 2 * _FRAME - MARK_SIZE) / _LETTER)
    title = escape(shortened(node.label, letters))
    return f'<text class="title" x="{x + _FRAME:g}" y="{y + 17:g}">{title}</text>' + _note(
        node, letters, x + _FRAME, y + 31
    )


def _note(node: Node, letters: int, x: float, y: float) -> str:
    if not node.note:
        return ""
    return f'<text class="state" x="{x:g}" y="{y:g}">{escape(shortened(node.note, letters))}</text>'


def _again(box: _Box, x: float, y: float) -> str:
    """The way back from the end of a turn to its beginning, along the bottom of the frame."""
    bottom, left, right = y + box.height - 9, x + _FRAME + 6, x + box.width - _FRAME - 6
    letters = int((right - left - 24) / _LETTER)
    return (
        f'<path class="edge back" marker-end="url(#arrow)" d="M{right:g} {bottom - 10:g}q0 10 -10 10H{left + 10:g}'
        f'q-10 0 -10 -10"/><text class="edge-label" text-anchor="middle" x="{(left + right) / 2:g}" y="{bottom - 5:g}">'
        f"{escape(shortened(box.step.again, letters))}</text>"
    )
