"""The states of a run and of the instances of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class RunState(StrEnum):
    """`undoing`: what it did is taken back, then it ends as stopped or cancelled. `failed`: the engine put it aside."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    UNDOING = "undoing"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in _FINAL


_FINAL = frozenset({RunState.DONE, RunState.STOPPED, RunState.FAILED, RunState.CANCELLED})


class StepPhase(StrEnum):
    """Where one instance of a step stands. One without a row has not begun.

    `waiting`: for a person, a moment, an event or another run. `open`: a container whose body runs. `retrying`: it
    failed and is tried again. `undone`: it was done and its effect is taken back.
    """

    DONE = "done"
    SKIPPED = "skipped"
    WAITING = "waiting"
    PROBLEM = "problem"
    OPEN = "open"
    RETRYING = "retrying"
    UNDONE = "undone"


SETTLED = frozenset({StepPhase.DONE, StepPhase.SKIPPED, StepPhase.UNDONE})
PARKED = frozenset({StepPhase.WAITING, StepPhase.PROBLEM, StepPhase.RETRYING})
"""Nothing happens to it until a person, a moment, an event or another run comes."""


@dataclass(frozen=True, slots=True)
class StepState:
    """`seq` counts what has ended in the run, from 1; 0 for what has not."""

    step_id: str
    phase: StepPhase
    outcome: str
    output: Mapping[str, Any]
    seq: int = 0
    task_id: str | None = None
    wait_id: str | None = None

    @property
    def is_due_again(self) -> bool:
        """It failed, and the time for the next attempt has come."""
        return self.phase is StepPhase.RETRYING and bool(self.output["retry"]["due"])

    @property
    def seen(self) -> dict[str, Any]:
        """What conditions and step codes see of it."""
        hidden = self.phase is StepPhase.OPEN or self.phase is StepPhase.RETRYING
        return {"outcome": self.outcome, "output": {} if hidden else self.output}
