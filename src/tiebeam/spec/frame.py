"""The budget frame: what a company may spend on technology in a year, who spends it, and who answers for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from tiebeam.spec.base import DottedId, Frozen, Id, Record, Share, Text

_Yearly = Annotated[Decimal, Field(ge=0, le=10**15, max_digits=20, decimal_places=6)]


class LineOfBusiness(Frozen):
    """A part of the company that earns; a major one has somebody for FinOps."""

    id: Id
    title: Text
    major: bool = True
    finops: DottedId | None = None
    """The person who watches what its technology costs."""


class FrameLine(Frozen):
    """Spend of a year for one domain, in the frame's currency."""

    id: Id
    title: Text
    amount_per_year: _Yearly
    domain: Id
    """Such as marketing or operations."""
    line_of_business: Id | None = None
    outside_it: bool = False
    """Paid by the business, not by IT."""
    owner: DottedId | None = None
    """The person who answers for it: the CMO, the COO or another business owner."""
    budget: DottedId | None = None
    """The budget that caps model spend within this line."""


class BudgetFrame(Record):
    """A year's technology spend against revenue (EC-23, EC-24)."""

    title: Text
    year: int = Field(ge=2000, le=2200)
    currency: str = Field(pattern="^[A-Z]{3}$")
    revenue_per_year: Decimal = Field(gt=0, le=10**15, max_digits=20, decimal_places=6)
    low_share: Share = Decimal("0.03")
    """The band of IT spend, as shares of revenue."""
    high_share: Share = Decimal("0.07")
    readers: tuple[DottedId, ...] = ()
    """Roles that may see it; it is nobody else's business but the administrators'."""
    line_of_business: tuple[LineOfBusiness, ...] = Field(default=(), max_length=200)
    line: tuple[FrameLine, ...] = Field(min_length=1, max_length=2000)

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.low_share >= self.high_share:
            raise ValueError(f"low_share {self.low_share} must lie below high_share {self.high_share}")
        known = [one.id for one in self.line_of_business]
        for ids, what in ((known, "lines of business"), ([one.id for one in self.line], "lines")):
            twice = sorted({one for one in ids if ids.count(one) > 1})
            if twice:
                raise ValueError(f"two {what} are called {twice[0]!r}; rename one of them")
        for one in self.line:
            if one.line_of_business is not None and one.line_of_business not in known:
                raise ValueError(
                    f"line {one.id!r} names the line of business {one.line_of_business!r}; "
                    f"there are {', '.join(known) or 'none'}"
                )
        return self
