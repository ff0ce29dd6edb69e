"""What matching finds out about one invoice. Everything here is frozen and free of input and output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from tiebeam.connect.documents import Invoice, InvoiceLine
from tiebeam.connect.purchasing import OrderLine, PurchaseOrder, Receipt, Supplier
from tiebeam.kit import compact_key


class Label(StrEnum):
    """The kinds of discrepancy an invoice is labelled with."""

    PRICE_VARIANCE = "price_variance"
    QUANTITY_VARIANCE = "quantity_variance"
    MISSING_RECEIPT = "missing_receipt"
    MISSING_PO = "missing_po"
    DUPLICATE_INVOICE = "duplicate_invoice"
    TAX_MISMATCH = "tax_mismatch"
    WRONG_SUPPLIER = "wrong_supplier"
    CURRENCY_MISMATCH = "currency_mismatch"
    BANK_DETAIL_CHANGE = "bank_detail_change"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule noticed. `blocks` is False for a note that changes nothing about the decision."""

    rule: str
    """Stable id of the rule, such as `price.tolerance`."""
    code: str
    text: str
    """One sentence for a person."""
    evidence: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """JSON-ready values the rule looked at."""
    label: Label | None = None
    blocks: bool = True


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """What one invoice line claims of an order."""

    order_id: str | None
    order_line: str | None
    item: str
    """Item number or name, compacted, to recognise the same content."""
    quantity: Decimal | None
    net: Decimal | None


@dataclass(frozen=True, slots=True)
class Claim:
    """An invoice in the register, as later invoices see it."""

    document_id: str
    arrival: int
    """Place in the order of arrival; only smaller ones are earlier."""
    received_on: date | None
    issue_date: date | None
    supplier_key: str
    """The supplier's number on file, else its VAT id or name."""
    number: str | None
    order_id: str | None
    currency: str | None
    gross: Decimal | None
    is_credit_note: bool
    lines: tuple[ClaimLine, ...]
    preceding: tuple[str, ...] = ()
    charge_total: Decimal | None = None
    is_rejected: bool = False
    """True once the invoice was rejected; it then claims nothing of its order."""
    is_accepted: bool = False
    counts_for_order: bool = True
    """False while it was sent by another supplier than the order's; a person's acceptance makes it count."""

    @property
    def number_key(self) -> str:
        return compact_key(self.number or "")


@dataclass(frozen=True, slots=True)
class LineMatch:
    """An invoice line and the order line it is for; `order_line` None where none fits."""

    invoice_line: InvoiceLine
    position: int
    """Place on the invoice, from 1."""
    order: PurchaseOrder | None
    order_line: OrderLine | None
    how: str
    """What tied them together: `item number`, `order line`, `name` …"""
    score: float


@dataclass(frozen=True, slots=True)
class OrderMatch:
    """Which orders the invoice is for and how that is known; empty `orders` where that is not known."""

    orders: tuple[PurchaseOrder, ...]
    how: str
    printed: tuple[str, ...]
    """References as the invoice prints them."""
    suggestions: tuple[Mapping[str, Any], ...] = ()
    """Orders that resemble the invoice, for a person to choose from; never used by the rules."""

    @property
    def order(self) -> PurchaseOrder | None:
        return self.orders[0] if self.orders else None


@dataclass(frozen=True, slots=True)
class SupplierMatch:
    supplier: Supplier | None
    how: str
    key: str
    evidence: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class MatchResult:
    invoice: Invoice
    supplier: SupplierMatch
    order: OrderMatch
    lines: tuple[LineMatch, ...]
    receipts: tuple[Receipt, ...]
    earlier: tuple[Claim, ...]
    """Earlier invoices of the same orders, and those this one may repeat."""
    findings: tuple[Finding, ...]
    claim: Claim

    @property
    def matched_order(self) -> str | None:
        return self.order.order.id if self.order.order else None

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(sorted({str(finding.label) for finding in self.findings if finding.label is not None}))


class Reference(Protocol):
    """What is on file, seen from one document: `claims_*` give only what arrived earlier, oldest first."""

    def suppliers_with_vat(self, vat_key: str) -> Sequence[Supplier]: ...

    def suppliers_with_account(self, account_key: str) -> Sequence[Supplier]: ...

    def suppliers(self) -> Sequence[Supplier]: ...

    def supplier(self, supplier_id: str) -> Supplier | None: ...

    def orders_with_key(self, key: str) -> Sequence[PurchaseOrder]:
        """Orders whose number, look-alike letters folded, is this key (see `number_key`)."""
        ...

    def orders_of(self, supplier_id: str) -> Sequence[PurchaseOrder]: ...

    def receipts_of(self, order_id: str) -> Sequence[Receipt]: ...

    def claims_on(self, order_id: str) -> Sequence[Claim]: ...

    def claims_of(self, supplier_key: str, number_key: str) -> Sequence[Claim]: ...
