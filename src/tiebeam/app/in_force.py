"""The graph and the rules in force, as every process of a workspace sees them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from tiebeam.authority import Policies, check_rules, compile_workspace
from tiebeam.errors import Invalid
from tiebeam.graph import Graph, Kind, applied, applied_digest, load
from tiebeam.graph import apply as apply_graph
from tiebeam.spec import Vouched
from tiebeam.store import Store, Unit

_GRAPH_AGE_SECONDS = 1.0


class Applied:
    """The applied graph, looked up again when another process has applied a newer one."""

    def __init__(self, store: Store, workspace: Path) -> None:
        self._store = store
        self._workspace = workspace
        self._graph: Graph | None = None
        self._digest: str | None = None
        self._checked = 0.0
        self._followers: list[Callable[[Unit, Graph, Graph], object]] = []

    def on_applied(self, follower: Callable[[Unit, Graph, Graph], object]) -> None:
        """Call `follower(unit, graph before, graph after)` in the unit of every apply over an earlier graph."""
        self._followers.append(follower)

    def __call__(self) -> Graph:
        now = self._store.clock.now().timestamp()
        if self._graph is None or abs(now - self._checked) > _GRAPH_AGE_SECONDS:
            self._refresh()
            self._checked = now
        assert self._graph is not None
        return self._graph

    def digest_of(self, graph: Graph) -> str:
        """Under which digest it was applied. An older version may have applied it, whose records had fewer parts."""
        digest = self._digest
        return digest if digest is not None and graph is self._graph else graph.digest

    def _refresh(self) -> None:
        with self._store.read() as conn:
            digest = applied_digest(conn)
            if digest is not None and (digest != self._digest or self._graph is None):
                self._graph, self._digest = applied(conn), digest
        if self._graph is None:
            raise Invalid("this database holds no applied workspace yet; run 'tiebeam apply'")

    def apply(self, unit: Unit, *, actor: str) -> str:
        """Read the workspace's files and make them the graph in force. Raises GraphBroken."""
        # What steps there are is known by the rooms of the work, which processes that only read never load.
        from tiebeam.app.known import known_names

        graph = load(self._workspace, **known_names(), check_rules=check_rules)
        before = applied(unit.conn) if applied_digest(unit.conn) not in {None, graph.digest} else None
        digest = apply_graph(unit, graph, actor=actor)
        if before is not None:
            for follower in self._followers:
                follower(unit, before, graph)
        unit.after_commit(self._forget)
        return digest

    def _forget(self) -> None:
        self._graph = None
        self._digest = None


class RulesInForce:
    """The policies of the applied graph, compiled anew when another graph is applied; asked from many threads."""

    def __init__(self, graph: Applied) -> None:
        self._graph = graph
        self._compiling = threading.Lock()
        self._compiled: tuple[Graph, Policies] | None = None

    def __call__(self) -> Policies:
        graph = self._graph()
        known = self._compiled
        if known is None or known[0] is not graph:
            with self._compiling:
                known = self._compiled
                if known is None or known[0] is not graph:
                    known = self._compiled = (graph, _compiled(graph))
        return known[1]


def _compiled(graph: Graph) -> Policies:
    settings = graph.settings
    files = {rule_id: graph.file_of(Kind.ACCESS_RULES, rule_id) for rule_id in graph.access_rules}
    counts = settings is None or settings.access.vouched is Vouched.COUNTS
    return compile_workspace(graph.access_rules, files=files, voucher_counts=counts)
