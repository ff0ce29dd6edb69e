"""The tree in force: the applied records, the caps of keys, and what was decided about budgets since."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlalchemy as sa

from tiebeam.economics.spending.caps import changes, latest_change
from tiebeam.economics.spending.nodes import KeyCap
from tiebeam.economics.spending.tree import Tree
from tiebeam.graph import Graph, applied_digest
from tiebeam.store import Store

KeyCaps = Callable[[sa.Connection], Mapping[str, KeyCap]]
"""The caps of all keys in use."""
Number = Callable[[sa.Connection], int]
"""Higher after every change of a key."""


class Trees:
    """Makes the tree in force, and knows its version without making it."""

    def __init__(
        self,
        store: Store,
        graph: Callable[[], Graph],
        *,
        key_caps: KeyCaps | None = None,
        key_changes: Number | None = None,
        digest_of: Callable[[Graph], str] | None = None,
    ) -> None:
        """`digest_of` says under which digest a graph was applied; this version may read its content as another."""
        self._store = store
        self._graph = graph
        self._key_caps = key_caps or (lambda _conn: {})
        self._key_changes = key_changes or (lambda _conn: 0)
        self._digest_of = digest_of or (lambda graph: graph.digest)

    def version(self, conn: sa.Connection) -> str:
        """Of what is in force at this moment of the database."""
        return _version(applied_digest(conn) or "", self._key_changes(conn), latest_change(conn))

    def __call__(self) -> Tree:
        """The tree in force. A change that commits meanwhile gives it an old version, so it is made anew."""
        graph = self._graph()
        with self._store.read() as conn:
            number, decided = changes(conn)
            keys = self._key_changes(conn)
            caps = self._key_caps(conn)
        return Tree.of(graph, caps, changes=decided, version=_version(self._digest_of(graph), keys, number))


def _version(digest: str, keys: int, change: int) -> str:
    return f"{digest}/{keys}/{change}"
