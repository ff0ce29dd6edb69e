"""What starts runs by itself, and the events that came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tiebeam.web.views.parts import Commands, Fact, Link, Pill


@dataclass(frozen=True, slots=True)
class TriggerLine:
    """`by` is the schedule or the event; `last` what it started last, or could not start."""

    id: str
    name: str
    workflow: Link
    by: str
    by_note: str
    state: Pill
    note: str
    next: tuple[datetime, ...]
    last: Pill | None
    last_at: datetime | None
    last_run: str
    may_pause: bool
    may_fire: bool
    is_paused: bool
    is_schedule: bool


@dataclass(frozen=True, slots=True)
class StartLine:
    trigger: str
    at: datetime
    state: Pill
    run: str
    event: str
    why: str
    may_retry: bool = False


@dataclass(frozen=True, slots=True)
class EventLine:
    id: str
    received_at: datetime
    name: str
    key: str
    source: str
    state: Pill
    note: str


@dataclass(frozen=True, slots=True)
class RefusedLine:
    source: str
    reason: str
    day: str
    times: str
    last_at: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class TriggersPage:
    """`refused` is None for who may not see it."""

    triggers: tuple[TriggerLine, ...]
    starts: tuple[StartLine, ...]
    events: tuple[EventLine, ...]
    refused: tuple[RefusedLine, ...] | None
    commands: Commands


@dataclass(frozen=True, slots=True)
class EventPage:
    id: str
    name: str
    state: Pill
    facts: tuple[Fact, ...]
    payload: str
    runs: tuple[Link, ...]
    starts: tuple[StartLine, ...]
    commands: Commands
