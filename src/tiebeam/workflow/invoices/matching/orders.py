"""Which order an invoice is for. A number is followed when it is that number; a damaged one only with proof."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from rapidfuzz.distance import OSA, Indel

from tiebeam.connect.documents import Invoice
from tiebeam.connect.purchasing import PurchaseOrder, Supplier
from tiebeam.kit import compact_key, words_key
from tiebeam.workflow.invoices.matching.keys import REFERENCE_WORDS, number_key, number_shape
from tiebeam.workflow.invoices.matching.lines import match_lines
from tiebeam.workflow.invoices.matching.model import Finding, Label, LineMatch, OrderMatch, Reference
from tiebeam.workflow.invoices.matching.suppliers import supplier_of_order

MAX_WORDS = 6
"""How many words of a text are tried together as one order number."""
SHORTEST_INSIDE_TEXT = 5
"""An order number this short or shorter is not looked for inside a longer text."""
SHORTEST_OWN = 4
"""Shorter numbers are not looked for in texts even among the supplier's own orders."""
SUGGESTIONS = 3
_SHORTEST_WITH_SLIP = 6
_HAS_DIGIT = re.compile(r"\d")


def resolve_order(invoice: Invoice, *, supplier: Supplier | None, reference: Reference) -> OrderMatch:
    """By printed references first, then by the buyer's reference and notes, last by a near number with proof."""
    printed = _printed(invoice)
    found: dict[str, PurchaseOrder] = {}
    hows: list[str] = []
    for text in printed:
        hit = _by_number(text, supplier=supplier, reference=reference)
        if hit is not None:
            found.setdefault(hit[0].id, hit[0])
            hows.append(hit[1])
    if found:
        return OrderMatch(tuple(found.values()), hows[0], printed)
    own = reference.orders_of(supplier.id) if supplier is not None else ()
    if not printed:
        aside = _from_texts(invoice, own=own)
        if aside is not None:
            return OrderMatch((aside[0],), aside[1], printed)
    for text in printed:
        short = _named_in(text, invoice=invoice, own=own)
        if short is not None:
            return OrderMatch((short,), "number inside a text", printed)
    for text in printed:
        near = _corrected(text, invoice=invoice, own=own)
        if near is not None:
            return OrderMatch((near,), "number with a slip, proved by its lines", printed)
    return OrderMatch((), "no order found", printed, _suggestions(invoice, printed=printed, own=own))


def _printed(invoice: Invoice) -> tuple[str, ...]:
    texts = [invoice.order_reference, *(line.order_reference for line in invoice.lines)]
    return tuple(dict.fromkeys(text.strip() for text in texts if text and _HAS_DIGIT.search(text)))


def _by_number(text: str, *, supplier: Supplier | None, reference: Reference) -> tuple[PurchaseOrder, str] | None:
    exact = [order for order in reference.orders_with_key(number_key(text)) if order.id == text]
    if exact:
        return exact[0], "number as printed"
    same = _preferred(reference.orders_with_key(number_key(text)), supplier=supplier, reference=reference, text=text)
    if same is not None:
        return same, "number written differently"
    inside = [order for key in _windows(text) for order in reference.orders_with_key(key)]
    within = _preferred(_longest(inside), supplier=supplier, reference=reference, text=text)
    if within is not None:
        return within, "number inside a text"
    own = reference.orders_of(supplier.id) if supplier is not None else ()
    shape = number_shape(text)
    alike = [order for order in own if _same_shape(shape, number_shape(order.id))]
    return (alike[0], "number without its zeros or letters") if len(alike) == 1 else None


def _windows(text: str, *, longer_than: int = SHORTEST_INSIDE_TEXT) -> list[str]:
    """Keys of up to six neighbouring words, for numbers inside a sentence."""
    words = words_key(text).split()
    keys: list[str] = []
    for start in range(len(words)):
        for end in range(start + 1, min(start + MAX_WORDS, len(words)) + 1):
            key = number_key("".join(words[start:end]))
            if len(key) > longer_than and any(_HAS_DIGIT.search(word) for word in words[start:end]):
                keys.append(key)
    bare = [word for word in words if word not in REFERENCE_WORDS]
    if 0 < len(bare) < len(words):
        # "Order 117": nothing but words about orders stands around the number, so a short one counts too.
        keys.append(number_key("".join(bare)))
    return keys


def _longest(orders: Sequence[PurchaseOrder]) -> list[PurchaseOrder]:
    """`PO-2026-1170` inside a text also holds `2026-117`; the fuller number is meant."""
    length = max((len(compact_key(order.id)) for order in orders), default=0)
    return list({order.id: order for order in orders if len(compact_key(order.id)) == length}.values())


def _preferred(
    orders: Sequence[PurchaseOrder], *, supplier: Supplier | None, reference: Reference, text: str
) -> PurchaseOrder | None:
    """The supplier's own order where several numbers read alike; None where that leaves a doubt."""
    strict = [order for order in orders if compact_key(order.id) == compact_key(text)] or list(orders)
    if len(strict) <= 1:
        return strict[0] if strict else None
    own = [order for order in strict if supplier is not None and _is_of(order, supplier, reference=reference)]
    return own[0] if len(own) == 1 else None


def _is_of(order: PurchaseOrder, supplier: Supplier, *, reference: Reference) -> bool:
    holder = supplier_of_order(order, reference=reference)
    return holder is not None and holder.id == supplier.id


def _same_shape(one: tuple[str, tuple[int, ...]], other: tuple[str, tuple[int, ...]]) -> bool:
    if not one[1] or not other[1]:
        return False
    return one[1] == other[1] and (one[0] == other[0] or not one[0] or not other[0])


