"""Evaluation cases: a compact form of invoice and reference data, and the scorer that decides one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tiebeam.connect.documents import Invoice, invoice_from_json
from tiebeam.connect.purchasing import (
    Policy,
    ReferenceUnreadable,
    order_from_json,
    policy_from_json,
    receipt_from_json,
    supplier_from_json,
)
from tiebeam.errors import Invalid
from tiebeam.kit import cents, decimal_text
from tiebeam.workflow.invoices.decide import InvoiceDecision, decide_invoice
from tiebeam.workflow.invoices.matching import LATEST, MatchResult, MemoryReference, claim_of, match_invoice

DEFAULT_POLICY: Mapping[str, Any] = {
    "currency": "EUR",
    "price_tolerance_percent": "2.0",
    "price_tolerance_per_line": "50.00",
    "quantity_tolerance": "0",
    "receipt_required": True,
    "auto_pay_limit": "5000.00",
    "duplicate_window_days": 60,
    "rates": {"EUR": "1", "SEK": "0.088", "USD": "0.92"},
    "rates_source": "default of evaluation cases",
}
"""What a case's `policy` overrides, field by field."""

_KNOWN = frozenset({"invoice", "orders", "receipts", "suppliers", "earlier", "policy", "roles", "received_on"})
_EARLIER = frozenset({"document_id", "received_on", "state"})


class CaseBroken(Invalid):
    """An evaluation case that does not say what it should; the message names the part."""

    code = "case_broken"


@dataclass(frozen=True, slots=True)
class Case:
    invoice: Invoice
    reference: MemoryReference
    policy: Policy
    received_on: date | None
    roles: tuple[Mapping[str, Any], ...]


def case_from(given: Mapping[str, Any]) -> Case:
    """From the form described in this room's README. Earlier invoices arrive in the order given, before the invoice."""
    unknown = set(given) - _KNOWN
    if unknown or "invoice" not in given:
        what = f"unknown part {sorted(unknown)[0]!r}" if unknown else "no part 'invoice'"
        raise CaseBroken(f"the case has {what}; parts are {', '.join(sorted(_KNOWN))}")
    plain = _plain(given)
    try:
        policy = policy_from_json({**DEFAULT_POLICY, **plain.get("policy", {})})
        reference = MemoryReference(
            orders=[order_from_json(_renamed(row, supplier="supplier_id")) for row in plain.get("orders", ())],
            receipts=[receipt_from_json(_receipt(row)) for row in plain.get("receipts", ())],
            suppliers=[supplier_from_json(_supplier(row)) for row in plain.get("suppliers", ())],
        )
        for number, row in enumerate(plain.get("earlier", ()), start=1):
            _add_earlier(row, number=number, reference=reference, policy=policy)
        invoice = completed_invoice(plain["invoice"], currency=policy.currency)
        received = plain.get("received_on")
        received_on = invoice.issue_date if received is None else date.fromisoformat(received)
    except (KeyError, InvalidOperation, ValueError, ReferenceUnreadable) as problem:
        raise CaseBroken(f"the case cannot be used: {type(problem).__name__} {problem}") from problem
    return Case(invoice, reference, policy, received_on, tuple(plain.get("roles", ())))


def _add_earlier(row: Mapping[str, Any], *, number: int, reference: MemoryReference, policy: Policy) -> None:
    invoice = completed_invoice({key: row[key] for key in row if key not in _EARLIER}, currency=policy.currency)
    received = row.get("received_on")
    claim, *_ = claim_of(
        invoice,
        reference=reference,
        document_id=str(row.get("document_id", f"earlier-{number}")),
        arrival=number,
        received_on=invoice.issue_date if received is None else date.fromisoformat(received),
    )
    state = row.get("state", "open")
    if state not in {"open", "accepted", "rejected"}:
        raise CaseBroken(f"earlier invoice {number} has state {state!r}; it is open, accepted or rejected")
    reference.add(replace(claim, is_accepted=state == "accepted", is_rejected=state == "rejected"))


