"""Invoices that repeat an earlier one: by number, or by content under a new number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from tiebeam.kit import compact_key, decimal_text
from tiebeam.workflow.invoices.matching.model import Claim, Finding, Label, Reference


def find_original(claim: Claim, *, reference: Reference, window_days: int) -> tuple[Claim, str] | None:
    """The earlier invoice this one repeats, and how: `same number` or `same content`.

    Numbers are compared without case, spaces and punctuation, at any distance in time. Content means order, lines,
    quantities and gross total, within the window; an invoice that was rejected or credited may be issued again.
    """
    if claim.number_key:
        for earlier in reference.claims_of(claim.supplier_key, claim.number_key):
            if earlier.arrival < claim.arrival and earlier.is_credit_note == claim.is_credit_note:
                return earlier, "same number"
    if claim.is_credit_note or claim.order_id is None or claim.gross is None or not claim.lines:
        return None
    on_order = [other for other in reference.claims_on(claim.order_id) if other.arrival < claim.arrival]
    for earlier in on_order:
        if _same_content(claim, earlier, window_days=window_days) and not _is_credited(earlier, on_order):
            return earlier, "same content"
    return None


def _same_content(claim: Claim, earlier: Claim, *, window_days: int) -> bool:
    return (
        not earlier.is_credit_note
        and not earlier.is_rejected
        and earlier.supplier_key == claim.supplier_key
        and earlier.order_id == claim.order_id
        and earlier.currency == claim.currency
        and earlier.gross == claim.gross
        and content_of(earlier) == content_of(claim)
        and _days_apart(claim, earlier) <= window_days
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
        return [], None
    original, how = found
    facts = {
        "original_document": original.document_id,
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


def _text(claim: Claim, facts: dict[str, Any]) -> str:
    if facts["how"] == "same number":
        return f"The same supplier already sent {facts['original_number']!r}; this one is numbered {claim.number!r}."
    return (
        f"{claim.number!r} repeats the lines, quantities and total of {facts['original_number']!r} for the same order, "
        f"{facts['days_apart']} days apart (window {facts['window_days']} days)."
    )