def _from_texts(invoice: Invoice, *, own: Sequence[PurchaseOrder]) -> tuple[PurchaseOrder, str] | None:
    """The supplier's own order named in the buyer's reference or a note."""
    texts = [(invoice.buyer_reference, "number in the buyer's reference")]
    texts += [(note, "number in a note") for note in invoice.notes]
    for text, how in texts:
        named = _named_in(text or "", invoice=invoice, own=own)
        if named is not None:
            return named, how
    return None


def _named_in(text: str, *, invoice: Invoice, own: Sequence[PurchaseOrder]) -> PurchaseOrder | None:
    """The one order of the supplier whose number, even a short one, stands in a text and that has a line in common."""
    by_key = {number_key(order.id): order for order in own}
    keys = [number_key(text), *_windows(text, longer_than=SHORTEST_OWN - 1)] if text else []
    named = _longest([by_key[key] for key in keys if key in by_key])
    if len(named) == 1 and any(match.order_line for match in match_lines(invoice.lines, orders=named)):
        return named[0]
    return None


def _corrected(text: str, *, invoice: Invoice, own: Sequence[PurchaseOrder]) -> PurchaseOrder | None:
    """A number with a letter or digit too many or too few, only where every line proves it and no other order fits.

    A number with other or swapped digits is the number of another order and never corrected: it may be somebody's.
    """
    key = number_key(text)
    fitting = [order for order in own if _proved_by_lines(invoice, order)]
    return fitting[0] if len(fitting) == 1 and _is_slip(key, number_key(fitting[0].id)) else None


def _is_slip(key: str, other: str) -> bool:
    """One sign dropped or doubled, and nothing exchanged."""
    return len(key) >= _SHORTEST_WITH_SLIP and abs(len(key) - len(other)) == 1 and Indel.distance(key, other) == 1


def _proved_by_lines(invoice: Invoice, order: PurchaseOrder) -> bool:
    """Every line is on the order with its item, its very price and no more than was ordered."""
    if not invoice.lines or invoice.currency != order.currency:
        return False
    matches = match_lines(invoice.lines, orders=[order])
    return all(_agrees(match) for match in matches)


def _agrees(match: LineMatch) -> bool:
    line, ordered = match.invoice_line, match.order_line
    return (
        ordered is not None
        and line.unit_price == ordered.unit_price
        and line.quantity is not None
        and line.quantity <= ordered.quantity
    )


def _suggestions(
    invoice: Invoice, *, printed: Sequence[str], own: Sequence[PurchaseOrder]
) -> tuple[dict[str, Any], ...]:
    """The supplier's orders that resemble the invoice most, best first."""
    keys = [number_key(text) for text in printed]
    ranked = [(*_resemblance(invoice, order, keys=keys), order.id) for order in own]
    best = sorted((row for row in ranked if row[0] > 0), key=lambda row: (row[0], row[2]), reverse=True)
    return tuple({"order": order_id, **facts} for _, facts, order_id in best[:SUGGESTIONS])


def _resemblance(invoice: Invoice, order: PurchaseOrder, *, keys: Iterable[str]) -> tuple[float, dict[str, Any]]:
    matches = match_lines(invoice.lines, orders=[order])
    agreeing = sum(_agrees(match) for match in matches)
    known = sum(match.order_line is not None for match in matches)
    likeness = max((OSA.normalized_similarity(key, number_key(order.id)) for key in keys), default=0.0)
    share = (2 * agreeing + known) / (3 * len(matches)) if matches else 0.0
    facts = {
        "lines": len(matches),
        "lines_known": known,
        "lines_agreeing": agreeing,
        "number_similarity": round(likeness, 2),
    }
    return (share + likeness / 10 if share else 0.0), facts


def check_order(
    invoice: Invoice, *, match: OrderMatch, supplier: Supplier | None, reference: Reference
) -> list[Finding]:
    """A missing order, an order of another supplier, and a note where the number had to be interpreted."""
    if match.order is None:
        return [_missing(match)]
    findings: list[Finding] = []
    for order in match.orders:
        holder = supplier_of_order(order, reference=reference)
        if supplier is None or holder is None or holder.id != supplier.id:
            findings.append(_wrong_supplier(invoice, order, holder=holder, supplier=supplier))
    if match.how != "number as printed":
        text = f"The order {match.order.id!r} was found by: {match.how}."
        evidence = {"printed": list(match.printed), "order": match.order.id, "how": match.how}
        findings.append(Finding("order.reference", "order_reference_interpreted", text, evidence, blocks=False))
    return findings


def _missing(match: OrderMatch) -> Finding:
    printed = ", ".join(repr(text) for text in match.printed)
    text = f"No order with the number {printed} is on file." if printed else "The invoice names no order."
    evidence = {"printed": list(match.printed), "suggestions": [dict(row) for row in match.suggestions]}
    return Finding("order.on-file", "missing_po", text, evidence, Label.MISSING_PO)


def _wrong_supplier(
    invoice: Invoice, order: PurchaseOrder, *, holder: Supplier | None, supplier: Supplier | None
) -> Finding:
    placed_with = f"{holder.id} {holder.name!r}" if holder else repr(order.supplier_name or order.supplier_id)
    sent_by = f"{supplier.id} {supplier.name!r}" if supplier else f"{invoice.seller.name!r}, who is not on file"
    evidence = {
        "order": order.id,
        "order_supplier": holder.id if holder else order.supplier_id,
        "order_supplier_name": holder.name if holder else order.supplier_name,
        "invoice_supplier": supplier.id if supplier else None,
        "invoice_supplier_name": invoice.seller.name,
    }
    text = f"Order {order.id!r} was placed with {placed_with}, but the invoice is from {sent_by}."
    return Finding("order.supplier", "wrong_supplier", text, evidence, Label.WRONG_SUPPLIER)
