"""Where an invoice without an order is probably booked: from the supplier's own history, else its master record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz

from tiebeam.connect.documents import Invoice
from tiebeam.connect.purchasing import Supplier
from tiebeam.kit import wilson_lower_bound, words_key

SAME_ITEM = 80.0
"""Lowest similarity (0–100) at which a line counts as bought before; a month in the name may differ."""


@dataclass(frozen=True, slots=True)
class PastCoding:
    document_id: str
    account: str
    cost_centre: str | None
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CodingProposal:
    account: str | None
    cost_centre: str | None
    basis: str
    """`same items`, `supplier history`, `supplier record` or `none`."""
    confidence: float | None
    """Lower end of the 95 % Wilson interval of the share of past invoices booked this way; None without a history."""
    text: str
    evidence: dict[str, Any]


def propose_coding(
    invoice: Invoice, history: Sequence[PastCoding], *, supplier: Supplier | None = None
) -> CodingProposal:
    """The account most comparable invoices of the supplier went to; without any, the master record, or nothing."""
    alike = [past for past in history if _shares_items(invoice, past)]
    for basis, group in (("same items", alike), ("supplier history", history)):
        if group:
            return _most_frequent(group, basis=basis)
    if supplier is not None and supplier.account:
        text = f"No earlier invoice is posted; the record of {supplier.name!r} names account {supplier.account}."
        evidence = {"supplier": supplier.id}
        return CodingProposal(supplier.account, supplier.cost_centre, "supplier record", None, text, evidence)
    text = "Nothing comparable was posted before and the supplier's record names no account: a person codes it."
    return CodingProposal(None, None, "none", None, text, {})


def _shares_items(invoice: Invoice, past: PastCoding) -> bool:
    names = [words_key(line.name or line.sku or "") for line in invoice.lines]
    before = [words_key(item) for item in past.items]
    return any(name and item and fuzz.token_set_ratio(name, item) >= SAME_ITEM for name in names for item in before)


def _most_frequent(group: Iterable[PastCoding], *, basis: str) -> CodingProposal:
    past = list(group)
    counts = Counter((entry.account, entry.cost_centre) for entry in past)
    # Equal counts: the one used last, as the history begins with the newest.
    (account, cost_centre), count = max(counts.items(), key=lambda item: item[1])
    documents = [entry.document_id for entry in past if (entry.account, entry.cost_centre) == (account, cost_centre)]
    centre = f" and cost centre {cost_centre}" if cost_centre else ""
    kind = "invoices with the same items" if basis == "same items" else "earlier invoices of the supplier"
    text = f"{count} of {len(past)} {kind} went to account {account}{centre}."
    evidence = {"agreeing": count, "considered": len(past), "documents": documents[:10]}
    confidence = round(wilson_lower_bound(count, len(past)), 4)
    return CodingProposal(account, cost_centre, basis, confidence, text, evidence)
