"""Errors, uploads, the palette and settings."""

from __future__ import annotations

from dataclasses import dataclass

from tiebeam.web.views.parts import Event, Fact, Link
from tiebeam.web.views.work import DecisionView


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    group: str
    label: str
    note: str
    href: str


@dataclass(frozen=True, slots=True)
class ErrorView:
    status: int
    title: str
    cause: str
    fix: str
    reference: str = ""
    decision: DecisionView | None = None
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class UploadResult:
    name: str
    run: Link | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person an administrator may make a sign-in link for; `open_tasks` = what waits for them."""

    id: str
    name: str
    roles: str
    open_tasks: int


@dataclass(frozen=True, slots=True)
class SettingsView:
    facts: tuple[Fact, ...]
    roles: tuple[Link, ...]
    limits: tuple[Fact, ...]
    sessions: tuple[Event, ...]
    colleagues: tuple[Colleague, ...] = ()
    """Empty for those who are no administrator."""
    link: str = ""
    """A link that was just made, shown once."""
    link_for: str = ""


@dataclass(frozen=True, slots=True)
class Ways:
    """How people come in here. `provider` is what its button says; `start` leads there."""

    links: bool
    provider: str = ""
    start: str = ""
    way_out: str = ""
    """Where the provider ends its own session; told to who has just signed out here."""
