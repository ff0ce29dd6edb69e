"""The interpreter against a reference model: random recipes of every kind, decisions, events, time, pauses and deaths.

ids: WF-15, B8, B14
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.builders.databases import PostgresServer
from tests.builders.run_bench import Bench, MortalStore
from tests.builders.run_model import FINAL, Model
from tests.builders.run_recipes import EVENT, INPUT, Drawn, recipes
from tiebeam.kit import CountingIds, FixedClock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DEATHS = st.none() | st.integers(0, 9)
"""At which boundary of the segments that follow the process dies: before, within or after a unit, or in a call."""


Fresh = tuple[str, Callable[[], object]]
"""The URL of a fresh database, and how to throw it away."""


class RunMachine(RuleBasedStateMachine):
    """Every rule is one stimulus: given to the run, carried on until it rests, given to the model, and compared."""

    def fresh(self) -> Fresh:
        """Each test's own machine says where its databases come from."""
        raise TypeError("run a subclass that says where its databases come from")

    def __init__(self) -> None:
        super().__init__()
        self.url, self.drop = self.fresh()
        self.clock = FixedClock(START)
        self.store = MortalStore(self.url, clock=self.clock, ids=CountingIds())

    def teardown(self) -> None:
        self.store.close()
        self.drop()

    @initialize(drawn=recipes(), death=DEATHS)
    def start(self, drawn: Drawn, death: int | None) -> None:
        self.bench = Bench(self.store, self.clock, drawn)
        recipes_by_id = {one.id: one for one in (drawn.main, drawn.child)}
        self.model = Model(drawn.main, INPUT, self.bench.world, START, recipes_by_id)
        self.rejected: dict[str, int] = {}
        self.settle(death)

    # Stimuli

    @precondition(lambda self: self.asked())
    @rule(data=st.data(), verb=st.sampled_from(["approve", "approve", "approve", "reject"]), death=DEATHS)
    def decide(self, data: st.DataObject, verb: str, death: int | None) -> None:
        run_id, model, name = data.draw(st.sampled_from(self.asked()))
        self.bench.decide(run_id, name, verb)
        if model.cells[name].outcome == "ambiguous_effect" and verb == "reject":
            self.rejected[f"{run_id}:{name}"] = self.rejected.get(f"{run_id}:{name}", 0) + 1
        model.decide(name, verb)
        self.settle(death)

    @precondition(lambda self: self.model.next_due() is not None)
    @rule(death=DEATHS)
    def pass_time(self, death: int | None) -> None:
        due = self.model.next_due()
        assert due is not None
        self.bench.pass_time((due - self.clock.now()).total_seconds())
        self.model.pass_time(self.clock.now())
        self.settle(death)

    @precondition(lambda self: self.heard())
    @rule(data=st.data(), death=DEATHS)
    def send(self, data: st.DataObject, death: int | None) -> None:
        key = data.draw(st.sampled_from(self.heard()))
        assert self.bench.send(EVENT, key) > 0
        self.model.hear(key)
        self.settle(death)

    @rule()
    def send_what_nobody_waits_for(self) -> None:
        assert self.bench.send(EVENT, "nobody") == 0

    @precondition(lambda self: self.bench.world.faults)
    @rule(data=st.data())
    def repair(self, data: st.DataObject) -> None:
        del self.bench.world.faults[data.draw(st.sampled_from(sorted(self.bench.world.faults)))]

    @precondition(lambda self: self.model.state not in FINAL and not self.model.paused)
    @rule()
    def pause(self) -> None:
        self.bench.pause()
        self.model.paused = True
        self.settle(None)

    @precondition(lambda self: self.model.paused and self.model.state not in FINAL)
    @rule(death=DEATHS)
    def resume(self, death: int | None) -> None:
        self.bench.resume()
        self.model.paused = False
        self.settle(death)

    @precondition(lambda self: self.model.state not in {*FINAL, "undoing"} and not self.model.paused)
    @rule(luck=st.integers(0, 3), death=DEATHS)
    def cancel(self, luck: int, death: int | None) -> None:
        if luck:
            return
        self.bench.cancel()
        self.model.end("cancelled")
        self.settle(death)

    # What both show

    def settle(self, death: int | None) -> None:
        lost = self.bench.crank(death)
        for run_id, model in self.runs():
            model.lost |= {name for run, name in lost if run == run_id and not is_asked(model, name)}
            for instance, child_id in self.bench.children(run_id).items():
                if instance not in model.children:
                    model.lost_in_new_children[instance] = {name for run, name in lost if run == child_id}
        self.model.go()
        for run_id, model in self.runs():
            self.compare(run_id, model)
        self.compare_effects()

    def runs(self) -> Iterator[tuple[str, Model]]:
        """The run and those it started, each with its model."""
        yield from self._runs(self.bench.run_id, self.model)

    def _runs(self, run_id: str, model: Model) -> Iterator[tuple[str, Model]]:
        yield run_id, model
        known = self.bench.children(run_id)
        for name, child in model.children.items():
            if name in known:
                yield from self._runs(known[name], child)

    def asked(self) -> list[tuple[str, Model, str]]:
        """Instances that wait for a person, in every run."""
        return [
            (run_id, model, name) for run_id, model in self.runs() for name in model.cells if is_asking(model, name)
        ]

    def heard(self) -> list[str]:
        """Keys that some step waits for."""
        waiting = (
            cell.step
            for _, model in self.runs()
            if model.state not in FINAL
            for cell in model.cells.values()
            if cell.waits_for == "event" and cell.phase == "waiting"
        )
        return sorted(set(waiting))

    def compare(self, run_id: str, model: Model) -> None:
        view = self.bench.view(run_id)
        state = "paused" if model.paused and model.state not in FINAL else model.state
        real = {step.step_id: (step.state.value, step.outcome) for step in view.steps}
        expected = {name: (cell.phase, cell.outcome) for name, cell in model.cells.items()}
        if model.state in FINAL or model.state == "undoing":
            # What was still waited for is gone; what was done, and taken back, counts.
            kept = {"done", "undone"}
            real = {name: one for name, one in real.items() if one[0] in kept}
            expected = {name: one for name, one in expected.items() if one[0] in kept}
        blank = {"waiting", "open"}
        real = {name: (phase, None if phase in blank else outcome) for name, (phase, outcome) in real.items()}
        expected = {name: (phase, None if phase in blank else outcome) for name, (phase, outcome) in expected.items()}
        differs = {name: (real.get(name), expected.get(name)) for name in {*real, *expected}}
        differs = {name: pair for name, pair in differs.items() if pair[0] != pair[1]}
        assert (view.item.state.value, differs) == (state, {}), f"{run_id}: {differs}"
        if self.bench.drawn.is_ordered:
            assert self.order_of_undoing(run_id) == model.undone

    def order_of_undoing(self, run_id: str) -> list[str]:
        query = (
            "select step_id from run_step where run_id = :run and step_id like '%~undo' and state = 'done' order by seq"
        )
        with self.store.read() as conn:
            return [row.step_id.removesuffix("~undo") for row in conn.execute(sa.text(query), {"run": run_id})]

    def compare_effects(self) -> None:
        """What was written here happened once with its step; what happened outside, at most as often as people said."""
        for key, times in self.bench.world.happened.items():
            assert times <= 1 + self.rejected.get(key, 0), key
        written = self.bench.written()
        for run_id, model in self.runs():
            for name, cell in model.cells.items():
                step = model.steps[cell.step]
                forgot = self.bench.drawn.faults.get(cell.step) == "forgetful"
                if step.effect == "db" and cell.phase in {"done", "undone"} and "~" not in name and not forgot:
                    assert written.get(f"{run_id}:{name}") == 1, name


