"""What was ordered, what arrived, who sells and by which rules invoices are compared. Amounts keep their digits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class OrderLine:
    id: str
    sku: str | None
    """The seller's item number."""
    name: str | None
    quantity: Decimal
    unit: str | None
    """UN/ECE Rec. 20 code or what the source has in its place."""
    unit_price: Decimal
    """Net price of one unit; a price for a larger base quantity is already divided by it."""
    tax_rate: Decimal | None = None
    """Percent; None where the order does not say."""


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    id: str
    currency: str
    lines: tuple[OrderLine, ...]
    issue_date: date | None = None
    supplier_id: str | None = None
    """The buyer's own number for the supplier; UBL orders often carry only name and VAT id."""
    supplier_name: str | None = None
    supplier_vat: str | None = None
    charge_total: Decimal = Decimal(0)
    """Freight and other charges agreed for the whole order."""
    allowance_total: Decimal = Decimal(0)

    def line(self, line_id: str) -> OrderLine | None:
        return next((line for line in self.lines if line.id == line_id), None)


class ReceiptKind(StrEnum):
    RECEIPT = "receipt"
    """Our own people counted the goods."""
    DESPATCH = "despatch"
    """The supplier says that the goods left; shown to a person, never counted as received."""


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    order_line: str | None
    sku: str | None
    name: str | None
    quantity: Decimal
    """Accepted quantity: received less rejected."""
    unit: str | None
    order_id: str | None = None
    """Where one receipt covers several orders."""


@dataclass(frozen=True, slots=True)
class Receipt:
    id: str
    order_id: str | None
    received_on: date | None
    lines: tuple[ReceiptLine, ...]
    kind: ReceiptKind = ReceiptKind.RECEIPT


@dataclass(frozen=True, slots=True)
class Supplier:
    """The master record. Call-backs go to `phone`, never to a number on a document."""

    id: str
    name: str
    vat_ids: tuple[str, ...] = ()
    ibans: tuple[str, ...] = ()
    """Accounts on file, spaces removed."""
    currency: str | None = None
    country: str | None = None
    terms_days: int | None = None
    phone: str | None = None
    email: str | None = None
    account: str | None = None
    """Usual ledger account of invoices without an order."""
    cost_centre: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules invoices are compared by; the same fields as the declared `MatchingPolicy`."""

    currency: str
    price_tolerance_percent: Decimal
    price_tolerance_per_line: Decimal
    """Compared in the order's own currency, as the rule compares amounts as they stand on the line."""
    quantity_tolerance: Decimal
    receipt_required: bool
    auto_pay_limit: Decimal
    """In `currency`; an amount equal to it is still paid without approval."""
    duplicate_window_days: int
    rates: dict[str, Decimal]
    """Value of one unit of each currency in `currency`."""
    rates_source: str = ""

    def in_policy_currency(self, amount: Decimal, *, currency: str) -> Decimal | None:
        """The exact product, not rounded; None when no rate is known — a rate is never assumed."""
        if currency == self.currency:
            return amount
        rate = self.rates.get(currency)
        return None if rate is None else amount * rate
