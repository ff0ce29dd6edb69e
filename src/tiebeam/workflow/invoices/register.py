"""The register of invoices: what was taken in, what it claims of its order, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from tiebeam.connect.documents import Invoice, invoice_from_json, invoice_to_json
from tiebeam.connect.purchasing import Policy, as_json
from tiebeam.errors import Invalid, NotFound
from tiebeam.kit import compact_key
from tiebeam.store import Unit
from tiebeam.workflow.invoices.coding import PastCoding
from tiebeam.workflow.invoices.matching import Claim, MatchResult, claim_of, match_invoice
from tiebeam.workflow.invoices.reference import SqlReference, lock_register
from tiebeam.workflow.invoices.tables import invoice_claim, invoice_register

_STATES = frozenset({"accepted", "rejected"})
_MOST_OPEN = 10_000
_MOST_PAST = 500

# Built once: every invoice asks these, and putting a statement together costs more than running it.
_THIS = invoice_register.c.document_id == sa.bindparam("of_document")
_PLACE = sa.select(
    sa.select(invoice_register.c.position).where(_THIS).scalar_subquery(),
    sa.select(sa.func.coalesce(sa.func.max(invoice_register.c.position), 0)).scalar_subquery(),
)
_REGISTER = sa.insert(invoice_register)
_REGISTERED = sa.select(
    invoice_register.c.position,
    invoice_register.c.received_on,
    invoice_register.c.claim.is_not(None).label("is_matched"),
).where(_THIS)
_UNMATCHED = (
    sa.select(*(invoice_register.c[name] for name in ("document_id", "position", "received_on", "invoice")))
    .where(invoice_register.c.claim.is_(None), invoice_register.c.position < sa.bindparam("before"))
    .order_by(invoice_register.c.position)
    .limit(_MOST_OPEN)
)
_CHANGE = sa.update(invoice_register).where(_THIS)
_CLAIM = sa.insert(invoice_claim)
_FORGET_CLAIMS = sa.delete(invoice_claim).where(invoice_claim.c.document_id == sa.bindparam("of_document"))


class NotRegistered(NotFound):
    """The document was never entered in the register of invoices."""

    code = "invoice_not_registered"


def register_document(
    unit: Unit,
    *,
    document_id: str,
    arrival: int,
    received_at: str | date | datetime | None,
    invoice: Invoice,
    sha256: str,
) -> int:
    """Enter an invoice once, after everything entered before it. Returns its position; entering again changes nothing.

    A document that could be read only later gets its place then: whatever was taken in meanwhile counts as earlier.
    """
    lock_register(unit)
    known, last = unit.conn.execute(_PLACE, {"of_document": document_id}).one()
    if known is not None:
        return int(known)
    day = _day(received_at)
    values = {
        "document_id": document_id,
        "position": int(last) + 1,
        "arrival": arrival,
        "received_on": None if day is None else day.isoformat(),
        "sha256": sha256,
        "invoice": invoice_to_json(invoice),
        "number_key": compact_key(invoice.number or ""),
        "is_credit_note": invoice.is_credit_note,
        "state": "open",
        "registered_at": unit.now,
    }
    unit.conn.execute(_REGISTER, values)
    return int(last) + 1


def _day(moment: str | date | datetime | None) -> date | None:
    if moment is None or moment == "":
        return None
    if isinstance(moment, datetime):
        return moment.date()
    return moment if isinstance(moment, date) else date.fromisoformat(moment[:10])


def match_registered(
    unit: Unit, *, document_id: str, invoice: Invoice, dataset: str | None, policy: Policy
) -> MatchResult:
    """Match a registered invoice with what was entered before it, and enter what it claims. Raises NotRegistered."""
    lock_register(unit)
    row = unit.conn.execute(_REGISTERED, {"of_document": document_id}).first()
    if row is None:
        raise NotRegistered(f"document {document_id!r} is not in the register of invoices; register it first")
    reference = SqlReference(unit.conn, dataset=dataset, before=row.position)
    _claim_unmatched(unit, before=row.position, dataset=dataset)
    match = match_invoice(
        invoice,
        reference=reference,
        policy=policy,
        document_id=document_id,
        arrival=row.position,
        received_on=_day(row.received_on),
    )
    # A person may have corrected it since it was entered.
    corrected = {"invoice": invoice_to_json(invoice), "is_credit_note": invoice.is_credit_note}
    _keep_claim(unit, match.claim, dataset=dataset, is_matched=row.is_matched, **corrected)
    return match


def _claim_unmatched(unit: Unit, *, before: int, dataset: str | None) -> None:
    """Earlier documents that were entered but not matched yet still come first; work out what they claim."""
    for row in unit.conn.execute(_UNMATCHED, {"before": before}).all():
        claim, *_ = claim_of(
            invoice_from_json(row.invoice),
            reference=SqlReference(unit.conn, dataset=dataset, before=row.position),
            document_id=row.document_id,
            arrival=row.position,
            received_on=_day(row.received_on),
        )
        _keep_claim(unit, claim, dataset=dataset, is_matched=False)


def _keep_claim(unit: Unit, claim: Claim, *, dataset: str | None, is_matched: bool, **values: Any) -> None:
    """Write what a document claims, in place of what it claimed when it was matched before."""
    form: dict[str, Any] = as_json(replace(claim, is_rejected=False, is_accepted=False))
    values |= {"claim": form, "dataset": dataset, "supplier_key": claim.supplier_key, "number_key": claim.number_key}
    unit.conn.execute(_CHANGE, {"of_document": claim.document_id, **values})
    if is_matched:
        unit.conn.execute(_FORGET_CLAIMS, {"of_document": claim.document_id})
    orders = {claim.order_id, *(line.order_id for line in claim.lines)}
    rows = [{"document_id": claim.document_id, "order_id": order_id} for order_id in sorted(filter(None, orders))]
    if rows:
        unit.conn.execute(_CLAIM, rows)


def settle_invoice(
    unit: Unit,
    *,
    document_id: str,
    outcome: str,
    account: str | None = None,
    cost_centre: str | None = None,
) -> None:
    """How the case ended: `accepted` (it keeps using up its order) or `rejected` (it no longer does).

    The account and cost centre it was posted to become the supplier's history. A document that never became an
    invoice is not in the register, and there is nothing to settle.
    """
    if outcome not in _STATES:
        raise Invalid(f"an invoice is settled as accepted or rejected, not {outcome!r}")
    values = {"state": outcome, "settled_at": unit.now, "account": account, "cost_centre": cost_centre}
    unit.conn.execute(_CHANGE, {"of_document": document_id, **values})


def past_codings(conn: sa.Connection, *, supplier_key: str, before: int | None = None) -> Sequence[PastCoding]:
    """How the supplier's accepted invoices were posted, newest first."""
    register = invoice_register
    where = [register.c.supplier_key == supplier_key, register.c.state == "accepted", register.c.account.is_not(None)]
    if before is not None:
        where.append(register.c.position < before)
    query = (
        sa.select(register.c.document_id, register.c.invoice, register.c.account, register.c.cost_centre)
        .where(*where)
        .order_by(register.c.position.desc())
        .limit(_MOST_PAST)
    )
    return [
        PastCoding(
            document_id=row.document_id,
            account=row.account,
            cost_centre=row.cost_centre,
            items=tuple(line["name"] or line["sku"] or "" for line in row.invoice["lines"]),
        )
        for row in conn.execute(query)
    ]
