"""Invoices that repeat an earlier one: by number, or by content under a new number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from tiebeam.kit import compact_key, decimal_text
from tiebeam.workflow.invoices.matching.keys import number_key
from tiebeam.workflow.invoices.matching.model import Claim, Finding, Label, Reference
from tiebeam.workflow.invoices.matching.quantities import delivery_contents


def find_original(claim: Claim, *, reference: Reference, window_days: int) -> tuple[Claim, str] | None:
    """The earlier invoice this one repeats, and how: `same number` or `same content`.

    Numbers are compared without case, spaces and punctuation, at any distance in time. Content means order, lines,
    quantities and gross total, within the window; an invoice that was rejected or credited may be issued again, and
    equal deliveries with a receipt each may be invoiced one by one.
    """
    same_number = _of_same_number(claim, reference=reference)
    if same_number is not None and not same_number.is_rejected:
        return same_number, "same number"
    standing, deliveries = alike_claims(claim, reference=reference, window_days=window_days)
    near = _near(claim, standing, window_days=window_days)
    if near and len(deliveries) <= len(standing):
        return near[0], "same content"
    return None if same_number is None else (same_number, "same number")


def _of_same_number(claim: Claim, *, reference: Reference) -> Claim | None:
    earlier = reference.claims_of(claim.supplier_key, claim.number_key) if claim.number_key else ()
    same = (
        other for other in earlier if other.arrival < claim.arrival and other.is_credit_note == claim.is_credit_note
    )
    # One that stands says more than one that was rejected.
    return min(same, key=lambda other: (other.is_rejected, other.arrival), default=None)


def _near(claim: Claim, others: Iterable[Claim], *, window_days: int) -> list[Claim]:
    return [other for other in others if _days_apart(claim, other) <= window_days]


def alike_claims(claim: Claim, *, reference: Reference, window_days: int) -> tuple[list[Claim], list[str]]:
    """Earlier invoices over the very same content that still stand, repetitions left out, and the receipts over it."""
    if claim.is_credit_note or claim.order_id is None or claim.gross is None or not claim.lines:
        return [], []
    on_order = [other for other in reference.claims_on(claim.order_id) if other.arrival < claim.arrival]
    same = [other for other in on_order if _same_content(claim, other) and not _is_credited(other, on_order)]
    deliveries = equal_deliveries(claim, reference=reference) if same else []
    standing: list[Claim] = []
    for earlier in same:
        is_covered = len(deliveries) > len(standing) or not _near(earlier, standing, window_days=window_days)
        if is_covered and _of_same_number(earlier, reference=reference) is None:
            standing.append(earlier)
    return standing, deliveries


def equal_deliveries(claim: Claim, *, reference: Reference) -> list[str]:
    """Receipts that each brought exactly what the invoice bills. Two of them prove two deliveries, not two copies:
    what is paid in all stays within what was received, because quantities are compared over all invoices."""
    order_id = claim.order_id or ""
    order = next((each for each in reference.orders_with_key(number_key(order_id)) if each.id == order_id), None)
    if order is None or any(line.order_id != order_id or line.order_line is None for line in claim.lines):
        return []
    billed = {place[1]: quantity for place, quantity in content_of(claim).items() if quantity}
    contents = delivery_contents(order, receipts=reference.receipts_of(order_id))
    return [receipt_id for receipt_id, content in contents.items() if content == billed]


def _same_content(claim: Claim, earlier: Claim) -> bool:
    return (
        not earlier.is_credit_note
        and not earlier.is_rejected
        and earlier.supplier_key == claim.supplier_key
        and earlier.order_id == claim.order_id
        and earlier.currency == claim.currency
        and earlier.gross == claim.gross
        and content_of(earlier) == content_of(claim)
    )


def content_of(claim: Claim) -> dict[tuple[str, str], Decimal]:
    """Quantities by order line, so that another order or naming of the lines is no new content."""
    summed: dict[tuple[str, str], Decimal] = {}
    for line in claim.lines:
        place = (line.order_id or "", line.order_line) if line.order_line else ("", line.item)
        summed[place] = summed.get(place, Decimal(0)) + (line.quantity or Decimal(0))
    return summed


def _days_apart(claim: Claim, earlier: Claim) -> int:
    """The shorter of the distances between issue dates and between arrivals; 0 where no date is known."""
    pairs = ((claim.issue_date, earlier.issue_date), (claim.received_on, earlier.received_on))
    return min((abs((one - other).days) for one, other in pairs if one is not None and other is not None), default=0)


def _is_credited(earlier: Claim, on_order: Iterable[Claim]) -> bool:
    """A credit note over the whole amount takes the earlier invoice back."""
    notes = [note for note in on_order if note.is_credit_note and _names(note, earlier)]
    credited = sum((abs(note.gross) for note in notes if note.gross is not None and not note.is_rejected), Decimal(0))
    return earlier.gross is not None and credited >= earlier.gross


def _names(note: Claim, earlier: Claim) -> bool:
    return note.supplier_key == earlier.supplier_key and earlier.number_key in {
        compact_key(number) for number in note.preceding
    }


def counted_claims(claims: Sequence[Claim], *, reference: Reference, window_days: int) -> list[Claim]:
    """Earlier invoices that use up what was ordered: not rejected, no repetition, from the order's supplier."""
    return [
        claim
        for claim in claims
        if claim.is_accepted
        or (
            not claim.is_rejected
            and claim.counts_for_order
            and find_original(claim, reference=reference, window_days=window_days) is None
        )
    ]


def check_duplicate(claim: Claim, *, reference: Reference, window_days: int) -> tuple[list[Finding], Claim | None]:
    found = find_original(claim, reference=reference, window_days=window_days)
    if found is None:
        return _own_delivery(claim, reference=reference, window_days=window_days), None
    original, how = found
    facts = {
        "original_document": original.document_id,
        "original_rejected": original.is_rejected,
        "original_number": original.number,
        "original_received_on": None if original.received_on is None else original.received_on.isoformat(),
        "original_gross": None if original.gross is None else decimal_text(original.gross),
        "number": claim.number,
        "gross": None if claim.gross is None else decimal_text(claim.gross),
        "how": how,
        "days_apart": _days_apart(claim, original),
        "window_days": window_days,
    }
    return [
        Finding(
            f"duplicate.{how.replace(' ', '-')}",
            "duplicate_invoice",
            _text(claim, facts),
            facts,
            Label.DUPLICATE_INVOICE,
        )
    ], original


def _own_delivery(claim: Claim, *, reference: Reference, window_days: int) -> list[Finding]:
    alike, receipts = alike_claims(claim, reference=reference, window_days=window_days)
    if not alike or len(receipts) <= len(alike):
        return []
    text = (
        f"{claim.number!r} bills the same as {alike[0].number!r}, but {len(receipts)} receipts "
        f"({', '.join(receipts)}) brought that much each: an equal delivery of its own."
    )
    evidence = {"receipts": receipts, "alike": [earlier.number for earlier in alike]}
    return [Finding("duplicate.own-delivery", "equal_delivery", text, evidence, blocks=False)]


def _text(claim: Claim, facts: dict[str, Any]) -> str:
    if facts["how"] == "same number":
        return f"The same supplier already sent {facts['original_number']!r}; this one is numbered {claim.number!r}."
    return (
        f"{claim.number!r} repeats the lines, quantities and total of {facts['original_number']!r} for the same order, "
        f"{facts['days_apart']} days apart (window {facts['window_days']} days)."
    )
