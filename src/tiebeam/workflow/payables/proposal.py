"""The posting that is proposed for approval. What is approved is what is posted and paid, to the letter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiebeam.workflow.payables.case import PayablesCase

CREDIT_NOTES = frozenset({"381", "396", "261", "262", "296", "308", "420", "458", "532"})


def proposed_posting(case: PayablesCase) -> dict[str, Any]:
    """JSON-ready: header, account to pay to, and one line per invoice line. Missing parts are None, never guessed."""
    invoice = case.invoice
    kind = "credit_note" if invoice.get("type_code") in CREDIT_NOTES else "invoice"
    return {
        "supplier_id": case.supplier.get("supplier_id"),
        "supplier_name": case.supplier_name,
        "invoice_number": invoice.get("number"),
        "invoice_date": invoice.get("issue_date"),
        "due_date": invoice.get("due_date"),
        "kind": kind,
        "currency": invoice.get("currency"),
        "net": invoice.get("net"),
        "tax": invoice.get("tax"),
        "gross": invoice.get("gross"),
        "payable": invoice.get("payable") or invoice.get("gross"),
        "iban": _account(case),
        "order_reference": case.match.get("matched_order"),
        "document_id": case.call.run.document_id,
        "lines": [_line(line, case) for line in invoice.get("lines", [])],
    }


def posting_in_force(case: PayablesCase) -> dict[str, Any]:
    """The posting as last approved, else as proposed."""
    approval = case.approval
    if approval is not None and "posting" in approval.payload:
        return dict(approval.payload["posting"])
    return proposed_posting(case)


def _account(case: PayablesCase) -> str | None:
    printed = [str(iban) for iban in case.invoice.get("ibans") or ()]
    return printed[0] if printed else case.supplier.get("iban")


def _line(line: Mapping[str, Any], case: PayablesCase) -> dict[str, Any]:
    """Coded as proposed, else as the supplier's invoices usually are."""
    coding, supplier = case.coding, case.supplier
    return {
        "text": line.get("name"),
        "sku": line.get("sku"),
        "quantity": line.get("quantity"),
        "unit_price": line.get("unit_price"),
        "net": line.get("net"),
        "tax_rate": line.get("tax_rate"),
        "order_line": line.get("order_line"),
        "account": coding.get("account") or supplier.get("account"),
        "cost_centre": coding.get("cost_centre") or supplier.get("cost_centre"),
    }
