"""The language of a recipe's workflow: what a step is, when it begins, how often it is tried and how it is undone.

Steps stand in one flat list. `after` orders them; steps that do not come after one another go on side by side. A step
with `inside` belongs to the body of a container (`map` or `loop`) and runs once for each item or turn.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import Field

from tiebeam.spec.base import Cel, Data, DottedId, Frozen, Id, Text


class Effect(StrEnum):
    """What a step does to the world; decides how it is committed and what happens after a crash."""

    PURE = "pure"
    DB = "db"
    IDEMPOTENT = "idempotent"
    AT_MOST_ONCE = "at_most_once"


class StepKind(StrEnum):
    CODE = "code"
    REVIEW = "review"
    TIMER = "timer"
    EVENT = "event"
    MAP = "map"
    LOOP = "loop"
    RECIPE = "recipe"


class Join(StrEnum):
    """When a step that comes after several begins: once all have ended, or with the first that was done."""

    ALL = "all"
    ANY = "any"


class Hours(StrEnum):
    """How hours are counted: on the clock, or within the team's business hours."""

    CLOCK = "clock"
    WORKING = "working"


class AtLimit(StrEnum):
    """What happens when a loop has used up its turns: a person is asked, or the run goes on with what there is."""

    ASK = "ask"
    GO_ON = "go-on"


class Review(Frozen):
    """A human checkpoint. Without `handoff` the recipe's escalation rules choose the protocol, first match wins."""

    handoff: DottedId | None = None
    four_eyes_with: tuple[Id, ...] = ()
    """Steps whose deciders may not decide this one."""
    authority: bool = False
    """The decider's approval limit must cover the amount; otherwise it goes on to a role whose limit does."""
    role: Cel | None = None
    """Gives the id of the role that is asked, in place of the protocol's (WF-07)."""
    person: Cel | None = None
    """Gives the id of the one person who is asked, for example the owner named in the case (WF-07)."""
    answer: Data | None = None
    """JSON Schema of what an edit may give; another answer is refused and the task stays open."""


class Retry(Frozen):
    """Tries again after a failure, `first_seconds` later, then `factor` times as long, at most `most_seconds`.

    `on` names the codes of failures worth another try; without it, every failure a step reports.
    """

    times: int = Field(ge=1, le=50)
    first_seconds: Decimal = Field(default=Decimal(1), ge=0)
    factor: Decimal = Field(default=Decimal(2), ge=1, le=100)
    most_seconds: Decimal = Field(default=Decimal(300), gt=0, le=2_592_000)
    on: tuple[str, ...] = ()


class Undo(Frozen):
    """What takes a step's effect back when the run is aborted; undone in reverse order (compensation)."""

    uses: DottedId
    effect: Effect = Effect.IDEMPOTENT
    params: Data = Field(default_factory=dict[str, Any])


class TimerUse(Frozen):
    """Waits `after_hours` from the moment the step begins, or `until` the moment an expression gives (ISO 8601)."""

    after_hours: Decimal | None = Field(default=None, gt=0, le=87_600)
    until: Cel | None = None
    hours: Hours = Hours.CLOCK


class EventUse(Frozen):
    """Waits for an event of this name whose key equals the given one.

    `payload` is the JSON Schema an event must keep; one that does not is refused to its sender and the step waits on.
    Without an event within `timeout_hours` the step ends with the outcome `on_timeout`.
    """

    name: DottedId
    key: Cel
    payload: Data | None = None
    timeout_hours: Decimal | None = Field(default=None, gt=0, le=87_600)
    hours: Hours = Hours.CLOCK
    on_timeout: Id | None = None


class MapUse(Frozen):
    """Runs the steps inside once for each item of the list `over`, at most `at_once` of them at the same time."""

    over: Cel
    at_once: int = Field(default=8, ge=1, le=64)
    most: int = Field(default=1000, ge=1, le=5000)
    """A longer list is a problem a person sees, never cut short."""


class LoopUse(Frozen):
    """Repeats the steps inside until the condition holds after a turn, at most `most` times."""

    until: Cel
    most: int = Field(ge=1, le=100)
    at_limit: AtLimit = AtLimit.ASK


class RecipeUse(Frozen):
    """Runs another recipe as a run of its own, and waits for its end."""

    id: DottedId
    input: dict[Id, Cel] = Field(default_factory=dict[str, str])
    """The other run's input: each value an expression."""


class Step(Frozen):
    """One step of a recipe.

    Expressions see `steps.<id>.outcome`, `steps.<id>.output`, `input` and `run`; inside a container also `item` (of a
    map), `index` (from 0) and `previous.<id>` (the former turn of a loop).
    """

    id: Id
    title: Text
    kind: StepKind = StepKind.CODE
    pattern: Id
    uses: DottedId | None = None
    """Name of the registered step code; required when `kind` is code."""
    after: tuple[Id, ...] = ()
    join: Join = Join.ALL
    inside: Id | None = None
    """The container (a map or a loop) whose body this step belongs to."""
    when: Cel | None = None
    effect: Effect = Effect.PURE
    evidence: tuple[Id, ...] = ()
    """What the step must leave behind; a step that does not goes to a person (WF-09, B14)."""
    params: Data = Field(default_factory=dict[str, Any])
    timeout_seconds: Decimal | None = Field(default=None, gt=0)
    """A call outside that takes longer is given up; what became of it is then treated as unknown."""
    retry: Retry | None = None
    undo: Undo | None = None
    review: Review | None = None
    timer: TimerUse | None = None
    event: EventUse | None = None
    map: MapUse | None = None
    loop: LoopUse | None = None
    recipe: RecipeUse | None = None


class TriggerMode(StrEnum):
    """`triggered`: one run an event. `stateful`: one open run a key, and later events reach that one (WF-14)."""

    TRIGGERED = "triggered"
    STATEFUL = "stateful"


class Missed(StrEnum):
    """What becomes of moments that passed while nothing ran."""

    SKIP = "skip"
    ONCE = "once"
    ALL = "all"


class Trigger(Frozen):
    """What starts the recipe by itself: a schedule (`cron`, five fields) or an event by its name.

    `when`, `key` and the values of `input` see `event` (name, key, payload, at) or, for a schedule, `at`.
    """

    id: Id
    cron: Text | None = None
    timezone: Text = "UTC"
    missed: Missed = Missed.ONCE
    event: DottedId | None = None
    when: Cel | None = None
    mode: TriggerMode = TriggerMode.TRIGGERED
    key: Cel | None = None
    """Which run a stateful trigger means; required for that mode."""
    input: dict[Id, Cel] = Field(default_factory=dict[str, str])


class AtDeadline(StrEnum):
    """`ask`: a person is asked and the run goes on meanwhile. `stop`: what was done is undone and the run ends."""

    ASK = "ask"
    STOP = "stop"


class RunLimits(Frozen):
    """How long a run may take at all, and how long nothing may happen in it while nobody is waited for."""

    deadline_hours: Decimal | None = Field(default=None, gt=0, le=87_600)
    hours: Hours = Hours.CLOCK
    at_deadline: AtDeadline = AtDeadline.ASK
    stall_minutes: Decimal = Field(default=Decimal(30), gt=0)
    priority: int = Field(default=5, ge=1, le=9)
    """1 goes first; work of the same team only."""
