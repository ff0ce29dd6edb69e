"""Roles given for a time and roles taken in an emergency, as Settings → Standing in shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tiebeam.web.views.parts import Pill

Choice = tuple[str, str]
"""(value, words) of a field to choose from."""


@dataclass(frozen=True, slots=True)
class DelegationLine:
    id: str
    role: str
    giver: str
    receiver: str
    first: date
    last: date
    reason: str
    state: Pill
    is_over: bool


@dataclass(frozen=True, slots=True)
class EmergencyLine:
    """`uses` are what was done under it: (when, verb, object, address of the object's page or empty)."""

    id: str
    person: str
    role: str
    reason: str
    opened_at: datetime
    until: datetime
    state: Pill
    uses: tuple[tuple[datetime, str, str, str], ...]
    finding: str
    may_close: bool
    may_review: bool


@dataclass(frozen=True, slots=True)
class StandingView:
    """`givers` and `receivers` are people, `roles` those of the giver, `takeable` all others; empty where not allowed.

    `typed` keeps a refused form, by the names of its fields; `form` says which one it was.
    """

    delegations: tuple[DelegationLine, ...]
    emergencies: tuple[EmergencyLine, ...]
    givers: tuple[Choice, ...]
    receivers: tuple[Choice, ...]
    roles: tuple[Choice, ...]
    takeable: tuple[Choice, ...]
    me: str
    """The person who looks; theirs is the first choice of whose role is given."""
    today: date
    typed: dict[str, str]
    form: str = ""
    problem: str = ""
