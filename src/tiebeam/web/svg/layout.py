"""Layered layout of a workflow graph, including graphs that loop back.

The order of work: find the edges that close a loop by depth-first search in file order, put every node on the layer of
its longest path, cut edges over several layers with dummy nodes, then order each layer by the middle of its neighbours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tiebeam.errors import Invalid

MAX_NODES = 60
_SWEEPS = 4


class TooManyNodes(Invalid):
    """A graph past the readable size; its caller collapses groups first."""

    code = "graph_too_large"


@dataclass(frozen=True, slots=True)
class Node:
    id: str
    label: str
    note: str = ""
    """A second line under the label, such as the state in words."""
    state: str = ""
    """CSS class: done, running, waiting, failed, skipped, undone, group or empty."""
    href: str = ""
    group: str = ""
    mark: str = ""
    """Which small sign stands in its corner: person, clock, event, recipe, each, again or empty."""


@dataclass(frozen=True, slots=True)
class Edge:
    source: str
    target: str
    label: str = ""


@dataclass(slots=True)
class Layout:
    """`layer` and `row` per node id and per dummy; `paths` lists for each edge the ids it passes through."""

    layer: dict[str, int]
    row: dict[str, float]
    paths: list[tuple[Edge, bool, list[str]]] = field(default_factory=list[tuple[Edge, bool, list[str]]])
    """Edge, whether it runs backwards, and its way from source to target."""


def back_edges(nodes: Sequence[Node], edges: Sequence[Edge]) -> set[int]:
    """Indices of the edges that close a loop, by depth-first search in the order the nodes were declared."""
    leaving: dict[str, list[int]] = defaultdict(list)
    for index, edge in enumerate(edges):
        leaving[edge.source].append(index)
    state: dict[str, int] = {}
    found: set[int] = set()
    for start in nodes:
        if start.id in state:
            continue
        state[start.id] = 1
        stack = [(start.id, iter(leaving[start.id]))]
        while stack:
            here, rest = stack[-1]
            index = next(rest, None)
            if index is None:
                state[here] = 2
                stack.pop()
                continue
            target = edges[index].target
            if state.get(target) == 1:
                found.add(index)
            elif target not in state:
                state[target] = 1
                stack.append((target, iter(leaving[target])))
    return found


def _layers(nodes: Sequence[Node], forward: Sequence[tuple[str, str]]) -> dict[str, int]:
    waiting = {node.id: 0 for node in nodes}
    leaving: dict[str, list[str]] = defaultdict(list)
    for source, target in forward:
        waiting[target] += 1
        leaving[source].append(target)
    layer = {node.id: 0 for node in nodes}
    ready = [node.id for node in nodes if waiting[node.id] == 0]
    for here in ready:
        for target in leaving[here]:
            layer[target] = max(layer[target], layer[here] + 1)
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return layer


def _with_dummies(forward: Sequence[tuple[int, str, str]], layer: dict[str, int]) -> dict[int, list[str]]:
    ways: dict[int, list[str]] = {}
    for index, source, target in forward:
        way = [source]
        for level in range(layer[source] + 1, layer[target]):
            dummy = f"\0{index}.{level}"
            layer[dummy] = level
            way.append(dummy)
        way.append(target)
        ways[index] = way
    return ways


def _ordered(layer: dict[str, int], ways: dict[int, list[str]]) -> dict[str, float]:
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for way in ways.values():
        for source, target in pairwise(way):
            before[target].append(source)
            after[source].append(target)
    columns: dict[int, list[str]] = defaultdict(list)
    for name, level in layer.items():
        columns[level].append(name)
    row = {name: float(index) for names in columns.values() for index, name in enumerate(names)}
    for sweep in range(_SWEEPS):
        neighbours = before if sweep % 2 == 0 else after
        for level in sorted(columns, reverse=sweep % 2 == 1):
            middle = {
                name: sum(row[other] for other in neighbours[name]) / len(neighbours[name])
                if neighbours[name]
                else row[name]
                for name in columns[level]
            }
            columns[level].sort(key=lambda name: middle[name])
            for index, name in enumerate(columns[level]):
                row[name] = float(index)
    tallest = max((len(names) for names in columns.values()), default=0)
    return {name: index + (tallest - len(names)) / 2 for names in columns.values() for index, name in enumerate(names)}


def lay_out(nodes: Sequence[Node], edges: Sequence[Edge]) -> Layout:
    """Places every node; edges naming unknown nodes are left out. Raises TooManyNodes past 60 nodes."""
    if len(nodes) > MAX_NODES:
        raise TooManyNodes(f"a graph of {len(nodes)} nodes is unreadable: collapse groups to {MAX_NODES} or fewer")
    known = {node.id for node in nodes}
    edges = [edge for edge in edges if edge.source in known and edge.target in known]
    backward = back_edges(nodes, edges)
    forward = [(index, edge.source, edge.target) for index, edge in enumerate(edges) if index not in backward]
    layer = _layers(nodes, [(source, target) for _, source, target in forward])
    ways = _with_dummies(forward, layer)
    row = _ordered(layer, ways)
    layout = Layout(layer=layer, row=row)
    for index, edge in enumerate(edges):
        is_back = index in backward
        layout.paths.append((edge, is_back, [edge.source, edge.target] if is_back else ways[index]))
    return layout


def collapse_groups(nodes: Sequence[Node], edges: Sequence[Edge]) -> tuple[list[Node], list[Edge]]:
    """One node per named group, its inner edges dropped and its outer ones kept once."""
    stands_for = {node.id: f"group:{node.group}" if node.group else node.id for node in nodes}
    merged: dict[str, Node] = {}
    for node in nodes:
        name = stands_for[node.id]
        size = sum(1 for other in stands_for.values() if other == name)
        merged.setdefault(name, Node(name, node.group, note=f"{size} steps", state="group") if node.group else node)
    kept: dict[tuple[str, str], Edge] = {}
    for edge in edges:
        source, target = stands_for.get(edge.source), stands_for.get(edge.target)
        if source and target and source != target:
            kept.setdefault((source, target), Edge(source, target, edge.label))
    return list(merged.values()), list(kept.values())
