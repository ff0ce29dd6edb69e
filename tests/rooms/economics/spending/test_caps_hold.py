"""Caps hold whatever processes, databases, clocks and owners do.

What is proved, after every step of any course of events: for each ceiling and window, what is booked and what is leased
and not yet booked together count every call that is over at its cost and every open one at its worst (nothing is ever
counted neither here nor there), and that sum never goes above the ceiling, or above what it was when it was lowered.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path as File

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.builders.budgets import USD, budget, graph_of, path_of

from tiebeam.economics.spending import (
    Bank,
    Hold,
    Keeper,
    KeyCap,
    Lease,
    LeaseWish,
    Spending,
    Trees,
    change_cap,
)
from tiebeam.economics.spending.tables import spend_lease
from tiebeam.economics.tables import usage_spend
from tiebeam.graph import apply
from tiebeam.kit import CountingIds, FixedClock
from tiebeam.spec import BudgetWindow
from tiebeam.store import Store, Unit

Place = tuple[str, int]

COMPANY = budget("company", 20, level="organisation", window="day", usd_per_window=20, timezone="Europe/Berlin")
TEAM = budget("team-budget", 8, parent="company", covers=["team"], usd_per_execution=3)
GRAPH = graph_of(COMPANY, TEAM)
KEYS = {"k1": KeyCap(5 * USD, BudgetWindow.MONTH)}
MANY = 2


class LineCut(Exception):
    """The database did what it was asked, and its answer never came."""


class FragileBank(Bank):
    is_away = False
    loses_answers = False

    def take(self, process: str, wishes: Sequence[LeaseWish], *, version: str = "") -> list[Lease]:
        self._reach()
        leases = super().take(process, wishes, version=version)
        if self.loses_answers:
            self.loses_answers = False
            raise LineCut
        return leases

    def wanted(self) -> tuple[str, dict[Place, int]]:
        self._reach()
        return super().wanted()

    def _reach(self) -> None:
        if self.is_away:
            raise LineCut


@dataclass
class Call:
    """One attempt as its journal has it."""

    hold: Hold
    cost: int | None = None
    is_booked: bool = False


@dataclass
class Process:
    name: str
    bank: FragileBank
    spending: Spending
    keeper: Keeper
    calls: list[Call] = field(default_factory=list)

    @property
    def open(self) -> list[Call]:
        return [one for one in self.calls if one.cost is None]


def test_calls_pass_at_all() -> None:
    """What is proved below would hold as well if nothing were ever leased."""
    company = Company()
    for _ in range(30):
        company.call(0, 0.2, "k1", "r1", "team", 1, None)
        company.call(1, 0.2, "", "", "other", 1, 100)
    assert len(company.calls) > 40
    company.nothing_is_forgotten_and_no_ceiling_is_passed()
    company.teardown()


class Company(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = File(tempfile.mkdtemp(prefix="tiebeam-caps-"))
        shutil.copyfile(template(), self.folder / "t.sqlite")
        self.clock = FixedClock(datetime(2026, 3, 28, 20, tzinfo=UTC))
        self.store = Store(f"sqlite:///{self.folder / 't.sqlite'}", clock=self.clock, ids=CountingIds())
        self.trees = Trees(self.store, lambda: GRAPH, key_caps=lambda _conn: KEYS)
        self.bank = Bank(self.store, version=self.trees.version)
        self.living: list[Process] = []
        self.dead: list[Process] = []
        self.calls: list[Call] = []
        self.limits: dict[Place, int] = {}
        self.born = 0
        for _ in range(MANY):
            self._start()

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    def _start(self) -> None:
        self.born += 1
        name, turns = f"p{self.born}", iter(range(0, 10**9, 1000))
        bank = FragileBank(self.store, version=self.trees.version)
        spending = Spending(self.trees())
        keeper = Keeper(
            bank, spending, process=name, clock=self.clock, make_tree=self.trees, ticks=lambda: float(next(turns))
        )
        self.living.append(Process(name, bank, spending, keeper))

    def _now(self) -> int:
        return int(self.clock.now().timestamp() * 1000)

    def _turn(self, process: Process) -> None:
        try:
            process.keeper.step()
        except LineCut:
            process.spending.away()
        else:
            process.spending.back()

    @rule(
        who=st.integers(0, MANY - 1),
        usd=st.sampled_from([0.01, 0.2, 0.9, 2.5, 6]),
        key=st.sampled_from(["", "k1"]),
        run=st.sampled_from(["", "r1", "r2"]),
        team=st.sampled_from(["team", "team", "other"]),
        times=st.integers(1, 6),
        share=st.sampled_from([None, None, 0, 50, 100]),
    )
    def call(self, who: int, usd: float, key: str, run: str, team: str, times: int, share: int | None) -> None:
        """Calls with one wish for leases each; they stay open, or end at a share of their worst case."""
        process = self.living[who]
        for _ in range(times):
            for is_first in (True, False):
                path = path_of(process.spending, team=team, key=key, run=run)
                found = process.spending.reserve(path, int(usd * USD), self._now())
                if isinstance(found, Hold):
                    made = Call(found)
                    process.calls.append(made)
                    self.calls.append(made)
                    if share is not None:
                        self._end(process, made, share)
                    break
                if is_first:
                    self._turn(process)

    @rule(
        who=st.integers(0, MANY - 1),
        times=st.integers(1, 8),
        seconds=st.sampled_from([7, 7, 7, 40_000]),
        share=st.sampled_from([0, 100]),
        books=st.booleans(),
    )
    def grow_quiet(self, who: int, times: int, seconds: int, share: int, books: bool) -> None:
        """All calls end, with or without being booked, and nobody calls for a while."""
        process = self.living[who]
        for made in process.open:
            self._end(process, made, share)
        if books:
            self.write(who, times)
        self.clock.advance(seconds=seconds)
        self._turn(process)

    @rule(who=st.integers(0, MANY - 1), which=st.integers(0, 50), share=st.sampled_from([0, 1, 50, 100]))
    def end(self, who: int, which: int, share: int) -> None:
        process = self.living[who]
        if process.open:
            self._end(process, process.open[which % len(process.open)], share)

    def _end(self, process: Process, made: Call, share: int) -> None:
        made.cost = made.hold.nano * share // 100
        process.spending.settle(made.hold, made.cost)
        process.spending.settle(made.hold, made.hold.nano)

    @rule(who=st.integers(0, MANY - 1))
    def turn(self, who: int) -> None:
        self._turn(self.living[who])

    @rule(who=st.integers(0, MANY - 1), most=st.integers(1, 5))
    def write(self, who: int, most: int) -> None:
        """The writer of a journal brings charges into the books."""
        process = self.living[who]
        with self.store.unit() as unit:
            self._book(unit, process, [one for one in process.calls if one.cost is not None], most=most)

    @rule(who=st.integers(0, MANY - 1))
    def kill(self, who: int) -> None:
        self.dead.append(self.living.pop(who))
        self._start()

    @precondition(lambda self: self.dead)
    @rule(which=st.integers(0, 10), most=st.integers(1, 4))
    def adopt(self, which: int, most: int) -> None:
        """Somebody books the journal of a dead process, open calls at their worst, in as many commits as it takes."""
        process = self.dead[which % len(self.dead)]
        with self.store.unit() as unit:
            for one in process.open:
                one.cost = one.hold.nano
            self._book(unit, process, process.calls, most=most)
            if all(one.is_booked for one in process.calls):
                self.bank.closed(unit, process.name)
                self.dead.remove(process)

    @rule()
    def expire(self) -> None:
        """Leases that were not renewed: of the dead, all that is not in the books is known; of the living nothing."""
        self.bank.expire(self._unbooked)

    @rule(usd=st.sampled_from([1, 4, 8, 15, 30]), lasting=st.booleans())
    def decide(self, usd: int, lasting: bool) -> None:
        counted = self._counted()
        starts = {place[1] for place in counted if place[0] == "team-budget"}
        window = None if lasting or not starts else max(starts)
        with self.store.unit() as unit:
            change_cap(unit, TEAM, cap_usd=Decimal(usd), by="person:jonas", reason="a test", window_start=window)
        node = self.trees().nodes["team-budget"]
        for place in counted:
            if place[0] == "team-budget":
                self.limits[place] = max(node.cap_in(place[1]), counted[place])

    @rule(who=st.integers(0, MANY - 1))
    def cut_the_line(self, who: int) -> None:
        self.living[who].bank.loses_answers = True

    @rule(who=st.integers(0, MANY - 1))
    def go_away_or_come_back(self, who: int) -> None:
        self.living[who].bank.is_away = not self.living[who].bank.is_away

    @rule(seconds=st.sampled_from([1, 7, 40, 5000, 40_000]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    def _book(self, unit: Unit, process: Process, calls: list[Call], *, most: int) -> None:
        waiting = [one for one in calls if not one.is_booked][:most]
        sums: dict[Place, int] = {}
        for one in waiting:
            one.is_booked = True
            for place in one.hold.nodes:
                sums[place] = sums.get(place, 0) + (one.cost or 0)
        for (node, start), nano in sums.items():
            changed = (
                sa.update(usage_spend)
                .where(usage_spend.c.node == node, usage_spend.c.window_start == start)
                .values(spent_nano=usage_spend.c.spent_nano + nano)
            )
            if unit.conn.execute(changed).rowcount == 0:
                unit.conn.execute(
                    sa.insert(usage_spend).values(
                        node=node, window_start=start, slot=0, spent_nano=nano, estimated_nano=0, requests=0
                    )
                )
        self.bank.written(unit, process.name, sums)

    def _unbooked(self, process: str) -> Mapping[Place, int] | None:
        found = [one for one in self.dead if one.name == process]
        if not found:
            return None
        held: dict[Place, int] = {}
        for one in found[0].calls:
            if not one.is_booked:
                for place in one.hold.nodes:
                    held[place] = held.get(place, 0) + (one.hold.nano if one.cost is None else one.cost)
        return held

    def _counted(self) -> dict[Place, int]:
        counted: dict[Place, int] = {}
        with self.store.read() as conn:
            for row in conn.execute(sa.select(usage_spend)):
                counted[row.node, row.window_start] = row.spent_nano
            for row in conn.execute(sa.select(spend_lease)):
                place = (row.node, row.window_start)
                assert row.leased_nano >= row.written_nano, "a lease was spent beyond what it was"
                counted[place] = counted.get(place, 0) + row.leased_nano - row.written_nano
        return counted

    @invariant()
    def nothing_is_forgotten_and_no_ceiling_is_passed(self) -> None:
        true: dict[Place, int] = {}
        for one in self.calls:
            for place in one.hold.nodes:
                true[place] = true.get(place, 0) + (one.hold.nano if one.cost is None else one.cost)
        counted = self._counted()
        tree = self.trees()
        for place, nano in true.items():
            assert counted.get(place, 0) >= nano, f"{place} spent {nano} and {counted.get(place, 0)} is counted"
        for place, nano in counted.items():
            assert nano <= self.limits.get(place, self._cap(tree, place)), f"{place} went over"

    def _cap(self, tree: object, place: Place) -> int:
        if place[0].startswith("run:"):
            return 3 * USD
        return self.trees().nodes[place[0]].cap_in(place[1])

    @invariant()
    def in_memory_nothing_is_used_that_was_not_leased(self) -> None:
        for process in self.living:
            for one in process.spending.snapshot():
                assert one.held_nano >= 0
                assert one.spent_nano + one.held_nano <= one.granted_nano


_TEMPLATE: list[File] = []


def template() -> File:
    """A database with every table, made once."""
    if not _TEMPLATE:
        path = File(tempfile.mkdtemp(prefix="tiebeam-caps-")) / "t.sqlite"
        store = Store(f"sqlite:///{path}", clock=FixedClock(datetime(2026, 1, 1, tzinfo=UTC)), ids=CountingIds())
        store.migrate()
        with store.unit() as unit:
            apply(unit, GRAPH, actor="system:test")
        store.close()
        _TEMPLATE.append(path)
    return _TEMPLATE[0]


# ids: EC-21, D9, D10
# complaint: 5
TestCapsHold = Company.TestCase
TestCapsHold.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
