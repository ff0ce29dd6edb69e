"""Workforce: who does what, and how work passes between agents and people."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator, model_validator

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


class SpecialDay(Frozen):
    """A day unlike its weekday: closed, unless it says `closes` (it ends early) or `works` (a day made up for)."""

    date: date
    title: Text
    closes: str | None = Field(default=None, pattern=r"^\d\d:\d\d$")
    works: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> SpecialDay:
        if self.works and self.closes is not None:
            raise ValueError("a day either works like any other or closes early; leave out `works` or `closes`")
        return self


class HolidayCalendar(Record):
    """Public holidays and other special days of a place; teams name it. `[meta] source` says who announced them.

    It speaks about the days from `first` to `last`; after `last` no holiday is known, and a due time past it says so.
    """

    title: Text
    first: date
    last: date
    day: tuple[SpecialDay, ...] = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _in_order(self) -> HolidayCalendar:
        dates = [day.date for day in self.day]
        if twice := sorted({one for one in dates if dates.count(one) > 1}):
            raise ValueError(f"{twice[0]} stands there twice; keep one entry for a day")
        outside = [one for one in dates if not self.first <= one <= self.last]
        if outside:
            raise ValueError(f"{outside[0]} lies outside {self.first} to {self.last}; move `first` or `last`")
        return self


class Team(Record):
    title: Text
    lead: DottedId
    cost_centre: Text
    timezone: Text = "UTC"
    calendar: Id | None = None
    """Whose public holidays do not count as working days (`calendars/`)."""
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


class TimeoutAction(StrEnum):
    DEFAULT = "default"
    ABORT = "abort"
    STAY_OPEN = "stay-open"


class OnTimeout(Frozen):
    """What happens when nobody ever decides: a verb by default, the end of the run, or nothing, which is said aloud."""

    action: TimeoutAction
    after_hours: Decimal | None = Field(default=None, gt=0)
    """Working hours after the task opened; needed unless it stays open."""
    verb: str | None = None
    """The decision taken by `default`."""

    @property
    def rung(self) -> Rung | None:
        """The last rung it amounts to; None when the task stays open."""
        if self.after_hours is None or self.action is TimeoutAction.STAY_OPEN:
            return None
        return Rung(after_hours=self.after_hours, action=RungAction(self.action), verb=self.verb)


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
    on_timeout: OnTimeout | None = None
    """What happens when nobody ever decides; a last rung that decides or aborts says the same."""
    expires_hours: Decimal | None = None
    """An approval older than this when its effect runs is asked for again."""
    editable: tuple[Id, ...] = ()
    """Top-level keys of the payload a person may edit."""
    when_rule: Cel | None = None

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """The ladder with what happens when nobody ever decides as its last rung."""
        last = None if self.on_timeout is None else self.on_timeout.rung
        return self.ladder if last is None else (*self.ladder, last)

    @property
    def says_the_end(self) -> bool:
        """Whether it says what happens when nobody ever decides."""
        ends = {RungAction.DEFAULT, RungAction.ABORT}
        return self.on_timeout is not None or any(rung.action in ends for rung in self.ladder[-1:])


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
