"""The states of a run.

`undoing`: what it did is being taken back, then it ends as stopped or cancelled. `failed`: the engine put it aside.
"""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
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
