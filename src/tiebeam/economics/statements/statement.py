"""A statement: what a team or a line of business used in a month, what was corrected, and what it shares in."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tiebeam.economics.forecast import Month
from tiebeam.economics.totals import usd_text
from tiebeam.errors import Invalid, NotFound
from tiebeam.kit import plain


class UnknownParty(NotFound):
    """No team or line of business of that name whose use you may see."""

    code = "unknown_party"


class WrongParty(Invalid):
    code = "wrong_party"


class StatementKind(StrEnum):
    SHOWBACK = "showback"
    """Shows what was used; nobody is billed."""
    CHARGEBACK = "chargeback"
    """Bills it. Issued once the month is over; what comes to light later is billed by the next one of that month."""


class Section(StrEnum):
    USE = "use"
    CORRECTIONS = "corrections"
    SHARED = "shared"
    MOVED = "moved"
    """Charges of one's own that others share."""


@dataclass(frozen=True, slots=True)
class Party:
    """Whose statement: a team by its name, or a line of business by the id of its budget."""

    kind: str
    name: str

    @classmethod
    def read(cls, text: str) -> Party:
        """`team:support` or `line:finance`. Raises WrongParty."""
        kind, colon, name = text.partition(":")
        if kind not in {"team", "line"} or not colon or not name:
            raise WrongParty(f"{text[:100]!r} is nobody's; write team:NAME or line:BUDGET")
        return cls(kind, name)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. `ledger` holds the filters by which the ledger lists the charges behind it."""

    section: Section
    team: str
    workflow: str
    provider: str
    model: str
    about: str
    requests: int
    tokens: int
    usd_nano: int
    ledger: Mapping[str, str]
    basis: Mapping[str, Any] | None = None
    """Of a shared cost: the rule, the whole sum, and the weights it was shared by."""

    def form(self) -> dict[str, Any]:
        return {
            "section": self.section.value,
            "team": self.team,
            "workflow": self.workflow,
            "provider": self.provider,
            "model": self.model,
            "about": self.about,
            "requests": self.requests,
            "tokens": self.tokens,
            "cost_usd": usd_text(self.usd_nano),
            "ledger": dict(self.ledger),
            "basis": plain(self.basis),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Lines in order: use by workflow and model, corrections, shared costs, what was moved. They add up exactly."""

    kind: StatementKind
    party: Party
    title: str
    owner_role: str
    """Who answers for it; empty text where no budget covers it."""
    cost_centre: str
    month: Month
    as_of: datetime
    is_final: bool
    """The month is over. Until then figures go on growing."""
    is_partial: bool
    """A rule keeps some of it from whoever asks."""
    lines: tuple[Line, ...]
    estimated_nano: int
    """Of the use, what is still an estimate."""
    billed_nano: int
    """What statements issued before have billed of this month."""
    in_company_currency: tuple[str, Decimal] | None
    """The total in the company's currency; None without a rate."""

    @property
    def usd_nano(self) -> int:
        return sum(one.usd_nano for one in self.lines)

    @property
    def due_nano(self) -> int:
        """What is still to be billed; negative where too much was."""
        return self.usd_nano - self.billed_nano

    def sum_of(self, section: Section) -> int:
        return sum(one.usd_nano for one in self.lines if one.section is section)

    def form(self) -> dict[str, Any]:
        """As `--json` and the API give it, and as it is kept when issued; dollars as exact text."""
        currency = self.in_company_currency
        return {
            "kind": self.kind.value,
            "about": str(self.party),
            "title": self.title,
            "owner_role": self.owner_role,
            "cost_centre": self.cost_centre,
            "month": str(self.month),
            "as_of": plain(self.as_of),
            "is_final": self.is_final,
            "is_partial": self.is_partial,
            "lines": [one.form() for one in self.lines],
            "sums": {section.value: usd_text(self.sum_of(section)) for section in Section},
            "total_usd": usd_text(self.usd_nano),
            "estimated_usd": usd_text(self.estimated_nano),
            "billed_before_usd": usd_text(self.billed_nano),
            "due_usd": usd_text(self.due_nano),
            "currency": None if currency is None else currency[0],
            "total": None if currency is None else plain(currency[1]),
        }


LINE_HEAD = ("section", "team", "workflow", "provider", "model", "about", "requests", "tokens", "cost_usd", "ledger")


def ledger_command(line: Line) -> str:
    """The command that lists the charges behind a line."""
    options = (
        f"--{name}" if value == "true" else f"--{name} {shlex.quote(value)}" for name, value in line.ledger.items()
    )
    return " ".join(("tiebeam ledger lines --of use", *options))


def rows_of(lines: Iterable[Line]) -> list[list[Any]]:
    """As a table for spreadsheets, in the order of LINE_HEAD; dollars as decimals."""
    return [
        [
            one.section.value,
            one.team,
            one.workflow,
            one.provider,
            one.model,
            one.about,
            one.requests,
            one.tokens,
            Decimal(usd_text(one.usd_nano)),
            ledger_command(one),
        ]
        for one in lines
    ]
