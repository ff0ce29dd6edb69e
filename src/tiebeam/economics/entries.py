"""One line of the ledger: something that was used, decided or gained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tiebeam.errors import Invalid


class InvalidEntry(Invalid):
    """A ledger line that would make the books untrue."""

    code = "invalid_ledger_entry"


class EntryKind(StrEnum):
    TOKENS = "tokens"
    REVIEW_MINUTES = "review_minutes"
    MACHINE_SECONDS = "machine_seconds"
    TOOL_CALL = "tool_call"
    OUTCOME = "outcome"
    VALUE = "value"
    CHARGE = "charge"


COSTS = frozenset(
    {EntryKind.TOKENS, EntryKind.REVIEW_MINUTES, EntryKind.MACHINE_SECONDS, EntryKind.TOOL_CALL, EntryKind.CHARGE}
)
"""Kinds whose amount is money spent."""

EXACT_DIGITS = 120
"""Sums are taken at this precision: at the usual 28 digits the order of the lines would show in the total."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """`quantity` counts what `kind` names: tokens, minutes, seconds, calls; 1 or 0 for an accepted or other outcome;
    the baseline's minutes for a value. `amount` is money in `currency`; `usd_nano` is a model's charge.
    """

    kind: EntryKind
    run_id: str
    step_id: str | None
    intent: str
    recipe: str
    team: str
    person: str | None
    model: str | None
    """The resolved model, never an alias."""
    quantity: Decimal
    usd_nano: int | None
    amount: Decimal | None
    currency: str | None
    at: datetime
    key: str
    """The same key again is the same line and is ignored."""
    touched: bool | None = None
    """Outcomes: whether a person had to handle the run. None = whether the run has minutes of review in the ledger."""
    price: Mapping[str, Any] | None = None
    """Tokens: the price snapshot they were charged at."""


def check_entry(entry: LedgerEntry) -> None:
    """Raises InvalidEntry naming the line and what is missing."""
    where = f"the {entry.kind.value} line {entry.key!r}"
    if entry.at.tzinfo is None:
        raise InvalidEntry(f"{where} has a time without an offset")
    if not entry.quantity.is_finite() or entry.quantity < 0:
        raise InvalidEntry(f"{where} counts {entry.quantity}; quantities are finite and not negative")
    if entry.amount is not None and not entry.amount.is_finite():
        raise InvalidEntry(f"{where} has the amount {entry.amount}")
    if entry.amount is not None and not entry.currency:
        raise InvalidEntry(f"{where} has an amount without a currency")
    if entry.kind is EntryKind.TOKENS and (not entry.model or entry.usd_nano is None):
        raise InvalidEntry(
            f"{where} needs the resolved model and its charge in nano-dollars; an unknown price is not 0"
        )
    if entry.kind is EntryKind.REVIEW_MINUTES and entry.amount is None:
        raise InvalidEntry(f"{where} needs the cost of the minutes; a person's time is never free")
    if entry.kind is EntryKind.VALUE and entry.amount is None:
        raise InvalidEntry(f"{where} needs the amount of the value")
    if entry.kind is EntryKind.OUTCOME and entry.quantity not in (0, 1):
        raise InvalidEntry(f"{where} counts {entry.quantity}; an outcome is accepted (1) or not (0)")
