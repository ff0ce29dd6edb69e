"""JSON forms of what this room finds: claims, matches and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tiebeam.connect.purchasing import Supplier, as_json
from tiebeam.kit import decimal_text
from tiebeam.workflow.invoices.decide import InvoiceDecision
from tiebeam.workflow.invoices.matching import Claim, ClaimLine, Finding, Label, LineMatch, MatchResult


def claim_from_json(form: Mapping[str, Any], *, is_rejected: bool, is_accepted: bool) -> Claim:
    """A claim as stored; whether it was settled lives beside it."""
    lines = tuple(
        ClaimLine(
            order_id=row["order_id"],
            order_line=row["order_line"],
            item=row["item"],
            quantity=_amount(row["quantity"]),
            net=_amount(row["net"]),
        )
        for row in form["lines"]
    )
    return Claim(
        document_id=form["document_id"],
        arrival=form["arrival"],
        received_on=_day(form["received_on"]),
        issue_date=_day(form["issue_date"]),
        supplier_key=form["supplier_key"],
        number=form["number"],
        order_id=form["order_id"],
        currency=form["currency"],
        gross=_amount(form["gross"]),
        is_credit_note=form["is_credit_note"],
        lines=lines,
        preceding=tuple(form["preceding"]),
        charge_total=_amount(form["charge_total"]),
        is_rejected=is_rejected,
        is_accepted=is_accepted,
        counts_for_order=form["counts_for_order"],
    )


def _amount(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def finding_to_json(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "code": finding.code,
        "label": None if finding.label is None else finding.label.value,
        "text": finding.text,
        "evidence": dict(finding.evidence),
        "blocks": finding.blocks,
    }


def finding_from_json(form: Mapping[str, Any]) -> Finding:
    label = None if form["label"] is None else Label(form["label"])
    return Finding(form["rule"], form["code"], form["text"], dict(form["evidence"]), label, form["blocks"])


def match_to_json(match: MatchResult) -> dict[str, Any]:
    """What the console, the context package and later steps read."""
    return {
        "matched_order": match.matched_order,
        "matched_orders": [order.id for order in match.order.orders],
        "how": match.order.how,
        "printed_references": list(match.order.printed),
        "suggestions": [dict(row) for row in match.order.suggestions],
        "supplier": supplier_to_json(match.supplier.supplier, how=match.supplier.how),
        "supplier_key": match.supplier.key,
        "order": as_json(match.order.order) if match.order.order else None,
        "orders": [as_json(order) for order in match.order.orders],
        "receipts": [as_json(receipt) for receipt in match.receipts],
        "lines": [_line_to_json(line) for line in match.lines],
        "earlier_invoices": [_earlier_to_json(claim) for claim in match.earlier],
        "findings": [finding_to_json(finding) for finding in match.findings],
        "labels": list(match.labels),
    }


def supplier_to_json(supplier: Supplier | None, *, how: str) -> dict[str, Any] | None:
    """The master record with `supplier_id` and `iban`, the account payments go to."""
    if supplier is None:
        return None
    form: dict[str, Any] = as_json(supplier)
    return {**form, "supplier_id": supplier.id, "iban": next(iter(supplier.ibans), None), "how": how}


def _line_to_json(match: LineMatch) -> dict[str, Any]:
    line, ordered = match.invoice_line, match.order_line
    return {
        "position": match.position,
        "name": line.name,
        "sku": line.sku,
        "quantity": _text(line.quantity),
        "unit": line.unit,
        "unit_price": _text(line.unit_price),
        "net": _text(line.net),
        "order": match.order.id if match.order else None,
        "order_line": ordered.id if ordered else None,
        "ordered_name": ordered.name if ordered else None,
        "ordered_quantity": _text(ordered.quantity) if ordered else None,
        "ordered_price": _text(ordered.unit_price) if ordered else None,
        "how": match.how,
    }


def _earlier_to_json(claim: Claim) -> dict[str, Any]:
    return {
        "document_id": claim.document_id,
        "number": claim.number,
        "received_on": None if claim.received_on is None else claim.received_on.isoformat(),
        "gross": _text(claim.gross),
        "currency": claim.currency,
        "is_credit_note": claim.is_credit_note,
        "state": "accepted" if claim.is_accepted else "rejected" if claim.is_rejected else "open",
        "lines": [
            {"order": line.order_id, "order_line": line.order_line, "quantity": _text(line.quantity)}
            for line in claim.lines
        ],
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value)


def decision_to_json(decision: InvoiceDecision) -> dict[str, Any]:
    return {
        "decision": decision.decision.value,
        "labels": list(decision.labels),
        "reason": decision.reason,
        "rules": [finding_to_json(finding) for finding in decision.rules],
        "approver_role": decision.approver_role,
        "amount": _text(decision.amount),
        "currency": decision.currency,
        "needs_call_back": decision.needs_call_back,
        "needs_second_approver": decision.needs_second_approver,
    }
