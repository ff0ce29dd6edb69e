"""Workforce: who does what, and how work passes between agents and people."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from tiebeam.spec.base import Cel, DottedId, Frozen, Id, Money, Record, Text

Scope = Annotated[str, StringConstraints(pattern=r"^(read|[a-z]+\.([a-z_]+|\*))$", max_length=80)]
"""What a token may be for: a verb such as `run.start`, a group such as `run.*`, or `read`."""


class RoleStatus(StrEnum):
    NET_NEW = "net-new"
    EVOLVED = "evolved"
    PROGRAM = "program"


class Role(Record):
    """A role with what it answers for.

    `approval_limit` is in the workspace's currency; None = no limit (written "unlimited"), 0 = may not approve money.
    """

    title: Text
    industry: Id
    archetype: Id
    status: RoleStatus
    owns: Text
    duties: tuple[Text, ...] = Field(min_length=2)
    skills: tuple[Text, ...] = Field(min_length=1)
    training_track: DottedId | None = None
    reports_to: DottedId | None = None
    approval_limit: Money | None = Field(default=Decimal(0), ge=0)

    @field_validator("approval_limit", mode="before")
    @classmethod
    def _unlimited(cls, value: object) -> object:
        # TOML has no null.
        return None if value == "unlimited" else value


class Absence(Frozen):
    first: date
    last: date
    deputy: DottedId | None = None


class Person(Record):
    name: Text
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    roles: tuple[DottedId, ...] = Field(min_length=1)
    team: DottedId | None = None
    administrator: bool = False
    machine_user: Text | None = None
    """The operating-system user who is this person at the command line of the machine that holds the database."""
    absences: tuple[Absence, ...] = ()


class Team(Record):
    title: Text
    lead: DottedId
    cost_centre: Text
    timezone: Text = "UTC"
    workdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    """ISO weekdays."""
    opens: str = Field(default="08:00", pattern=r"^\d\d:\d\d$")
    closes: str = Field(default="18:00", pattern=r"^\d\d:\d\d$")


class RungAction(StrEnum):
    REMIND = "remind"
    REASSIGN = "reassign"
    RAISE = "raise"
    DEFAULT = "default"
    ABORT = "abort"


class Rung(Frozen):
    """One rung of an escalation ladder, counted in business hours after the task opened."""

    after_hours: Decimal = Field(gt=0)
    action: RungAction
    role: DottedId | None = None
    """Whom to reassign or raise to."""
    verb: str | None = None
    """The decision taken by `default`."""


class HandoffProtocol(Record):
    """When an agent hands over, with what, and who owns the audit trail (HO-01, HO-02)."""

    title: Text
    when: Text
    to_role: DottedId
    audit_owner: DottedId
    context: tuple[Id, ...] = Field(min_length=1)
    """Keys the context package must hold; an incomplete package is refused (C4)."""
    verbs: tuple[str, ...] = ("approve", "reject", "edit", "ask")
    instructions: Text
    due_hours: Decimal = Field(gt=0)
    ladder: tuple[Rung, ...] = ()
    expires_hours: Decimal | None = None
    """An approval older than this when its effect runs is asked for again."""
    editable: tuple[Id, ...] = ()
    """Top-level keys of the payload a person may edit."""
    when_rule: Cel | None = None


class Agent(Record):
    """An agent as a principal of its own, managed by a role."""

    title: Text
    managing_role: DottedId
    tools: tuple[DottedId, ...]
    data_scopes: tuple[Text, ...] = Field(min_length=1)
    autonomy: str = Field(pattern="^(manual|suggest|supervised|autonomous)$")
    budget: DottedId | None = None


class ServiceAccount(Record):
    """A program that calls us as a principal of its own, answered for by a role (G1). It signs in by token alone."""

    title: Text
    purpose: Text
    managing_role: DottedId
    """Who holds it makes and revokes the account's tokens."""
    roles: tuple[DottedId, ...] = Field(min_length=1)
    scopes: tuple[Scope, ...] = Field(min_length=1)
    """The most its tokens may be for."""
    expires: date | None = None
    """From this day on the account and all its tokens are refused; None = until the file is removed."""


class TrainingCase(Frozen):
    """An applied-judgement question: a situation, what to do, and why (HO-06)."""

    id: Id
    situation: Text
    question: Text
    good_answer: Text
    because: Text


class TrainingTrack(Record):
    title: Text
    for_roles: tuple[DottedId, ...] = Field(min_length=1)
    minutes: int = Field(gt=0)
    goals: tuple[Text, ...] = Field(min_length=1)
    case: tuple[TrainingCase, ...] = Field(min_length=1)
