"""What is asked of a model, by whom, and what became of the asking."""

from __future__ import annotations

from dataclasses import dataclass

from tiebeam.economics.keys import Key, Slot
from tiebeam.economics.metering import Attempt, Ended, Rates, Usage
from tiebeam.economics.routing import Route, Target, TokenHold
from tiebeam.economics.spending import Hold, Path
from tiebeam.economics.tokens import Asked


@dataclass(frozen=True, slots=True)
class Call:
    """A request for a model. Empty text for what is not known.

    `key` is None for steps of our own runs, which answer for themselves.
    """

    asked: Asked
    team: str
    workflow: str
    key: Key | None = None
    agent: str = ""
    environment: str = ""
    execution: str = ""
    """A run of this workspace (`is_run`), or what the client calls its execution."""
    step_id: str = ""
    task_class: str = ""
    is_run: bool = False
    source: str = "gateway"


@dataclass(frozen=True, slots=True)
class Priced:
    """A place to go to, and what a call costs there."""

    target: Target
    rates: Rates
    service: str
    inputs: int
    """The most tokens the request can count as there."""
    outputs: int
    """The most tokens one choice may be answered with there: by the request, the model and the cap of its class."""
    longest: int
    """What the request itself allows for: where that is more than is held for, a limit is put in."""
    audio: bool = False
    """Whether tokens may be of sound."""
    keeps_an_hour: bool = False
    """Whether input may be kept in the provider's cache for an hour."""

    def worst(self, outputs: int) -> int:
        """The most it costs in nano-dollars, answered with so many tokens in all."""
        return self.rates.worst_nano(self.inputs, outputs, audio=self.audio, keeps_an_hour=self.keeps_an_hour)


@dataclass(slots=True)
class Admitted:
    """A call that was let in. Its attempts follow one another; it is closed once, however it ends."""

    id: str
    call: Call
    route: Route
    path: Path
    places: tuple[Priced, ...]
    """Where it may go, in the order in which to try; at least one."""
    at: int
    """Milliseconds since 1970."""
    choices: int
    slot: Slot | None
    is_costly: bool = False
    """Whether it may cost as much as flags its execution."""
    attempts: int = 0
    spent: int = 0
    """Nano-dollars of the attempts that have ended."""
    shortened: int | None = None
    """How long each answer may be at most since the longest possible did not fit under a ceiling."""


@dataclass(slots=True)
class Running:
    """An attempt that is held for and on record. It is ended once."""

    id: str
    attempt: Attempt
    """As it is on record."""
    admitted: Admitted
    place: Priced
    holds: list[Hold]
    worst: int
    """Nano-dollars held."""
    output_limit: int | None
    """A limit to put into the request; None leaves it as it came."""
    outputs: int
    """Tokens of all choices together that are held for."""
    began: int
    mark: int
    """Of the journal, to wait for where it must be on the disk first."""
    tally: TokenHold | None = None
    """Tokens held of a class that has so many a day."""
    is_ended: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt went. `usage` None where the provider stated none."""

    ended: Ended
    at: int
    usage: Usage | None = None
    seen: Usage | None = None
    """What was seen where no usage was stated; None charges at worst."""
    status: int = 0
    concluded: bool = True
    first_byte_millis: int = 0
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Charged:
    """What an attempt cost. `mark` is the journal's, to wait for where it must be on the disk."""

    nano: int
    usage: Usage
    estimated: bool
    mark: int
