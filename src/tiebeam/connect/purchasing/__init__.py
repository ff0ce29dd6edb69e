"""Orders, receipts, suppliers and the matching policy, from UBL files, tables and databases."""

from tiebeam.connect.purchasing.errors import ReferenceUnreadable
from tiebeam.connect.purchasing.model import (
    OrderLine,
    Policy,
    PurchaseOrder,
    Receipt,
    ReceiptKind,
    ReceiptLine,
    Supplier,
)
from tiebeam.connect.purchasing.policy import load_policy, policy_from, policy_of
from tiebeam.connect.purchasing.sources import load_orders, load_receipts, load_suppliers

__all__ = [
    "OrderLine",
    "Policy",
    "PurchaseOrder",
    "Receipt",
    "ReceiptKind",
    "ReceiptLine",
    "ReferenceUnreadable",
    "Supplier",
    "load_orders",
    "load_policy",
    "load_receipts",
    "load_suppliers",
    "policy_from",
    "policy_of",
]
