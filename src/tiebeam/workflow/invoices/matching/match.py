"""The whole comparison of one invoice with what is on file. Pure: equal input gives equal results."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import localcontext

from tiebeam.connect.documents import Invoice
from tiebeam.connect.purchasing import Policy, Receipt
from tiebeam.kit import compact_key
from tiebeam.workflow.invoices.matching.credits import check_credit_note
from tiebeam.workflow.invoices.matching.duplicates import check_duplicate, counted_claims
from tiebeam.workflow.invoices.matching.lines import match_lines
from tiebeam.workflow.invoices.matching.model import (
    Claim,
    ClaimLine,
    Finding,
    LineMatch,
    MatchResult,
    OrderMatch,
    Reference,
    SupplierMatch,
)
from tiebeam.workflow.invoices.matching.money import check_bank_details, check_currency, check_fields
from tiebeam.workflow.invoices.matching.orders import check_order, resolve_order
from tiebeam.workflow.invoices.matching.prices import check_charges, check_prices
from tiebeam.workflow.invoices.matching.quantities import check_quantities
from tiebeam.workflow.invoices.matching.suppliers import check_supplier, supplier_of_invoice, supplier_of_order
from tiebeam.workflow.invoices.matching.taxes import check_taxes

DIGITS = 120
"""Enough for exact products of the longest numbers a document may hold."""
LATEST = 2**31 - 1
"""An arrival after everything on file."""


def match_invoice(
    invoice: Invoice,
    *,
    reference: Reference,
    policy: Policy,
    document_id: str = "",
    arrival: int = LATEST,
    received_on: date | None = None,
) -> MatchResult:
    """Compare an invoice with suppliers, orders, receipts and what arrived before it."""
    with localcontext(prec=DIGITS):
        return _match(invoice, reference, policy, document_id, arrival, received_on)


def _match(
    invoice: Invoice,
    reference: Reference,
    policy: Policy,
    document_id: str,
    arrival: int,
    received_on: date | None,
) -> MatchResult:
    claim, supplier, order, lines = claim_of(
        invoice, reference=reference, document_id=document_id, arrival=arrival, received_on=received_on
    )
    repeated, original = check_duplicate(claim, reference=reference, window_days=policy.duplicate_window_days)
    findings = [
        *check_fields(invoice, has_order=order.order is not None),
        *check_supplier(supplier),
        *check_bank_details(invoice, supplier=supplier.supplier, reference=reference),
        *repeated,
    ]
    earlier: list[Claim] = [original] if original is not None else []
    receipts: list[Receipt] = [receipt for each in order.orders for receipt in reference.receipts_of(each.id)]
    if original is None or original.is_rejected:
        on_orders = [past for each in order.orders for past in reference.claims_on(each.id) if past.arrival < arrival]
        earlier += _once(on_orders)
        findings += _compare(invoice, claim, supplier, order, lines, receipts, _once(on_orders), reference, policy)
    return MatchResult(invoice, supplier, order, lines, tuple(receipts), tuple(earlier), tuple(findings), claim)


def _compare(
    invoice: Invoice,
    claim: Claim,
    supplier: SupplierMatch,
    order: OrderMatch,
    lines: Sequence[LineMatch],
    receipts: Sequence[Receipt],
    earlier: Sequence[Claim],
    reference: Reference,
    policy: Policy,
) -> list[Finding]:
    """Everything that is not worth asking of a repeated invoice."""
    findings = [*check_currency(invoice, orders=order.orders, policy=policy)]
    if invoice.is_credit_note:
        credit = check_credit_note(invoice, claim=claim, reference=reference)
        return [*findings, *check_taxes(invoice, lines=()), *credit]
    findings += check_taxes(invoice, lines=lines)
    findings += check_order(invoice, match=order, supplier=supplier.supplier, reference=reference)
    if order.orders:
        counted = counted_claims(earlier, reference=reference, window_days=policy.duplicate_window_days)
        findings += check_prices(lines, invoice=invoice, policy=policy)
        findings += check_charges(invoice, orders=order.orders, counted=counted)
        findings += check_quantities(lines, receipts=receipts, counted=counted, policy=policy)
    return findings


def _once(claims: Sequence[Claim]) -> list[Claim]:
    return sorted({claim.document_id: claim for claim in claims}.values(), key=lambda claim: claim.arrival)


def claim_of(
    invoice: Invoice,
    *,
    reference: Reference,
    document_id: str,
    arrival: int,
    received_on: date | None,
) -> tuple[Claim, SupplierMatch, OrderMatch, tuple[LineMatch, ...]]:
    """Supplier, order and lines of an invoice, and what it claims of its order by them; needs no policy."""
    supplier = supplier_of_invoice(invoice, reference=reference)
    order = resolve_order(invoice, supplier=supplier.supplier, reference=reference)
    lines = match_lines(invoice.lines, orders=order.orders)
    holder = supplier_of_order(order.order, reference=reference) if order.order else None
    is_own = holder is not None and supplier.supplier is not None and holder.id == supplier.supplier.id
    claim = Claim(
        document_id=document_id,
        arrival=arrival,
        received_on=received_on,
        issue_date=invoice.issue_date,
        supplier_key=supplier.key,
        number=invoice.number,
        order_id=order.order.id if order.order else None,
        currency=invoice.currency,
        gross=invoice.gross,
        is_credit_note=invoice.is_credit_note,
        lines=tuple(_claim_line(match) for match in lines),
        preceding=invoice.preceding_invoices,
        charge_total=invoice.charge_total,
        counts_for_order=is_own,
    )
    return claim, supplier, order, lines


def _claim_line(match: LineMatch) -> ClaimLine:
    line = match.invoice_line
    return ClaimLine(
        order_id=match.order.id if match.order else None,
        order_line=match.order_line.id if match.order_line else None,
        item=compact_key(line.sku or line.name or ""),
        quantity=line.quantity,
        net=line.net,
    )
