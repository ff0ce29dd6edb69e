"""Pages that say what a verb would do to a run, and do it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tiebeam.web.views.parts import Commands, Link, Pill


@dataclass(frozen=True, slots=True)
class TraceLine:
    """Something a run did. `choices`: (value, words) of what may be said of it in the form; the field is `of:ID`."""

    id: str
    title: str
    effect: str
    summary: str
    undone_by: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TraceList:
    title: str
    note: str
    lines: tuple[TraceLine, ...]
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Chooser:
    """A field of the form by GET that chooses what is previewed."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class VerbPage:
    """What a verb would do. Without `button` there is nothing to do; `refusal` says why not."""

    run: str
    subject: str
    title: str
    text: str
    place: str
    """Where the form goes."""
    choosers: tuple[Chooser, ...] = ()
    lists: tuple[TraceList, ...] = ()
    notes: tuple[str, ...] = ()
    refusal: str = ""
    button: str = ""
    is_dangerous: bool = False
    may_undo: bool = False
    """Whether to offer to leave what could be taken back."""
    hidden: tuple[tuple[str, str], ...] = ()
    commands: Commands | None = None


@dataclass(frozen=True, slots=True)
class ReplayLine:
    id: str
    title: str
    before: str
    after: str
    source: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplayPage:
    run: str
    subject: str
    chooser: Chooser
    version: str
    before: str
    after: str
    differs: bool
    lines: tuple[ReplayLine, ...]
    open: tuple[str, ...]
    commands: Commands


@dataclass(frozen=True, slots=True)
class FitLine:
    run: str
    subject: str
    state: Pill
    fits: bool
    says: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MigratePage:
    recipe: str
    title: str
    version: str
    refusal: str
    versions: tuple[tuple[str, int], ...]
    """(beginning of the hash, open runs), the applied one first."""
    lines: tuple[FitLine, ...]
    fits: int
    next: str
    """Where the list goes on; empty at its end."""
    may: bool
    only: str
    """The one run it is about; empty for all of the recipe."""
    commands: Commands


@dataclass(frozen=True, slots=True)
class AttentionLine:
    run: str
    subject: str
    since: datetime
    why: str
    reference: str = ""
    may_retry: bool = False


@dataclass(frozen=True, slots=True)
class AttentionPage:
    stalled: tuple[AttentionLine, ...]
    aside: tuple[AttentionLine, ...]
    total_aside: int


@dataclass(frozen=True, slots=True)
class RunTending:
    """What the page of a run offers to do with it. `alarm`: why it is taken to stand still."""

    can_pause: bool = False
    can_resume: bool = False
    can_retry: bool = False
    can_cancel: bool = False
    more: tuple[Link, ...] = ()
    related: tuple[Link, ...] = ()
    alarm: str = ""
