"""The tree of budgets, and the path through it that a call takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

from tiebeam.economics.spending.nodes import CapChange, KeyCap, Level, NoBudget, Node, Path
from tiebeam.economics.spending.windows import Window
from tiebeam.graph import Graph
from tiebeam.kit import NANO
from tiebeam.spec import Budget, BudgetLevel, BudgetWindow, Status, StoreAway

LARGEST_CAP = 1 << 61
"""In nano-dollars, two billion dollars: what lies above is as good as no ceiling and would not add up in 64 bits."""

_KEPT_PATHS = 4_000
_ORDER = {level: place for place, level in enumerate(reversed(Level))}
_ALWAYS = ZoneInfo("UTC")


class Tree:
    """Every ceiling in force. It never changes; a new one takes its place. Safe to ask from many threads."""

    def __init__(
        self,
        nodes: Mapping[str, Node],
        *,
        budgets: Mapping[str, Budget],
        version: str = "",
    ) -> None:
        self.nodes = nodes
        self.version = version
        """Of what it was made from; leases are only given to those who hold the version in force."""
        self._budgets = budgets
        self._everywhere = [one for one, found in budgets.items() if found.level is BudgetLevel.ORGANISATION]
        self._covering: defaultdict[str, list[str]] = defaultdict(list)
        for budget_id, budget in budgets.items():
            for name in {*budget.covers, *budget.also_covers}:
                self._covering[name].append(budget_id)
        self._paths: dict[tuple[str, str, str], Path | None] = {}
        self._runs: dict[tuple[str, str, str, str], Path] = {}
        self._lasting: dict[tuple[str, ...], tuple[Node, ...]] = {}

    @classmethod
    def of(
        cls,
        graph: Graph,
        key_caps: Mapping[str, KeyCap],
        *,
        zone: ZoneInfo | None = None,
        changes: Iterable[CapChange] = (),
        version: str = "",
    ) -> Tree:
        """`zone` is that of budgets which name none, the company's where it is left out; `changes` oldest first."""
        company = _ALWAYS if graph.settings is None else graph.settings.company.zone
        budgets = {one: found for one, found in graph.budgets.items() if found.meta.status is not Status.RETIRED}
        decided: defaultdict[str, list[CapChange]] = defaultdict(list)
        for change in changes:
            decided[change.budget].append(change)
        nodes = {
            one: _node(found, zone=zone or company, parent=_parent(graph.budgets, found), changes=decided[one])
            for one, found in budgets.items()
        }
        for key_id, cap in key_caps.items():
            node = _key_node(key_id, cap, zone=zone or company)
            nodes[node.id] = node
        return cls(MappingProxyType(nodes), budgets=MappingProxyType(budgets), version=version)

    def path(self, *, team: str, workflow: str, key_id: str, execution: str = "") -> Path | NoBudget:
        """Every ceiling that a call counts against; NoBudget, to be raised, where there is none."""
        asked = (team, workflow, key_id)
        found = self._paths.get(asked)
        if found is None:
            if asked not in self._paths:
                if len(self._paths) >= _KEPT_PATHS:
                    self._paths.clear()
                found = self._paths[asked] = self._found(team, workflow, key_id)
            if found is None:
                return NoBudget(
                    f"no budget covers team {team!r} or workflow {workflow!r}; add one of them to the `covers` of a "
                    "budget, or give a budget the level of the organisation",
                    team=team,
                    workflow=workflow,
                )
        if not execution:
            return found
        named = (*asked, execution)
        path = self._runs.get(named)
        if path is None:
            limit = found.limit
            run = None if limit is None else replace(limit, id=f"run:{execution}@{limit.parent}")
            path = Path(named, self, found.lasting, run, limit, found.warn_nano)
            if len(self._runs) >= _KEPT_PATHS:
                self._runs.clear()
            self._runs[named] = path
        return path

    def chain(self, node: Node) -> list[Node]:
        """The node and its ancestors."""
        found: list[Node] = []
        current: Node | None = node
        while current is not None and current not in found:
            found.append(current)
            current = None if current.parent is None else self.nodes.get(current.parent)
        return found

    def _found(self, team: str, workflow: str, key_id: str) -> Path | None:
        starts = [*self._covering.get(workflow, ()), *self._covering.get(team, ()), *self._everywhere]
        named = {node.id: node for one in starts for node in self.chain(self.nodes[one])}
        key = self.nodes.get(f"key:{key_id}")
        if key is not None:
            named[key.id] = key
        if not named:
            return None
        ordered = sorted(named.values(), key=lambda node: (_ORDER[node.level], -len(self.chain(node)), node.id))
        ids = tuple(node.id for node in ordered)
        lasting = self._lasting.setdefault(ids, tuple(ordered))
        budgets = [self._budgets[one] for one in ids if one in self._budgets]
        return Path((team, workflow, key_id, ""), self, lasting, None, self._limit(lasting), _least(_warnings(budgets)))

    def _limit(self, lasting: tuple[Node, ...]) -> Node | None:
        """The ceiling of any one execution: the lowest that a budget here sets, the nearest of equals."""
        limited = [
            (_nano(found.usd_per_execution), node)
            for node in lasting
            if (found := self._budgets.get(node.id)) is not None and found.usd_per_execution is not None
        ]
        if not limited:
            return None
        cap, node = min(limited, key=lambda one: one[0])
        return Node(
            id=f"run:@{node.id}",
            title=f"one execution under {node.title}",
            level=Level.EXECUTION,
            parent=node.id,
            cap_nano=cap,
            window=Window(BudgetWindow.EVER, _ALWAYS),
            open_when_away=node.open_when_away,
            owner_role=node.owner_role,
            budget=node.id,
        )


