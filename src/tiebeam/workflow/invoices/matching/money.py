"""Where the money goes and in which currency: bank details, currency, amounts that cannot be paid."""

from __future__ import annotations

from collections.abc import Sequence

from tiebeam.connect.documents import Invoice
from tiebeam.connect.purchasing import Policy, PurchaseOrder, Supplier
from tiebeam.kit import decimal_text
from tiebeam.workflow.invoices.matching.keys import account_key
from tiebeam.workflow.invoices.matching.model import Finding, Label, Reference

_CORRECTED, _PREPAYMENT = "384", "386"


def check_bank_details(invoice: Invoice, *, supplier: Supplier | None, reference: Reference) -> list[Finding]:
    """Every account on the invoice must be on file, also where no account of the supplier is on file yet."""
    if supplier is None:
        return []
    on_file = {account_key(account) for account in supplier.ibans}
    unknown = [account for account in invoice.ibans if account_key(account) not in on_file]
    evidence = {
        "supplier": supplier.id,
        "on_file": list(supplier.ibans),
        "on_invoice": list(invoice.ibans),
        "not_on_file": unknown,
        "belongs_to": sorted(
            holder.id for account in unknown for holder in reference.suppliers_with_account(account_key(account))
        ),
        "call_back_phone": supplier.phone,
    }
    if unknown:
        known = f"on file: {', '.join(supplier.ibans)}" if supplier.ibans else "none is on file"
        text = f"Account {', '.join(unknown)} of {supplier.name!r} is not on file ({known})."
        return [Finding("bank.on-file", "bank_detail_change", text, evidence, Label.BANK_DETAIL_CHANGE)]
    if not invoice.ibans and not on_file:
        text = f"Neither the invoice nor the master record of {supplier.name!r} names an account to pay to."
        return [Finding("bank.known", "bank_details_missing", text, evidence)]
    return []


def check_currency(invoice: Invoice, *, orders: Sequence[PurchaseOrder], policy: Policy) -> list[Finding]:
    findings: list[Finding] = []
    for order in orders:
        if invoice.currency and invoice.currency != order.currency:
            text = f"Invoiced in {invoice.currency}, {order.id} is in {order.currency}; prices are not compared."
            evidence = {"order": order.id, "order_currency": order.currency, "invoice_currency": invoice.currency}
            findings.append(Finding("currency.of-order", "currency_mismatch", text, evidence, Label.CURRENCY_MISMATCH))
    if invoice.currency and invoice.currency != policy.currency and invoice.currency not in policy.rates:
        text = f"The policy has no rate from {invoice.currency} to {policy.currency}; limits cannot be applied."
        findings.append(Finding("currency.rate", "missing_rate", text, {"currency": invoice.currency}))
    return findings


def check_fields(invoice: Invoice, *, has_order: bool) -> list[Finding]:
    """What every rule needs to be there, and amounts and document types that are not simply paid."""
    needed = {"number": invoice.number, "currency": invoice.currency, "gross": invoice.gross}
    needed["seller"] = invoice.seller.name or invoice.seller.vat_id
    findings = [
        Finding("document.complete", "missing_field", f"The invoice says no {name}.", {"field": name})
        for name, value in needed.items()
        if value is None or value == ""
    ]
    if has_order and not invoice.lines:
        findings.append(
            Finding("document.lines", "missing_field", "The invoice has no lines to compare.", {"field": "lines"})
        )
    return findings + _amounts(invoice) + _document_type(invoice)


def _amounts(invoice: Invoice) -> list[Finding]:
    if invoice.is_credit_note or invoice.gross is None:
        return []
    evidence = {"gross": decimal_text(invoice.gross)}
    if invoice.gross <= 0:
        text = f"The total is {invoice.gross}: there is nothing to pay, or it is a credit in the form of an invoice."
        return [Finding("amount.positive", "amount_not_positive", text, evidence)]
    negative = [line for line in invoice.lines if line.quantity is not None and line.quantity < 0]
    if negative:
        text = f"{len(negative)} line(s) give goods back on an invoice."
        return [Finding("amount.lines", "negative_line", text, evidence | {"lines": len(negative)})]
    if invoice.payable is not None and invoice.payable > invoice.gross + 1:
        # Rounding of the amount to pay may add up to one whole unit of money.
        text = f"{invoice.payable} is asked for, the total is {invoice.gross}."
        payable = {"payable": decimal_text(invoice.payable)}
        return [Finding("amount.payable", "payable_above_total", text, evidence | payable)]
    return []


def _document_type(invoice: Invoice) -> list[Finding]:
    evidence = {"type_code": invoice.type_code, "preceding": list(invoice.preceding_invoices)}
    if invoice.type_code == _CORRECTED:
        text = "A corrected invoice replaces an earlier one; a person decides what of the earlier one stands."
        return [Finding("document.type", "corrected_invoice", text, evidence)]
    if invoice.type_code == _PREPAYMENT:
        text = "A prepayment is asked for before delivery; there is nothing received to compare it with."
        return [Finding("document.type", "prepayment_invoice", text, evidence)]
    return []
