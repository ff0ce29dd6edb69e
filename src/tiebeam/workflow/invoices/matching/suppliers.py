"""Who sent the invoice: by VAT id, then name and account, each with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rapidfuzz import fuzz

from tiebeam.connect.documents import Invoice
from tiebeam.connect.purchasing import PurchaseOrder, Supplier
from tiebeam.workflow.invoices.matching.keys import account_key, bare_vat, name_key, vat_key
from tiebeam.workflow.invoices.matching.model import Finding, Reference, SupplierMatch

SAME_NAME = 90.0
"""Lowest similarity (0–100) at which two names without legal forms count as one."""
CLEAR_LEAD = 5.0
"""How far the best name must be ahead of the next supplier's."""


def resolve_supplier(
    *, name: str | None, vat_id: str | None, accounts: Sequence[str], reference: Reference
) -> SupplierMatch:
    """The supplier on file. A VAT id on file decides; without one name and account must not point to different ones."""
    vat = vat_key(vat_id or "")
    printed: dict[str, Any] = {"name": name, "vat_id": vat_id, "accounts": list(accounts)}
    if vat:
        holders = reference.suppliers_with_vat(vat) or reference.suppliers_with_vat(bare_vat(vat))
        chosen = _one_of(holders, name=name, accounts=accounts, reference=reference)
        if chosen is not None:
            return SupplierMatch(chosen, "VAT id", chosen.id, printed | {"name_on_file": chosen.name})
    named, similarity = _by_name(name, candidates=reference.suppliers())
    if named is not None:
        evidence = printed | {"name_on_file": named.name, "similarity": round(similarity, 1)}
        return SupplierMatch(named, "name", named.id, evidence)
    paid = _by_account(accounts, reference=reference)
    if paid is not None and not vat:
        return SupplierMatch(paid, "account", paid.id, printed | {"name_on_file": paid.name})
    key = f"vat:{vat}" if vat else f"name:{name_key(name or '')}"
    return SupplierMatch(None, "not on file", key, printed)


def _one_of(
    holders: Sequence[Supplier], *, name: str | None, accounts: Sequence[str], reference: Reference
) -> Supplier | None:
    """Branches may share one VAT id; account, then name tells them apart."""
    if len(holders) <= 1:
        return holders[0] if holders else None
    ids = {holder.id for holder in holders}
    paid = _by_account(accounts, reference=reference)
    if paid is not None and paid.id in ids:
        return paid
    return _by_name(name, candidates=holders)[0]


def _by_name(name: str | None, *, candidates: Sequence[Supplier]) -> tuple[Supplier | None, float]:
    wanted = name_key(name or "")
    if not wanted:
        return None, 0.0
    scored = sorted(
        ((fuzz.ratio(wanted, name_key(supplier.name)), supplier.id, supplier) for supplier in candidates),
        reverse=True,
    )
    if not scored or scored[0][0] < SAME_NAME:
        return None, 0.0
    best = scored[0]
    if len(scored) > 1 and best[0] - scored[1][0] < CLEAR_LEAD:
        return None, 0.0
    return best[2], best[0]


def _by_account(accounts: Sequence[str], *, reference: Reference) -> Supplier | None:
    holders = {
        holder.id: holder for account in accounts for holder in reference.suppliers_with_account(account_key(account))
    }
    return next(iter(holders.values())) if len(holders) == 1 else None


def supplier_of_invoice(invoice: Invoice, *, reference: Reference) -> SupplierMatch:
    return resolve_supplier(
        name=invoice.seller.name, vat_id=invoice.seller.vat_id, accounts=invoice.ibans, reference=reference
    )


def supplier_of_order(order: PurchaseOrder, *, reference: Reference) -> Supplier | None:
    """By the order's own supplier number, else by VAT id and name. None where the order's supplier is not on file."""
    if order.supplier_id is not None:
        known = reference.supplier(order.supplier_id)
        if known is not None:
            return known
    return resolve_supplier(
        name=order.supplier_name, vat_id=order.supplier_vat, accounts=(), reference=reference
    ).supplier


def check_supplier(match: SupplierMatch) -> list[Finding]:
    """A sender who is not on file, or whose VAT id is not the one on file, needs a person."""
    if match.supplier is None:
        name = match.evidence.get("name")
        text = f"The sender {name!r} is not on file as a supplier."
        return [Finding("supplier.on-file", "unknown_supplier", text, match.evidence)]
    printed = match.evidence.get("vat_id")
    if match.how == "name" and printed and match.supplier.vat_ids:
        text = (
            f"The name is that of {match.supplier.id} {match.supplier.name!r}, but VAT id {printed!r} is not "
            f"on file for it ({', '.join(match.supplier.vat_ids)})."
        )
        return [Finding("supplier.vat-id", "supplier_vat_differs", text, match.evidence)]
    return []
