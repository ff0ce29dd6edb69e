"""Pure matching of an invoice with suppliers, orders, receipts and earlier invoices."""

from tiebeam.workflow.invoices.matching.keys import account_key, bare_vat, name_key, number_key, vat_key
from tiebeam.workflow.invoices.matching.match import DIGITS, LATEST, claim_of, match_invoice
from tiebeam.workflow.invoices.matching.memory import MemoryReference
from tiebeam.workflow.invoices.matching.model import (
    Claim,
    ClaimLine,
    Finding,
    Label,
    LineMatch,
    MatchResult,
    OrderMatch,
    Reference,
    SupplierMatch,
)
from tiebeam.workflow.invoices.matching.suppliers import supplier_of_order

__all__ = [
    "DIGITS",
    "LATEST",
    "Claim",
    "ClaimLine",
    "Finding",
    "Label",
    "LineMatch",
    "MatchResult",
    "MemoryReference",
    "OrderMatch",
    "Reference",
    "SupplierMatch",
    "account_key",
    "bare_vat",
    "claim_of",
    "match_invoice",
    "name_key",
    "number_key",
    "supplier_of_order",
    "vat_key",
]
