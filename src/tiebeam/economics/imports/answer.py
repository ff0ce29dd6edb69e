"""What taking files in comes to, before it is done and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

BILL_TOLERANCE = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Line:
    """A sum of what would be booked, or is there already."""

    what: str
    records: int
    usd: Decimal


@dataclass(frozen=True, slots=True)
class ModelLine:
    provider: str
    model: str
    records: int
    requests: int
    """As the source counts them; a bucket of calls is one charge."""
    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    usd: Decimal


@dataclass(frozen=True, slots=True)
class AgainstBill:
    """`in_ledger_usd` is what is booked now and what was there already of the same use."""

    bill_usd: Decimal
    in_ledger_usd: Decimal
    difference_usd: Decimal
    share: Decimal
    """Of the bill; 0.01 is one per cent."""
    is_within: bool
    remainder: tuple[Line, ...]
    """What the bill has beyond what the files brought, as far as they say; the last line is what nothing explains."""
    remainder_booked_usd: Decimal


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """`booked` tells a preview from what was done."""

    sources: Mapping[str, str]
    """By file."""
    since: str
    until: str
    records: int
    charges: int
    usd: Decimal
    estimated_usd: Decimal
    """The part that came without its cost and was charged at our prices."""
    by_model: tuple[ModelLine, ...]
    by_team: tuple[Line, ...]
    duplicates: tuple[Line, ...]
    """The same use, seen by another source, and by which; not booked again."""
    already_there: int
    """Records that an earlier import booked."""
    changed: tuple[Line, ...]
    """Records whose figures the source has changed since; they are corrected."""
    left_out: tuple[Line, ...]
    unpriced: tuple[Line, ...]
    """Models that no price is known for, with their tokens as `records`; nothing is booked while there are any."""
    bill: AgainstBill | None
    booked: bool
    import_ids: tuple[str, ...] = ()
