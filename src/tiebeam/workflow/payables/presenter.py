"""How a payables case is put before a person: title, reason, proposed posting and the context package."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tiebeam.connect.documents import Invoice, Party, invoice_to_json
from tiebeam.workflow.payables.case import PayablesCase, amount
from tiebeam.workflow.payables.proposal import posting_in_force
from tiebeam.workflow.runs import ReviewCase, ReviewPacket, RunFacts
from tiebeam.workflow.steps import StepCall

_WORDS = {
    "price_variance": "price above the order",
    "quantity_variance": "more invoiced than received",
    "missing_receipt": "goods not received",
    "missing_po": "no purchase order",
    "duplicate_invoice": "duplicate",
    "tax_mismatch": "tax does not add up",
    "wrong_supplier": "order of another supplier",
    "currency_mismatch": "currency differs from the order",
    "bank_detail_change": "bank details changed",
}


_NOTHING = {
    "order": "no order could be assigned",
    "receipts": "no receipt is on file",
    "supplier": "the sender is not on file",
    "earlier-invoices": "no earlier invoice for this order or supplier",
    "coding-proposal": "no proposal: nothing comparable was posted before",
    "contact-on-file": "no contact is on file",
    "findings": "no finding",
    "found": "nothing could be found in the document",
    "error": "no reading error",
}
"""What a context package says where there is nothing, so that nobody wonders whether it was forgotten."""


class PayablesPresenter:
    def packet(self, call: StepCall, case: ReviewCase) -> ReviewPacket:
        payables = PayablesCase(call)
        value, currency = _at_stake(payables)
        return ReviewPacket(
            title=_title(payables, case),
            summary=_summary(payables, case),
            payload=_payload(payables, case),
            context=_context(payables, case),
            amount=value,
            currency=currency,
        )

    def facts(self, call: StepCall) -> RunFacts:
        case = PayablesCase(call)
        number = case.invoice.get("number")
        name = str(call.input.get("source") or call.run.id)
        unreadable = call.outcome_of("read") == "unreadable" and not case.invoice
        return RunFacts(
            subject=f"{number} · {case.supplier_name}" if number else name,
            decision="unreadable" if unreadable else case.decision.get("decision"),
            labels=case.labels,
            counterparty=case.supplier_name if case.invoice else None,
            amount=case.money("gross"),
            currency=case.invoice.get("currency"),
        )


def _title(case: PayablesCase, review: ReviewCase) -> str:
    number = case.invoice.get("number")
    subject = f"{case.supplier_name} {number}" if number else str(case.call.input.get("source"))
    if review.problem["kind"] != "none":
        return f"{subject}: {review.step.title} needs you"
    if review.step.id == "capture":
        return f"{subject}: cannot be read"
    if review.step.id == "call-back":
        return f"{subject}: call back about changed bank details"
    if review.step.id == "second-approval":
        return f"{subject}: second approval"
    words = ", ".join(_WORDS.get(label, label) for label in case.labels)
    return f"{subject}: {words or 'approval'}"


def _summary(case: PayablesCase, review: ReviewCase) -> str:
    if review.problem["kind"] != "none":
        return str(review.problem["message"])
    if review.step.id == "capture":
        return str(case.call.output_of("read").get("error") or "the document could not be read")
    return str(case.decision.get("reason") or review.handoff.title)


def _payload(case: PayablesCase, review: ReviewCase) -> dict[str, Any]:
    if review.step.id == "capture" and not case.invoice:
        return {"invoice": blank_invoice(case.call.output_of("read").get("found") or {})}
    payload: dict[str, Any] = {"posting": posting_in_force(case)}
    if review.problem["kind"] == "ambiguous_effect":
        payload["effect"] = review.step.id
        payload["found"] = dict(review.problem["found"])
    if review.step.id == "call-back":
        payload["call_back"] = {
            "iban_on_file": case.supplier.get("iban"),
            "iban_on_invoice": payload["posting"]["iban"],
            "contact_on_file": _contact(case),
        }
    return payload


def blank_invoice(found: Mapping[str, str]) -> dict[str, Any]:
    """An empty form of the fields a person types from the document, filled with what could be found."""
    nobody = Party(name=found.get("seller.name"), vat_id=found.get("seller.vat_id"))
    form = invoice_to_json(
        Invoice(
            syntax="MANUAL",
            number=found.get("number"),
            issue_date=None,
            due_date=None,
            type_code="380",
            currency=found.get("currency"),
            seller=nobody,
            buyer=Party(),
            order_reference=found.get("order_reference"),
            buyer_reference=None,
            net=amount(found.get("net")),
            tax=amount(found.get("tax")),
            gross=amount(found.get("gross")),
            payable=amount(found.get("payable")),
        )
    )
    for name in ("issue_date", "due_date"):
        form[name] = found.get(name)
    return form


def _context(case: PayablesCase, review: ReviewCase) -> dict[str, Any]:
    call = case.call
    whole = {
        "document": {
            "id": call.run.document_id,
            "name": call.input.get("source"),
            "sha256": call.input.get("sha256"),
            "received_at": call.input.get("received_at"),
        },
        "invoice": dict(case.invoice),
        "match": dict(case.match),
        "decision": dict(case.decision),
        "findings": list(case.match.get("findings", [])),
        "order": case.match.get("order") or {},
        "receipts": list(case.match.get("receipts", [])),
        "supplier": dict(case.supplier),
        "earlier-invoices": list(case.match.get("earlier_invoices", [])),
        "coding-proposal": dict(case.coding),
        "contact-on-file": _contact(case),
        "error": call.output_of("read").get("error") or "",
        "found": dict(call.output_of("read").get("found") or {}),
        "problem": dict(review.problem),
        "posting": posting_in_force(case) if case.invoice else {},
    }
    wanted = {*review.handoff.context, "document", "invoice", "decision", "findings"}
    return {key: value or _NOTHING.get(key, "none") for key, value in whole.items() if key in wanted}


def _contact(case: PayablesCase) -> dict[str, Any]:
    supplier = case.supplier
    return {key: supplier[key] for key in ("name", "phone", "email", "contact") if supplier.get(key)}


def _at_stake(case: PayablesCase) -> tuple[Decimal | None, str | None]:
    """The amount limits are compared with: gross in the policy's currency, as the decision converted it.

    Where the decision could not convert it the amount is unknown: the figure on the document is in a currency that
    no limit is in.
    """
    if case.decision:
        value = amount(case.decision.get("amount"))
        return (None if value is None else abs(value)), case.decision.get("currency")
    gross = case.money("gross")
    return (None if gross is None else abs(gross)), case.invoice.get("currency")
