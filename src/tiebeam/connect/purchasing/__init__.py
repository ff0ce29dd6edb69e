"""Orders, receipts, suppliers and the matching policy, from UBL files, tables and databases."""

from tiebeam.connect.purchasing.errors import ReferenceUnreadable
from tiebeam.connect.purchasing.json_form import (
    as_json,
    order_from_json,
    policy_from_json,
    policy_to_json,
    receipt_from_json,
    supplier_from_json,
)
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
    "as_json",
    "load_orders",
    "load_policy",
    "load_receipts",
    "load_suppliers",
    "order_from_json",
    "policy_from",
    "policy_from_json",
    "policy_of",
    "policy_to_json",
    "receipt_from_json",
    "supplier_from_json",
]
