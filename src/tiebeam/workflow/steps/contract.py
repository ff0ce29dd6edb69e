"""The contract between the interpreter and a step's code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tiebeam.economics import LedgerEntry
from tiebeam.errors import TiebeamError
from tiebeam.spec import Effect
from tiebeam.store import Unit


class StepFailed(TiebeamError):
    """A step could not do its work for a reason a person can act on; the case goes to a person."""

    code = "step_failed"
    status = 422


class StepBusy(StepFailed):
    """The other side refused for now, and nothing happened there: the same again may go through later.

    With `retry` the step is tried again by itself, `after_seconds` later at the earliest; else it goes to a person.
    """

    code = "step_busy"
    status = 503

    def __init__(self, message: str, *, after_seconds: float = 0) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class ApprovalExpired(TiebeamError):
    """The approval an effect rests on is too old; the review step named by `step_id` is asked again."""

    code = "approval_expired"
    status = 409

    def __init__(self, message: str, *, step_id: str) -> None:
        super().__init__(message, step=step_id)
        self.step_id = step_id


class EffectUnclear(TiebeamError):
    """The outer system may or may not have done what was asked (a time-out, a broken connection): a person looks."""

    code = "effect_unclear"
    status = 409


def _no_system(system_id: str) -> Any:
    raise StepFailed(f"the system {system_id!r} cannot be opened here")


@dataclass(frozen=True, slots=True)
class RunInfo:
    id: str
    intent: str
    recipe: str
    team: str
    document_id: str | None


@dataclass(frozen=True, slots=True)
class Services:
    """The outer world as a step may use it, opened once per process. Each is a small protocol of `tiebeam.connect`."""

    workspace: Path
    erp: Any
    payments: Any
    mail: Any
    debtor: Mapping[str, str]
    """Who pays: name, iban, bic."""
    roles: tuple[Mapping[str, Any], ...] = ()
    """Roles with `id`, `title` and `approval_limit`, as plain data."""
    policy: Any = None
    """The matching policy of the run's dataset."""
    models: Any = None
    """Asks models (`tiebeam.workflow.models.Completing`); None where the process lets no calls in."""
    events: Any = None
    """Sends events (`tiebeam.workflow.triggers.Events`)."""
    system: Callable[[str], Any] = _no_system
    """Opens a system of systems/ whose kind another package brings, by its id. Raises Invalid."""


@dataclass(frozen=True, slots=True)
class StepCall:
    """Everything a step may look at. `inputs` holds `{step id: {"outcome", "output"}}` of the steps that have begun.

    In the body of a container `inputs` are those of the same item or turn, `step_id` carries the indices, `index` and
    `item` say which it is, and `previous` holds `inputs` of the turn before.
    """

    run: RunInfo
    step_id: str
    inputs: Mapping[str, Mapping[str, Any]]
    input: Mapping[str, Any]
    params: Mapping[str, Any]
    services: Services
    now: datetime
    key: str
    """Idempotency key of this step in this run."""
    conn: sa.Connection
    """For reading."""
    unit: Unit | None = None
    """Only for steps with effect `db`; what they write commits with the step's outcome."""
    item: Any = None
    index: int | None = None
    previous: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])

    def output_of(self, step_id: str) -> Mapping[str, Any]:
        """The output of a finished step; empty when it was skipped or has not run."""
        return self.inputs.get(step_id, {}).get("output", {})

    def outcome_of(self, step_id: str) -> str:
        return str(self.inputs.get(step_id, {}).get("outcome", "skipped"))


@dataclass(frozen=True, slots=True)
class StepResult:
    """`summary` is one sentence for a person; `evidence` must hold every key the recipe's step declares."""

    outcome: str
    output: dict[str, Any]
    summary: str
    evidence: dict[str, Any] = field(default_factory=dict[str, Any])
    entries: tuple[LedgerEntry, ...] = ()


TIEBEAM = "tiebeam"
"""The origin of step codes of the product itself."""


@dataclass(frozen=True, slots=True)
class StepCode:
    """A named piece of code. For external effects `request` makes what is journalled before `run` calls out."""

    uses: str
    effect: Effect
    run: Callable[[StepCall], StepResult]
    request: Callable[[StepCall], dict[str, Any]] | None = None
    find: Callable[[StepCall], dict[str, Any] | None] | None = None
    """For at-most-once effects: asks the outer system whether the effect took place, to help who decides."""
    origin: str = TIEBEAM
    """Which package it comes from, with its version; kept with what a step of another package did."""
