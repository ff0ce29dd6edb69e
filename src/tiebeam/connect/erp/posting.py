"""What is posted: one approved invoice or credit note, and the receipt the ERP gives for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tiebeam.errors import Conflict, Invalid


class InvalidPosting(Invalid):
    """The posting lacks something an accounts payable ledger needs."""

    code = "invalid_posting"


class KeyReused(Conflict):
    """The idempotency key already stands for another posting; nothing was posted."""

    code = "erp_key_reused"


class PostingLine(BaseModel):
    """One account assignment. `net` in the posting's currency."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    net: Decimal
    account: str | None = None
    cost_centre: str | None = None
    text: str | None = None
    sku: str | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    tax_rate: Decimal | None = None
    order_line: str | None = None

    def negated(self) -> PostingLine:
        quantity = -self.quantity if self.quantity is not None else None
        return self.model_copy(update={"net": -self.net, "quantity": quantity})


class Posting(BaseModel):
    """The fields an ERP keeps; others in the approved payload are left to the run's record.

    Amounts of a credit note may be given positive, as the document prints them; they are posted negative.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    supplier_id: str = Field(min_length=1)
    invoice_number: str = Field(min_length=1)
    invoice_date: date
    currency: str = Field(pattern="^[A-Z]{3}$")
    net: Decimal
    tax: Decimal
    gross: Decimal
    kind: Literal["invoice", "credit_note"] = "invoice"
    due_date: date | None = None
    order_reference: str | None = None
    document_id: str | None = None
    approved_by: str | None = None
    lines: tuple[PostingLine, ...] = ()

    def signed(self) -> Posting:
        """With the ledger's sign: a credit note lowers what is owed."""
        if self.kind == "invoice" or self.gross < 0:
            return self
        lines = tuple(line.negated() for line in self.lines)
        return self.model_copy(update={"net": -self.net, "tax": -self.tax, "gross": -self.gross, "lines": lines})


class Erp(Protocol):
    """An ERP's accounts payable: post once by key, and ask what became of a key."""

    def post_invoice(self, *, key: str, posting: Mapping[str, Any]) -> dict[str, Any]:
        """The receipt: `voucher`, `key`, `posted_at`, `gross`, `currency`. The same key again gives the same one."""
        ...

    def find(self, key: str) -> dict[str, Any] | None: ...


def read_posting(posting: Mapping[str, Any]) -> Posting:
    """The posting with the ledger's sign. Raises InvalidPosting naming every field that is wrong."""
    try:
        read = Posting.model_validate(dict(posting))
    except ValidationError as problem:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in problem.errors(include_url=False)
        )
        raise InvalidPosting(f"the posting cannot be booked: {faults}") from problem
    if read.net + read.tax != read.gross:
        raise InvalidPosting(
            f"the posting of {read.invoice_number!r} does not add up: net {read.net} + tax {read.tax} is not "
            f"gross {read.gross}; correct the amounts before posting"
        )
    return read.signed()
