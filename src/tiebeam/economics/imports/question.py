"""What is asked of an import."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from tiebeam.economics.imports.attribution import Attribution


@dataclass(frozen=True, slots=True)
class ImportQuestion:
    """Files of one import belong together: usage and the costs of the same days, or the pages of one answer."""

    files: tuple[Path, ...]
    source: str | None = None
    """By its name in `SOURCES`; None finds out by the columns."""
    attribution: Attribution = field(default_factory=Attribution)
    day_first: bool | None = None
    """How dates with slashes are read; None finds out by the file."""
    bill_usd: Decimal | None = None
    """What the provider's bill of the same use comes to."""
    book_remainder: bool = False
    """Books what the files do not explain of the bill as one charge, so that the ledger agrees with it."""
