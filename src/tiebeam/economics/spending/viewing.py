"""How budgets stand, for people and programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tiebeam.economics.metering import held_of, spent_of
from tiebeam.economics.spending.nodes import Level, NoBudget, Node
from tiebeam.economics.spending.refusing import Owner, owner_of
from tiebeam.economics.spending.tables import spend_lease
from tiebeam.economics.spending.tree import Tree
from tiebeam.economics.spending.windows import moment_of
from tiebeam.graph import Graph
from tiebeam.kit import plain, usd_of_nano

_PIECE = 400
_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """One ceiling in its window of now."""

    id: str
    title: str
    level: Level
    parent: str | None
    cap_usd: Decimal
    spent_usd: Decimal
    """As it is booked."""
    estimated_usd: Decimal
    """How much of that nobody at a provider has stated."""
    held_usd: Decimal
    """What open calls may still cost, at worst."""
    leased_usd: Decimal
    """What processes have debited and not yet booked, of which `held_usd` is a part."""
    requests: int
    hard: bool
    window: str
    window_start: int
    since: datetime | None
    resets_at: datetime | None
    """None for a ceiling that never begins anew."""
    warn_percent: tuple[int, ...]
    owner: Owner | None

    @property
    def left_usd(self) -> Decimal:
        """What may still be spent; less than nothing where a soft ceiling is passed or a hard one was lowered."""
        return self.cap_usd - self.spent_usd - self.held_usd

    @property
    def used_share(self) -> Decimal | None:
        """Of the ceiling, what is spent; None where the ceiling is nothing."""
        return self.spent_usd / self.cap_usd if self.cap_usd else None


def budget_form(line: BudgetLine) -> dict[str, Any]:
    """A line with what follows from it, JSON-ready."""
    return {**plain(line), "left_usd": plain(line.left_usd), "used_share": plain(line.used_share)}


class Budgets:
    """Verbs about budgets as they stand."""

    def __init__(self, *, graph: Callable[[], Graph], tree: Callable[[], Tree]) -> None:
        self._graph = graph
        self._tree = tree

    def view(self, conn: sa.Connection, *, at: datetime) -> list[BudgetLine]:
        """Every budget and every key with a cap, parents before what is below them."""
        tree, graph = self._tree(), self._graph()
        at_ms = int(at.timestamp() * 1000)
        nodes = sorted(tree.nodes.values(), key=lambda node: [one.id for one in reversed(tree.chain(node))])
        return self._lines(conn, nodes, graph=graph, at_ms=at_ms)

    def covering(
        self, conn: sa.Connection, *, team: str, workflow: str, at: datetime, key_id: str = "", execution: str = ""
    ) -> list[BudgetLine]:
        """What a call would count against, the nearest ceiling first. Raises NoBudget."""
        path = self._tree().path(team=team, workflow=workflow, key_id=key_id, execution=execution)
        if isinstance(path, NoBudget):
            raise path
        nodes = [path.limit, *path.lasting] if path.run is None and path.limit is not None else list(path.nodes)
        return self._lines(conn, nodes, graph=self._graph(), at_ms=int(at.timestamp() * 1000))

    def _lines(self, conn: sa.Connection, nodes: list[Node], *, graph: Graph, at_ms: int) -> list[BudgetLine]:
        windows = {node.id: node.window.around(at_ms) for node in nodes}
        places = [(node.id, windows[node.id][0]) for node in nodes]
        # Leases first: what is booked meanwhile is then shown twice, and never not at all.
        leased = _leased(conn, places)
        held, spent = held_of(conn), spent_of(conn, places)
        lines: list[BudgetLine] = []
        for node, place in zip(nodes, places, strict=True):
            start, end = windows[node.id]
            booked = spent.get(place)
            lines.append(
                BudgetLine(
                    id=node.id,
                    title=node.title,
                    level=node.level,
                    parent=node.parent,
                    cap_usd=usd_of_nano(node.cap_in(start)),
                    spent_usd=usd_of_nano(booked.nano if booked else 0),
                    estimated_usd=usd_of_nano(booked.estimated_nano if booked else 0),
                    held_usd=usd_of_nano(held.get(place, 0)),
                    leased_usd=usd_of_nano(leased.get(place, 0)),
                    requests=booked.requests if booked else 0,
                    hard=node.hard,
                    window=node.window.kind.value,
                    window_start=start,
                    since=moment_of(start) if start else None,
                    resets_at=moment_of(end),
                    warn_percent=node.warn_percent,
                    owner=owner_of(graph, node),
                )
            )
        return lines


def _leased(conn: sa.Connection, places: list[_Key]) -> dict[_Key, int]:
    found: dict[_Key, int] = {}
    place = sa.tuple_(spend_lease.c.node, spend_lease.c.window_start)
    for start in range(0, len(places), _PIECE):
        rows = conn.execute(sa.select(spend_lease).where(place.in_(places[start : start + _PIECE])))
        for row in rows:
            key = (row.node, row.window_start)
            found[key] = found.get(key, 0) + max(0, row.leased_nano - row.written_nano)
    return found