def is_asking(model: Model, name: str) -> bool:
    cell = model.cells[name]
    is_open = model.state not in FINAL and (
        model.state != "undoing" or cell.outcome in {"ambiguous_effect", "undo_failed"}
    )
    return is_open and (cell.phase == "problem" or cell.waits_for == "review")


def is_asked(model: Model, name: str) -> bool:
    cell = model.cells.get(name)
    return cell is not None and cell.phase == "problem" and cell.outcome == "ambiguous_effect"


SETTINGS = settings(
    max_examples=30,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
    derandomize=True,
    print_blob=False,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),
)
DEEPER = settings(SETTINGS, max_examples=600, stateful_step_count=25, derandomize=False, database=None)


@pytest.fixture
def files(sqlite_template: Path, tmp_path: Path) -> Callable[[], Fresh]:
    numbers = itertools.count()

    def fresh() -> Fresh:
        path = tmp_path / f"{next(numbers)}.sqlite"
        shutil.copyfile(sqlite_template, path)
        return f"sqlite:///{path}", lambda: [one.unlink() for one in tmp_path.glob(f"{path.name}*")]

    return fresh


@pytest.fixture
def databases(postgres_server: PostgresServer, postgres_template: str) -> Callable[[], Fresh]:
    def fresh() -> Fresh:
        url = postgres_server.create(template=postgres_template)
        return url, lambda: postgres_server.drop(url)

    return fresh


def carry_out(fresh: Callable[[], Fresh], wanted: settings) -> None:
    class Machine(RunMachine):
        def fresh(self) -> Fresh:
            return fresh()

    run_state_machine_as_test(Machine, settings=wanted)


def test_the_interpreter_does_what_the_model_says_on_sqlite(files: Callable[[], Fresh]) -> None:
    carry_out(files, SETTINGS)


def test_the_interpreter_does_what_the_model_says_on_postgresql(databases: Callable[[], Fresh]) -> None:
    carry_out(databases, settings(SETTINGS, max_examples=8))


@pytest.mark.deep
def test_the_interpreter_does_what_the_model_says_of_hundreds_more(files: Callable[[], Fresh]) -> None:
    carry_out(files, DEEPER)
