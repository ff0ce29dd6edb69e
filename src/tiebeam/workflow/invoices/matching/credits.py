"""Credit notes: tied to the invoice they take back. A clean one is accepted and set off; it is never paid out."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tiebeam.connect.documents import Invoice
from tiebeam.kit import compact_key, decimal_text
from tiebeam.workflow.invoices.matching.duplicates import content_of
from tiebeam.workflow.invoices.matching.model import Claim, Finding, Reference


def originals_of(claim: Claim, *, reference: Reference) -> list[Claim]:
    """The earlier invoices of the supplier that a credit note names."""
    found = {
        original.document_id: original
        for number in claim.preceding
        for original in reference.claims_of(claim.supplier_key, compact_key(number))
        if not original.is_credit_note and original.arrival < claim.arrival
    }
    return list(found.values())


def check_credit_note(invoice: Invoice, *, claim: Claim, reference: Reference) -> list[Finding]:
    """Blocks unless it names invoices on file and takes back no more, by amount and by line, than is left of them."""
    originals = originals_of(claim, reference=reference)
    evidence = _evidence(invoice, originals)
    if not originals:
        named = ", ".join(invoice.preceding_invoices)
        which = f"the invoice {named} it names is not on file" if named else "it names no invoice"
        return [_blocking("credit.original", "credit_note_without_invoice", f"A credit note, but {which}.", evidence)]
    numbers = ", ".join(repr(original.number) for original in originals)
    if any(original.is_rejected for original in originals):
        text = f"The credited invoice {numbers} was rejected; there is nothing to set off."
        return [_blocking("credit.original", "credit_note_of_rejected", text, evidence)]
    if any(original.currency != invoice.currency for original in originals):
        text = f"The credit is in {invoice.currency}, {numbers} in {originals[0].currency}."
        return [_blocking("credit.currency", "credit_currency_differs", text, evidence)]
    credited = _credited_before(claim, originals, reference=reference)
    left = sum((original.gross or Decimal(0) for original in originals), Decimal(0)) - sum(
        (abs(note.gross) for note in credited if note.gross is not None), Decimal(0)
    )
    if invoice.gross is None or abs(invoice.gross) > left:
        text = f"The credit is higher than what is left of {numbers} ({decimal_text(left)})."
        return [_blocking("credit.amount", "credit_above_invoice", text, evidence | {"left": decimal_text(left)})]
    above = _above_invoiced(claim, originals, credited)
    if above:
        text = f"The credit takes back more of {', '.join(above)} than {numbers} invoiced."
        return [_blocking("credit.lines", "credit_lines_differ", text, evidence | {"lines": above})]
    how = "All" if abs(invoice.gross) == left else "Part"
    return [Finding("credit.set-off", "credit_note", f"{how} of {numbers} is set off.", evidence, blocks=False)]


def _blocking(rule: str, code: str, text: str, evidence: dict[str, Any]) -> Finding:
    return Finding(rule, code, text, evidence)


def _evidence(invoice: Invoice, originals: Sequence[Claim]) -> dict[str, Any]:
    return {
        "credit": None if invoice.gross is None else decimal_text(abs(invoice.gross)),
        "named": list(invoice.preceding_invoices),
        "originals": [
            {
                "document": original.document_id,
                "number": original.number,
                "gross": None if original.gross is None else decimal_text(original.gross),
                "accepted": original.is_accepted,
            }
            for original in originals
        ],
    }


def _credited_before(claim: Claim, originals: Sequence[Claim], *, reference: Reference) -> list[Claim]:
    """Earlier credit notes of the same invoices, by the order they share."""
    keys = {original.number_key for original in originals}
    orders = {original.order_id for original in originals if original.order_id is not None}
    notes = {
        note.document_id: note
        for order_id in orders
        for note in reference.claims_on(order_id)
        if note.is_credit_note and not note.is_rejected and note.arrival < claim.arrival
        if note.supplier_key == claim.supplier_key and keys & {compact_key(number) for number in note.preceding}
    }
    return list(notes.values())


def _above_invoiced(claim: Claim, originals: Sequence[Claim], credited: Sequence[Claim]) -> list[str]:
    """Items of which more comes back than was invoiced; an item that was not invoiced at all is one of them."""
    left: dict[tuple[str, str], Decimal] = {}
    for original in originals:
        for place, quantity in content_of(original).items():
            left[place] = left.get(place, Decimal(0)) + quantity
    for note in credited:
        for place, quantity in content_of(note).items():
            left[place] = left.get(place, Decimal(0)) - abs(quantity)
    return [
        item
        for (order, item), quantity in content_of(claim).items()
        if abs(quantity) > left.get((order, item), Decimal(0))
    ]
