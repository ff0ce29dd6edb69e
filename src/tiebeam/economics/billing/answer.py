"""How the ledger and a provider's invoice or export of usage compare, day by day and model by model."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

TOLERANCE = Decimal("0.01")
"""Books that are no more than this share apart agree."""


class Difference(StrEnum):
    """Why a day and model differ, as far as both sides say."""

    NONE = "none"
    ESTIMATED = "estimated"
    """The ledger holds estimates of it."""
    USAGE = "usage"
    """Other counts of tokens."""
    PRICE = "price"
    """The same tokens at another price."""
    ONLY_LEDGER = "only_in_the_ledger"
    ONLY_PROVIDER = "only_at_the_provider"


@dataclass(frozen=True, slots=True)
class DayLine:
    provider: str
    day: str
    model: str
    """As names of one model have in common: without the day of its release."""
    ledger_tokens: int
    stated_tokens: int
    ledger_usd: Decimal
    stated_usd: Decimal
    estimated_usd: Decimal
    """The part of `ledger_usd` that is estimated."""
    difference_usd: Decimal
    """What the provider states beyond the ledger."""
    kind: Difference
    correctable_usd: Decimal
    """What accepting would change, by correcting the estimated charges."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    provider: str
    since: str
    until: str
    ledger_usd: Decimal
    stated_usd: Decimal
    difference_usd: Decimal
    share: Decimal
    """Of what is stated."""
    is_within: bool
    """Whether it is 1 % at most."""
    lines: tuple[DayLine, ...]
    after_usd: Decimal
    """What the ledger comes to when the estimates are corrected."""
    after_is_within: bool
    remainder: dict[str, Decimal]
    """By kind of difference, what is left then."""
    unpriced: tuple[str, ...]
    is_priced: bool
    """Whether the export states no cost, so that its side is at our prices."""
    corrections: tuple[str, ...] = ()
    """Ids of the charges that corrected others, once it was accepted."""
    id: str = ""
