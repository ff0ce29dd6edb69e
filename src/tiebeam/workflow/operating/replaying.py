"""An ended run through another version of its recipe, dry: nothing is kept, nothing leaves the house."""

from __future__ import annotations

from dataclasses import dataclass

from tiebeam.authority import Principal
from tiebeam.errors import Conflict
from tiebeam.workflow.operating.desk import Desk


class NotReplayable(Conflict):
    """Only what has ended is replayed: what a person will decide is not known before."""

    code = "not_replayable"


@dataclass(frozen=True, slots=True)
class ReplayedStep:
    """One instance then and now. `before` and `after` are outcomes or phases; empty where it was not come to.

    `source`: `ran` (the step's code really ran) or `record` (what people, other systems and time said back then).
    `changes` name what differs.
    """

    instance: str
    title: str
    before: str
    after: str
    source: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """`before` and `after` say how the run ended and would end. `open` names what no record answers."""

    run: str
    recipe: str
    version: str
    before: str
    after: str
    steps: tuple[ReplayedStep, ...]
    open: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        return self.before != self.after or any(step.changes for step in self.steps)


def replay(desk: Desk, principal: Principal, run_id: str, *, version: str) -> Replay:
    raise NotReplayable("not yet")
