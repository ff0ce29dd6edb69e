"""What a review task, a decision and a question are."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tiebeam.errors import NotFound
from tiebeam.kit import decimal_text, iso
from tiebeam.spec import HandoffProtocol
from tiebeam.workforce import tables


class TaskState(StrEnum):
    """`expired` = the escalation ladder gave up on it (abort)."""

    OPEN = "open"
    CLAIMED = "claimed"
    WAITING = "waiting-for-answer"
    DECIDED = "decided"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


ACTIVE = frozenset({TaskState.OPEN, TaskState.CLAIMED, TaskState.WAITING})


class Standing(StrEnum):
    """What a call of `decide` came to."""

    FINAL = "final"
    ENDORSED = "endorsed"
    """The person's limit does not cover the amount: noted, and the task went on to a role whose limit does."""
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Task:
    """One review task as stored. `amount` in `currency`; None = no money at stake, or unknown.

    `intent` and `started_by` (`person:ada`) are those of its run. They and `run_id` are empty for a task of no run,
    such as a request for a larger budget: deciding it continues nothing, and hooks of the decision do the rest.
    """

    id: str
    run_id: str
    intent: str
    started_by: str
    seq: int
    step_id: str
    wait_id: str
    protocol: HandoffProtocol
    title: str
    summary: str
    payload: dict[str, Any]
    payload_hash: str
    context: dict[str, Any]
    role: str
    team: str
    audit_owner: str
    excluded_people: tuple[str, ...]
    amount: Decimal | None
    currency: str | None
    needs_authority: bool
    answer_schema: dict[str, Any] | None
    """JSON Schema of what may be answered: its properties may be given besides the protocol's editable fields."""
    routed_because: str
    state: TaskState
    claimed_by: str | None
    opened_at: datetime
    counted_from: datetime
    due_start: datetime | None
    due_at: datetime
    snoozed_until: datetime | None
    closed_at: datetime | None

    @property
    def handoff(self) -> str:
        return self.protocol.id

    @property
    def stream(self) -> str:
        """Where the journal tells of it."""
        return f"run:{self.run_id}" if self.run_id else f"task:{self.id}"

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


@dataclass(frozen=True, slots=True)
class Change:
    """One changed place of a payload; `path` like `posting.lines[0].account`. None = absent."""

    path: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided what over which exact payload.

    `payload` is what is to be executed and `payload_hash` its digest; `shown_hash` is what the person was shown.
    `minutes` of review; `minutes_how`: given | measured | capped | not-measured | no-person. `rule` is the id of the
    authority rule that let it pass; `role` the role they acted in, for `on_behalf_of` when they stood in for somebody.
    `took_part`, known while it is made, names whom separation of duties keeps from the steps after it.
    """

    task_id: str
    run_id: str
    step_id: str
    verb: str
    person_id: str
    person_name: str
    on_behalf_of: str | None
    role: str
    at: datetime
    payload: dict[str, Any]
    payload_hash: str
    shown_hash: str
    diff: tuple[Change, ...]
    comment: str
    amount: Decimal | None
    currency: str | None
    rule: str
    audit_owner: str
    minutes: Decimal | None
    minutes_how: str
    expires_at: datetime | None
    took_part: tuple[str, ...] = field(default=(), compare=False)
    standing: Standing = Standing.FINAL
    moved_to_role: str | None = None
    message: Message | None = None

    def is_expired(self, now: datetime) -> bool:
        """True when the effect this decision allowed must be asked for again."""
        return self.expires_at is not None and now >= self.expires_at

    def as_json(self) -> dict[str, Any]:
        """JSON-ready content, without the payload itself."""
        return {
            "task": self.task_id,
            "run": self.run_id,
            "step": self.step_id,
            "verb": self.verb,
            "person": self.person_id,
            "person_name": self.person_name,
            "on_behalf_of": self.on_behalf_of,
            "role": self.role,
            "at": iso(self.at),
            "payload_hash": self.payload_hash,
            "diff": changes_json(self.diff),
            "comment": self.comment,
            "rule": self.rule,
            "audit_owner": self.audit_owner,
            "minutes": None if self.minutes is None else decimal_text(self.minutes),
            "minutes_how": self.minutes_how,
            "expires_at": None if self.expires_at is None else iso(self.expires_at),
            "standing": str(self.standing),
            "moved_to_role": self.moved_to_role,
        }


@dataclass(frozen=True, slots=True)
class Message:
    """A question drafted from a task, and its answer once it came. `recipient` None = whoever the context names."""

    id: str
    task_id: str
    asked_by: str
    asked_at: datetime
    recipient: str | None
    subject: str
    text: str
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None


class UnknownTask(NotFound):
    code = "unknown_task"


def declared_key(key: str) -> str:
    """Declared ids have hyphens where JSON keys have underscores: `cost_centre` is declared as `cost-centre`."""
    return key.replace("_", "-")


def changes_json(changes: tuple[Change, ...]) -> list[dict[str, Any]]:
    return [{"path": c.path, "old": c.old, "new": c.new} for c in changes]


def task_of(row: Any) -> Task:
    values = {f.name: getattr(row, f.name) for f in fields(Task)}
    values["protocol"] = HandoffProtocol.model_validate(values["protocol"])
    values["state"] = TaskState(values["state"])
    values["excluded_people"] = tuple(values["excluded_people"])
    return Task(**values)


def decision_of(row: Any) -> Decision:
    skipped = {"standing", "moved_to_role", "message", "took_part"}
    values = {f.name: getattr(row, f.name) for f in fields(Decision) if f.name not in skipped}
    values["diff"] = tuple(Change(**change) for change in values["diff"])
    return Decision(**values)


def message_of(row: Any) -> Message:
    return Message(**{f.name: getattr(row, f.name) for f in fields(Message)})


def load_task(conn: sa.Connection, task_id: str, *, lock: bool = False) -> Task:
    """Raises UnknownTask. With `lock` the row stays ours until the unit ends, so that deciders queue up behind it."""
    statement = sa.select(tables.task).where(tables.task.c.id == task_id)
    row = conn.execute(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        raise UnknownTask(f"no review task {task_id!r}; `tiebeam inbox` lists the open ones", task=task_id)
    return task_of(row)


def load_decision(conn: sa.Connection, task_id: str) -> Decision | None:
    row = conn.execute(sa.select(tables.task_decision).where(tables.task_decision.c.task_id == task_id)).one_or_none()
    return None if row is None else decision_of(row)
