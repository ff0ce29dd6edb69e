"""What is told to somebody outside the console, and what every way of telling it offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from tiebeam.errors import TiebeamError
from tiebeam.kit import iso


class NotTold(TiebeamError):
    """A place did not take a message; it may later."""

    code = "not_told"
    status = 502


@dataclass(frozen=True, slots=True)
class Told:
    """A message as it leaves. `id` stays the same however often it is sent, so that a receiver can drop repeats.

    `kind` is such as `budget.warning`; `facts` hold JSON values; `to` are mail addresses besides the configured ones.
    """

    id: str
    kind: str
    subject: str
    text: str
    at: datetime
    facts: dict[str, Any]
    to: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "subject": self.subject,
            "text": self.text,
            "at": iso(self.at),
            "facts": self.facts,
        }


class Place(Protocol):
    @property
    def name(self) -> str:
        """What deliveries to this place are kept under; never holds a secret."""
        ...

    def tell(self, told: Told) -> None:
        """Raises TiebeamError or OSError where it was not taken."""
        ...