def cap_of(budget: Budget) -> int:
    """The ceiling of one window as its record says it, in nano-dollars."""
    return _nano(budget.cap_usd)


def _node(budget: Budget, *, zone: ZoneInfo, parent: str | None, changes: Iterable[CapChange]) -> Node:
    recorded = cap_of(budget)
    cap, single = recorded, dict[int, int]()
    for change in changes:
        if change.instead_of_nano != recorded:
            continue
        if change.window_start is None:
            cap = change.cap_nano
            single.clear()
        else:
            single[change.window_start] = change.cap_nano
    return Node(
        id=budget.id,
        title=budget.title,
        level=Level(budget.level.value),
        parent=parent,
        cap_nano=cap,
        window=Window(budget.window, zone if budget.timezone is None else ZoneInfo(budget.timezone), budget.anchor),
        hard=budget.hard,
        open_when_away=budget.when_store_is_away is StoreAway.OPEN,
        warn_percent=tuple(sorted(set(budget.warn_percent))),
        owner_role=budget.owner_role,
        budget=budget.id,
        caps=MappingProxyType(single),
    )


def _key_node(key_id: str, cap: KeyCap, *, zone: ZoneInfo) -> Node:
    return Node(
        id=f"key:{key_id}",
        title=f"key {key_id}",
        level=Level.KEY,
        parent=None,
        cap_nano=min(cap.cap_nano, LARGEST_CAP),
        window=Window(cap.window, zone),
    )


def _parent(budgets: Mapping[str, Budget], budget: Budget) -> str | None:
    """The nearest ancestor in use."""
    seen = {budget.id}
    parent = budget.parent
    while parent is not None and parent not in seen and (found := budgets.get(parent)) is not None:
        if found.meta.status is not Status.RETIRED:
            return parent
        seen.add(parent)
        parent = found.parent
    return None


def _warnings(budgets: Iterable[Budget]) -> Iterable[Decimal | None]:
    return (budget.warn_usd_per_execution for budget in budgets)


def _least(amounts: Iterable[Decimal | None]) -> int | None:
    return min((_nano(one) for one in amounts if one is not None), default=None)


def _nano(usd: Decimal) -> int:
    """Down to the nano-dollar: a ceiling is never raised by rounding."""
    return min(int((usd * NANO).to_integral_value(rounding=ROUND_FLOOR)), LARGEST_CAP)
