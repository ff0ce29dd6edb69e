"""The assignment of rows to columns with the greatest total score."""

from __future__ import annotations

from collections.abc import Sequence

_LARGE = 200
"""Above this many rows or columns the exact method costs too much and the greedy one is good enough."""


def best_assignment(scores: Sequence[Sequence[float]]) -> list[int | None]:
    """For each row its column, or None. Only positive scores are assigned, each column at most once."""
    if not scores or not scores[0]:
        return [None] * len(scores)
    if max(len(scores), len(scores[0])) > _LARGE:
        return _greedy(scores)
    return _hungarian(scores)


def _greedy(scores: Sequence[Sequence[float]]) -> list[int | None]:
    pairs = sorted(
        ((score, -row, -column) for row, line in enumerate(scores) for column, score in enumerate(line) if score > 0),
        reverse=True,
    )
    chosen: list[int | None] = [None] * len(scores)
    taken: set[int] = set()
    for _, row, column in pairs:
        if chosen[-row] is None and -column not in taken:
            chosen[-row] = -column
            taken.add(-column)
    return chosen


def _hungarian(scores: Sequence[Sequence[float]]) -> list[int | None]:
    """Kuhn's method with potentials (E. Lawler, 1976), on a square of costs padded with zeros."""
    size = max(len(scores), len(scores[0]))
    top = max(max(row) for row in scores)
    rows, columns = len(scores), len(scores[0])
    cost = [
        [top - max(0.0, scores[row][column]) if row < rows and column < columns else top for column in range(size)]
        for row in range(size)
    ]
    by_column = _solve(cost, size=size)
    chosen: list[int | None] = [None] * rows
    for column, row in enumerate(by_column):
        if row < rows and column < columns and scores[row][column] > 0:
            chosen[row] = column
    return chosen


def _solve(cost: list[list[float]], *, size: int) -> list[int]:
    """The row of each column in the cheapest complete assignment."""
    u, v = [0.0] * (size + 1), [0.0] * (size + 1)
    match = [0] * (size + 1)
    for row in range(1, size + 1):
        match[0] = row
        way = _grow(cost, row=row, match=match, u=u, v=v, size=size)
        column = way[0]
        while column:
            before = way[column]
            match[column] = match[before]
            column = before
    return [match[column] - 1 for column in range(1, size + 1)]


def _grow(
    cost: list[list[float]], *, row: int, match: list[int], u: list[float], v: list[float], size: int
) -> list[int]:
    """Extend the alternating tree until a free column is found; `way[0]` is that column."""
    slack = [float("inf")] * (size + 1)
    used = [False] * (size + 1)
    way = [0] * (size + 1)
    column = 0
    match[0] = row
    while True:
        used[column] = True
        here, delta, following = match[column], float("inf"), 0
        for other in range(1, size + 1):
            if used[other]:
                continue
            reduced = cost[here - 1][other - 1] - u[here] - v[other]
            if reduced < slack[other]:
                slack[other], way[other] = reduced, column
            if slack[other] < delta:
                delta, following = slack[other], other
        for other in range(size + 1):
            if used[other]:
                u[match[other]] += delta
                v[other] -= delta
            else:
                slack[other] -= delta
        column = following
        if match[column] == 0:
            way[0] = column
            return way
