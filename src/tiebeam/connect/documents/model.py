"""What a business document says, whatever syntax it came in. Amounts keep the digits of the document."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Party:
    """A seller, buyer or payee; None where the document does not say."""

    name: str | None = None
    vat_id: str | None = None
    """VAT or tax registration with country prefix as printed, spaces removed."""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    email: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    id: str | None
    name: str | None
    sku: str | None
    """The seller's item number."""
    quantity: Decimal | None
    unit: str | None
    """UN/ECE Rec. 20 code where the syntax has one."""
    unit_price: Decimal | None
    """Net price of one unit (price base quantity already divided out)."""
    net: Decimal | None
    tax_rate: Decimal | None
    """Percent."""
    order_line: str | None = None
    order_reference: str | None = None


@dataclass(frozen=True, slots=True)
class TaxSubtotal:
    rate: Decimal | None
    """Percent."""
    category: str | None
    """UNTDID 5305: S, Z, E, AE, K, G, O, L, M."""
    taxable: Decimal | None
    tax: Decimal | None


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice or credit note. `syntax` is one of UBL, CII, ZUGFeRD1, FatturaPA, PDF, MANUAL."""

    syntax: str
    number: str | None
    issue_date: date | None
    due_date: date | None
    type_code: str | None
    """UNTDID 1001: 380 invoice, 381 credit note, 384 corrected, 326 partial …"""
    currency: str | None
    seller: Party
    buyer: Party
    order_reference: str | None
    buyer_reference: str | None
    net: Decimal | None
    """Total without tax (BT-109)."""
    tax: Decimal | None
    """Total tax in the document's currency (BT-110)."""
    gross: Decimal | None
    """Total with tax (BT-112)."""
    payable: Decimal | None
    """Amount due (BT-115)."""
    ibans: tuple[str, ...] = ()
    """Payee accounts in the order given, spaces removed."""
    lines: tuple[InvoiceLine, ...] = ()
    tax_subtotals: tuple[TaxSubtotal, ...] = ()
    allowance_total: Decimal | None = None
    charge_total: Decimal | None = None
    preceding_invoices: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    """What the reader noticed but could go on without, in plain words."""

    @property
    def is_credit_note(self) -> bool:
        return self.type_code in {"381", "396", "261", "262", "296", "308", "420", "458", "532"}
