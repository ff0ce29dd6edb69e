"""The small pieces every page is put together from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Pill:
    text: str
    tone: str = "neutral"
    """neutral, accent, ok, warn or bad."""


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step of a workflow in words; `inner` are the steps it repeats."""

    title: str
    what: str
    """What kind of step it is, what it comes after, and when it runs."""
    state: str = ""
    href: str = ""
    inner: tuple[StepLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A workflow as a drawing, and the same in words."""

    name: str
    svg: Markup
    lines: tuple[StepLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str | Markup
    href: str = ""
    note: str = ""
    is_mono: bool = False


@dataclass(frozen=True, slots=True)
class Kpi:
    label: str
    value: str
    note: str = ""
    href: str = ""
    unit: str = ""
    tone: str = ""
    spark: Markup | str = ""


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    href: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline or an audit trail."""

    at: datetime | None
    text: str
    who: str = ""
    note: str = ""
    tone: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of evidence in the words of its source."""

    text: str
    source: str
    mark: str = ""
    """The part of the text that matters."""
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    href: str = ""
    kind: str = "file"
    note: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its data, for the tooltip's sake and for those who prefer a table."""

    title: str
    svg: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    legend: tuple[tuple[str, str], ...] = ()
    """(tone, name) pairs."""


@dataclass(frozen=True, slots=True)
class Commands:
    """The same thing from the command line and over HTTP."""

    cli: str
    api: str
