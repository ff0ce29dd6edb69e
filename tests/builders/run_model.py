"""What a run should do, told once more and as simply as possible: no database, no threads, no rows, no interpreter.

It looks at the whole run again for every step it makes. The interpreter is compared with it after every stimulus.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.builders.run_standing import FINAL, OUTSIDE, SETTLED, Cell, Standing, Undecidable, Where
from tiebeam.spec import AtLimit, Join, Step, StepKind


@dataclass(repr=False)
class Model(Standing):
    """A run and, in `children`, the runs it started."""

    children: dict[str, Model] = field(default_factory=dict[str, "Model"])
    lost_in_new_children: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    """The same as `lost`, of runs that begin in the same breath."""

    # Going on

    def go(self) -> None:
        """Carry the run on until nothing can happen without a stimulus."""
        while True:
            self._go()
            for child in self.children.values():
                child.go()
            if self.state in FINAL or self.paused or not self._hear_children():
                return

    def _go(self) -> None:
        if self.state in FINAL or self.paused:
            return
        self._hear_children()
        if self.state == "undoing":
            self._undo()
            return
        self.state = "running"
        while (ready := self.ready()) and self.state == "running":
            _, step_id, where = ready[0]
            self._do(self.steps[step_id], where)
        if self.state == "running":
            self.state = "waiting" if self.parked() else "done"
        elif self.state == "undoing":
            self._undo()

    def _hear_children(self) -> bool:
        """Whether a run that is waited for has ended; what waited for it goes on."""
        heard = False
        for name, child in self.children.items():
            cell = self.cells.get(name)
            if child.state in FINAL and cell is not None and cell.waits_for == "run":
                self._close(cell, child.result() if child.state == "done" else child.state)
                heard = True
            undoing = self.cells.get(f"{name}~undo")
            heard = heard or (undoing is not None and undoing.phase == "waiting" and child.state in FINAL)
        return heard

    def result(self) -> str:
        """The outcome of the last step that was done."""
        for step in reversed(self.body(None)):
            cell = self.cell(step.id, ())
            if cell is not None and cell.phase == "done":
                return cell.outcome
        return "done"

    def _do(self, step: Step, where: Where) -> None:
        cell = self.cell(step.id, where)
        if cell is not None and cell.phase == "open":
            self._next_turn(step, cell)
        elif cell is not None:
            self._attempt(step, cell)
        else:
            self._begin(step, where)
        settled = self.cell(step.id, where)
        if settled is not None and settled.phase in SETTLED:
            self._ask_stop_rules(step)

    def _ask_stop_rules(self, step: Step) -> None:
        for rule in self.recipe.stop:
            if f"steps.{step.id}." in rule.when and self.holds(rule.when, step.id, ()):
                self.end("stopped")

    def _put(self, step: Step, where: Where, phase: str, outcome: str = "", **more: Any) -> Cell:
        cell = self.cells[self.name(step.id, where)] = Cell(step.id, where, phase, outcome, **more)
        return cell

    def _close(self, cell: Cell, outcome: str, phase: str = "done") -> None:
        self.count += 1
        cell.phase, cell.outcome, cell.order, cell.due, cell.waits_for = phase, outcome, self.count, None, ""

    def _problem(self, cell: Cell, kind: str) -> None:
        cell.phase, cell.outcome, cell.due, cell.waits_for = "problem", kind, None, ""

    def _begin(self, step: Step, where: Where) -> None:
        cell = self._put(step, where, "new")
        if step.join is Join.ANY:
            self._withdraw(step, where)
        try:
            if not self.holds(step.when, step.id, where):
                self._close(cell, "skipped", "skipped")
                return
        except Undecidable:
            self._problem(cell, "condition_failed")
            return
        match step.kind:
            case StepKind.CODE:
                self._attempt(step, cell)
            case StepKind.REVIEW:
                cell.phase, cell.waits_for = "waiting", "review"
            case StepKind.TIMER:
                assert step.timer is not None
                assert step.timer.after_hours is not None
                cell.phase, cell.waits_for, cell.due = "waiting", "timer", self._in(hours=float(step.timer.after_hours))
            case StepKind.EVENT:
                assert step.event is not None
                late = step.event.timeout_hours
                cell.phase, cell.waits_for = "waiting", "event"
                cell.due = None if late is None else self._in(hours=float(late))
            case StepKind.MAP | StepKind.LOOP:
                self._open(step, cell)
            case StepKind.RECIPE:
                assert step.recipe is not None
                cell.phase, cell.waits_for = "waiting", "run"
                child = Model(
                    self.recipes[step.recipe.id], {"word": self.run_input["word"]}, self.world, self.now, self.recipes
                )
                name = self.name(step.id, where)
                child.lost |= self.lost_in_new_children.pop(name, set())
                self.children[name] = child

    def _in(self, **parts: float) -> datetime:
        return self.now + timedelta(**parts)

    def _withdraw(self, join: Step, where: Where) -> None:
        """What only the join waited for is not waited for any more."""
        gone = {join.id}
        for step in reversed(self.body(join.inside)):
            cell = self.cell(step.id, where)
            if step.id not in self.before(join.id) or (cell is not None and cell.phase in SETTLED):
                continue
            if all(other.id in gone for other in self.body(join.inside) if step.id in other.after):
                gone.add(step.id)
                self._close(cell or self._put(step, where, "new"), "withdrawn", "skipped")

    def _open(self, step: Step, cell: Cell) -> None:
        cell.phase = "open"
        if step.loop is not None:
            cell.output = {"turn": 0}
            return
        assert step.map is not None
        found = [1, 2] if step.map.over == "[1, 2]" else self.run_input.get(step.map.over.removeprefix("input."))
        if found is None:
            self._problem(cell, "condition_failed")
        elif not isinstance(found, list):
            self._problem(cell, "map_not_a_list")
        elif len(found) > step.map.most:
            self._problem(cell, "map_too_long")
        else:
            cell.output = {"over": found}

    def _next_turn(self, step: Step, cell: Cell) -> None:
        """All items are over, or a turn is."""
        if step.loop is None:
            self._close(cell, "done")
            return
        turn = cell.output["turn"]
        if "is_enough" in cell.output:
            self._close(cell, "limit")
            return
        try:
            is_over = self.holds(step.loop.until, step.id, (*cell.where, turn))
        except Undecidable:
            self._problem(cell, "condition_failed")
            return
        if is_over:
            self._close(cell, "done")
        elif turn + 1 < step.loop.most:
            cell.output["turn"] += 1
        elif step.loop.at_limit is AtLimit.GO_ON:
            self._close(cell, "limit")
        else:
            self._problem(cell, "loop_limit")

    def _attempt(self, step: Step, cell: Cell) -> None:
        name, fault = self.name(step.id, cell.where), self.world.faults.get(step.id)
        if name in self.confirmed:
            self.confirmed.discard(name)
            self._close(cell, "confirmed-by-person")
        elif name in self.lost:
            self.lost.discard(name)
            self._problem(cell, "ambiguous_effect")
        elif fault == "unclear":
            self._problem(cell, "ambiguous_effect")
        elif fault == "forgetful":
            self._problem(cell, "missing_evidence")
        elif fault is not None:
            self._fail(step, cell, "step_busy" if fault == "busy" else "step_failed")
        else:
            self._close(cell, self.world.outcome(step.id, cell.where))

    def _fail(self, step: Step, cell: Cell, code: str) -> None:
        retry = step.retry
        if retry is None or (retry.on and code not in retry.on) or cell.tries >= retry.times:
            self._problem(cell, code)
            return
        seconds = min(retry.first_seconds * retry.factor**cell.tries, retry.most_seconds)
        cell.tries += 1
        cell.phase, cell.outcome, cell.waits_for, cell.due = "retrying", code, "again", self._in(seconds=float(seconds))

    # Stimuli; each is followed by `go`

    def decide(self, name: str, verb: str) -> None:
        cell = self.cells[name]
        if cell.phase == "waiting":
            self._close(cell, verb)
        elif cell.outcome == "undo_failed":
            if verb == "reject":
                self._close(cell, "left", "skipped")
            else:
                del self.cells[name]
        elif cell.outcome == "loop_limit" and verb != "reject":
            cell.phase, cell.outcome = "open", ""
            cell.output["is_enough"] = True
        elif cell.outcome == "ambiguous_effect":
            del self.cells[name]
            if verb != "reject" and self.state == "undoing":
                self.cells[name] = self._cell_of(name)
                self._close(self.cells[name], "confirmed-by-person")
            elif verb != "reject":
                self.confirmed.add(name)
        elif verb == "reject":
            self.end("stopped")
        elif cell.outcome == "missing_evidence" and self._leaves(cell):
            # It took place and is not made again; a person's word stands for the evidence.
            self._close(cell, self.world.outcome(cell.step, cell.where))
        elif "turn" in cell.output:
            # What a container holds on to stays with it; its condition is asked again.
            cell.phase, cell.outcome = "open", ""
        else:
            del self.cells[name]

    def hear(self, key: str) -> None:
        """An event for every step that waits for this key."""
        for cell in self.cells.values():
            if cell.waits_for == "event" and cell.phase == "waiting" and cell.step == key:
                self._close(cell, "arrived")
        for child in self.children.values():
            child.hear(key)

    def next_due(self) -> datetime | None:
        mine = [cell.due for cell in self.cells.values() if cell.due is not None and self.state not in FINAL]
        theirs = [due for child in self.children.values() if (due := child.next_due()) is not None]
        return min([*mine, *theirs], default=None)

    def pass_time(self, now: datetime) -> None:
        self.now = now
        for cell in self.cells.values():
            if cell.due is None or cell.due > now or self.state in FINAL or self.state == "undoing":
                continue
            step = self.steps[cell.step]
            cell.due = None
            match cell.waits_for:
                case "timer":
                    self._close(cell, "elapsed")
                case "event":
                    assert step.event is not None
                    self._close(cell, str(step.event.on_timeout))
                case _:
                    pass
        for child in self.children.values():
            child.pass_time(now)

    def end(self, state: str, *, undo: bool = True) -> None:
        """Stop or cancel: what waits is withdrawn, what was done is taken back, then the run ends."""
        self.paused = False
        for name in self.parked():
            cell = self.cells[name]
            child = self.children.get(name) if cell.waits_for == "run" else None
            if child is not None and child.state not in FINAL:
                child.end("cancelled", undo=undo)
                if child.state == "undoing":
                    continue
            if undo and cell.outcome == "missing_evidence" and self.steps[cell.step].undo and self._leaves(cell):
                # It took place, whatever it left behind.
                self._close(cell, self.world.outcome(cell.step, cell.where))
                continue
            # Whether this took place is asked once more, when everything else waits for the answer.
            if cell.outcome == "ambiguous_effect" and self.steps[cell.step].undo is not None and undo:
                self.unsure.append(name)
            del self.cells[name]
        if undo and (self._to_undo() or self.unsure or self._open_children()):
            self.state, self.ends_as = "undoing", state
        else:
            self.state = state

    def take_back(self) -> bool:
        """A run that was done takes back what it did; False when there is nothing to take back."""
        if self.state == "done" and self._to_undo():
            self.state, self.ends_as = "undoing", "cancelled"
        return self.state == "undoing"

    def _leaves(self, cell: Cell) -> bool:
        return self.steps[cell.step].effect in OUTSIDE

    def _open_children(self) -> bool:
        return any(child.state not in FINAL and name in self.cells for name, child in self.children.items())

    def _to_undo(self) -> list[Cell]:
        """What can be taken back, the last done first."""
        found: list[Cell] = []
        for name, cell in self.cells.items():
            step = self.steps[cell.step]
            undone = self.cells.get(f"{name}~undo")
            is_left = undone is not None and undone.phase in {"skipped", "done"}
            if cell.phase == "done" and not name.endswith("~undo") and (step.undo or step.recipe) and not is_left:
                found.append(cell)
        return sorted(found, key=lambda cell: -cell.order)

    def _undo(self) -> None:
        if self._open_children():
            return
        for name in self.unsure:
            cell = self.cells[name] = self._cell_of(name)
            self._problem(cell, "ambiguous_effect")
        self.unsure = []
        while self.state == "undoing":
            waiting = self.parked()
            if any(self.cells[name].outcome in {"ambiguous_effect", "undo_failed"} for name in waiting):
                return
            cells = self._to_undo()
            if not cells:
                self.state = self.ends_as
            elif not self._undo_one(cells[0]):
                return

    def _cell_of(self, name: str) -> Cell:
        step_id, _, indices = name.rstrip("]").partition("[")
        return Cell(step_id, tuple(int(part) for part in indices.split(".") if part), "new", "")

    def _undo_one(self, cell: Cell) -> bool:
        """Take one effect back; False while somebody else is waited for."""
        name = self.name(cell.step, cell.where)
        undoing = self.cells.setdefault(f"{name}~undo", Cell(cell.step, cell.where, "new", ""))
        if self.steps[cell.step].recipe is not None:
            child = self.children[name]
            if undoing.phase == "new" and not child.take_back():
                self._close(undoing, "left", "skipped")
                return True
            child.go()
            undoing.phase = "waiting"
            if child.state not in FINAL:
                return False
        elif f"{cell.step}~undo" in self.world.faults:
            self._problem(undoing, "undo_failed")
            return False
        self._close(undoing, "done" if self.steps[cell.step].recipe else "ok")
        cell.phase = "undone"
        self.undone.append(name)
        return True
