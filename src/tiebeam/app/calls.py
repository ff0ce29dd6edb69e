"""Calls of models in this process: budgets, journal and admission, opened when the first call is made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from tiebeam.app.in_force import Applied
from tiebeam.economics import Prices
from tiebeam.economics.admission import Admission
from tiebeam.economics.keys import Following, KeyRing, Keys, Limits, capped_keys, key_changes
from tiebeam.economics.metering import ChargeJournal, Meter, RunsOf
from tiebeam.economics.routing import Router, Routing
from tiebeam.economics.spending import Bank, Keeper, KeyCap, Short, Spending, Trees, refusal
from tiebeam.errors import TiebeamError
from tiebeam.graph import Graph
from tiebeam.kit import Clock
from tiebeam.spec import GatewayUse, OutgoingRules
from tiebeam.store import Store

CHARGES_FOLDER = "charges"
CLOSE_SECONDS = 10.0


class RoutesUnread(TiebeamError):
    """The workspace's routes were not read yet, because its database does not answer."""

    code = "routes_unread"
    status = 503


@dataclass(frozen=True, slots=True)
class _Opened:
    admission: Admission
    spending: Spending
    meter: Meter
    keeper: Keeper
    limits: Limits
    trees: Trees


class Calls:
    """What a process needs to let model calls in. Opens once, at the first `open`, and closes with the process.

    Everything but `open` and `close` is memory: nothing here waits for the database.
    """

    def __init__(
        self,
        store: Store,
        *,
        workspace: Path,
        folder: Path,
        graph: Applied,
        prices_of: Callable[[Graph, Clock], Prices],
        keys: Keys,
        routing: Routing,
        following: Following,
        runs_of: RunsOf,
    ) -> None:
        self.workspace = workspace
        self._store = store
        self._folder = folder
        self._graph = graph
        self._prices_of = prices_of
        self._keys = keys
        self._routing = routing
        self._following = following
        self._runs_of = runs_of
        self._turn = threading.Lock()
        self._opened: _Opened | None = None
        self._seen: Graph | None = None

    def open(self, *, processes: int = 1, number: int = 0) -> Calls:
        """Begin to lease, journal and follow changes, unless that has begun. `processes` share the keys' limits.

        Raises JournalUnwritable or OSError where the workspace's folder takes no files.
        """
        with self._turn:
            if self._opened is None:
                self._opened = self._open(Limits(processes=processes, number=number))
        return self

    @property
    def admission(self) -> Admission:
        return self._now.admission

    @property
    def spending(self) -> Spending:
        return self._now.spending

    @property
    def meter(self) -> Meter:
        return self._now.meter

    @property
    def journal(self) -> ChargeJournal:
        return self._now.meter.journal

    @property
    def limits(self) -> Limits:
        return self._now.limits

    @property
    def ring(self) -> KeyRing:
        return self._keys.ring

    @property
    def is_store_away(self) -> bool:
        """Whether the database could not be reached when it was last asked."""
        return self._now.keeper.is_away or not self._following.is_reached

    @property
    def graph(self) -> Graph:
        """The applied workspace as it was last read."""
        assert self._seen is not None, "open() comes first"
        return self._seen

    @property
    def use(self) -> GatewayUse:
        settings = self.graph.settings
        return GatewayUse() if settings is None else settings.gateway

    @property
    def outgoing(self) -> OutgoingRules:
        settings = self.graph.settings
        return OutgoingRules() if settings is None else settings.outgoing

    def router(self) -> Router:
        """Raises RoutesUnread."""
        found = self._routing.router
        if found is None:
            raise RoutesUnread("the routes of this workspace could not be read yet; try again in a moment")
        return found

    def catch_up(self) -> None:
        """Go by the budgets and keys as they are in the database now. Raises SQLAlchemyError when it is away."""
        opened = self._now
        opened.spending.use(opened.trees())

    def refusal(self, short: Short) -> TiebeamError:
        """What to tell a call that found no room."""
        return refusal(short, tree=self.spending.tree, graph=self.graph)

    def close(self) -> None:
        """Give back what is leased and write what is journalled; open attempts are for the next process."""
        with self._turn:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.keeper.stop()
            self._routing.tallies.close()
            opened.meter.close(seconds=CLOSE_SECONDS)

    @property
    def _now(self) -> _Opened:
        found = self._opened
        return self.open()._now if found is None else found

    def _open(self, limits: Limits) -> _Opened:
        store = self._store
        self._seen = graph = self._graph()
        trees = trees_of(store, self._graph)
        bank = Bank(store, version=trees.version)
        spending = Spending(trees())
        meter = Meter.open(
            self._folder,
            store=store,
            prices=self._prices_of(graph, store.clock),
            durability=self.use.durability,
            runs_of=self._runs_of,
            leases=bank,
        )
        keeper = Keeper(bank, spending, process=meter.id, clock=store.clock, make_tree=trees, held_of=self._held_of)
        admission = Admission(
            router=self.router,
            book=meter.book,
            spending=spending,
            journal=meter.journal,
            limits=limits,
            tallies=self._routing.tallies,
            clock=store.clock,
            ids=store.ids,
        )
        opened = _Opened(admission, spending, meter, keeper, limits, trees)
        self._following.at_each_look(lambda: self._renew(opened))
        self._following.start()
        keeper.start()
        return opened

    def _held_of(self, process: str) -> Mapping[tuple[str, int], int] | None:
        """Nothing of a process whose journal is gone, because then all of it is booked. Else nobody knows yet.

        A database on a server may be used from machines whose journals are not here.
        """
        is_here = self._store.dialect == "sqlite"
        return {} if is_here and not (self._folder / process).exists() else None

    def _renew(self, opened: _Opened) -> None:
        """Go by a workspace that was applied meanwhile, and forget what was counted of quiet keys."""
        graph = self._graph()
        opened.limits.forget(opened.admission.now())
        if graph is not self._seen:
            self._seen = graph
            opened.meter.use(self._prices_of(graph, self._store.clock))


def trees_of(store: Store, graph: Applied) -> Trees:
    """Makes the tree of ceilings in force: the budgets of the records, and the caps of keys."""
    return Trees(store, graph, key_caps=_caps, key_changes=key_changes, digest_of=graph.digest_of)


def _caps(conn: sa.Connection) -> dict[str, KeyCap]:
    return {
        key.id: KeyCap(cap_nano=key.cap_nano, window=key.cap_window)
        for key in capped_keys(conn)
        if key.cap_nano is not None
    }