def score_case(given: Mapping[str, Any]) -> dict[str, Any]:
    """Match and decide one case. `matched_order` is "" where no order was matched; `findings` holds what blocked."""
    case = case_from(given)
    match, decision = decide_case(case)
    return {
        "decision": decision.decision.value,
        "labels": list(decision.labels),
        "matched_order": match.matched_order or "",
        "findings": sorted({finding.code for finding in match.findings if finding.blocks}),
        "approver_role": decision.approver_role or "",
        "reason": decision.reason,
    }


def decide_case(case: Case) -> tuple[MatchResult, InvoiceDecision]:
    match = match_invoice(
        case.invoice,
        reference=case.reference,
        policy=case.policy,
        document_id="case",
        arrival=LATEST,
        received_on=case.received_on,
    )
    return match, decide_invoice(match, case.invoice, case.policy, authority=case.roles)


def completed_invoice(form: Mapping[str, Any], *, currency: str) -> Invoice:
    """An invoice from its short form: what is left out of amounts is worked out as a correct invoice would have it."""
    lines = [_line(row) for row in form.get("lines", ())]
    net = _of(form, "net", sum((Decimal(row["net"]) for row in lines if row.get("net") is not None), Decimal(0)))
    adjusted = Decimal(form.get("charge_total") or 0) - Decimal(form.get("allowance_total") or 0)
    if "net" not in form:
        net += adjusted
    subtotals = form.get("tax_subtotals")
    if subtotals is None:
        subtotals = _subtotals(lines, adjusted=adjusted)
    tax = _of(form, "tax", sum((Decimal(part["tax"]) for part in subtotals), Decimal(0)))
    gross = _of(form, "gross", net + tax)
    whole = {
        "syntax": "MANUAL",
        "type_code": "380",
        "currency": currency,
        "payable": decimal_text(gross),
        **form,
        "lines": lines,
        "tax_subtotals": subtotals,
        "net": decimal_text(net),
        "tax": decimal_text(tax),
        "gross": decimal_text(gross),
    }
    return invoice_from_json({key: None if value == "" else value for key, value in whole.items()})


def _of(form: Mapping[str, Any], key: str, otherwise: Decimal) -> Decimal:
    return Decimal(form[key]) if key in form else otherwise


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    line = dict(row)
    if "net" not in line and "quantity" in line and "unit_price" in line:
        line["net"] = decimal_text(cents(Decimal(line["quantity"]) * Decimal(line["unit_price"])))
    return line


def _subtotals(lines: Sequence[Mapping[str, Any]], *, adjusted: Decimal) -> list[dict[str, Any]]:
    bases: dict[str, Decimal] = {}
    for line in lines:
        if line.get("tax_rate") is not None and line.get("net") is not None:
            bases[line["tax_rate"]] = bases.get(line["tax_rate"], Decimal(0)) + Decimal(line["net"])
    if len(bases) == 1:
        bases = {rate: base + adjusted for rate, base in bases.items()}
    return [
        {
            "rate": rate,
            "category": "S" if Decimal(rate) else "Z",
            "taxable": decimal_text(base),
            "tax": decimal_text(cents(base * Decimal(rate) / 100)),
        }
        for rate, base in bases.items()
    ]


def _plain(value: Any) -> Any:
    """Numbers and dates of a declared file as the text the JSON forms have."""
    match value:
        case bool():
            return value
        case int() | float() | Decimal():
            return format(Decimal(str(value)), "f")
        case datetime() | date():
            return value.isoformat()
        case Mapping():
            return {str(key): _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case _:
            return value


def _renamed(row: Mapping[str, Any], **names: str) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in row.items()}


def _receipt(row: Mapping[str, Any]) -> dict[str, Any]:
    lines = [_renamed(line, order="order_id", line="order_line") for line in row.get("lines", ())]
    return _renamed(row, order="order_id") | {"lines": lines}


def _supplier(row: Mapping[str, Any]) -> dict[str, Any]:
    form = dict(row)
    for short, name in (("vat", "vat_ids"), ("iban", "ibans")):
        if short in form:
            form[name] = [form.pop(short), *form.get(name, ())]
    return form
