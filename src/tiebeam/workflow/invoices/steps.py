"""The step codes of this room: match, decide and propose a coding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from tiebeam.connect.documents import Invoice, invoice_from_json
from tiebeam.connect.purchasing import Policy, policy_from_json, supplier_from_json
from tiebeam.errors import TiebeamError
from tiebeam.spec import Effect
from tiebeam.workflow.invoices.coding import propose_coding as propose
from tiebeam.workflow.invoices.decide import Decision, decide_findings
from tiebeam.workflow.invoices.forms import decision_to_json, finding_from_json, match_to_json
from tiebeam.workflow.invoices.register import match_registered, past_codings, register_document
from tiebeam.workflow.invoices.tables import invoice_register
from tiebeam.workflow.steps import StepCall, StepCode, StepFailed, StepResult

_GIVEN = frozenset({"approve", "edit"})


def invoice_of(call: StepCall) -> Invoice:
    """The invoice as read, or as a person completed it. Raises StepFailed when there is neither."""
    capture = str(call.params.get("capture", "capture"))
    read = str(call.params.get("read", "read"))
    form: Any = None
    if call.outcome_of(capture) in _GIVEN:
        form = call.output_of(capture).get("payload", {}).get("invoice")
    form = form or call.output_of(read).get("invoice")
    if not isinstance(form, Mapping):
        raise StepFailed("there is no invoice to match: the document was not read and nobody completed it")
    try:
        return checked(invoice_from_json({key: None if value == "" else value for key, value in form.items()}))
    except (ValueError, ArithmeticError, TypeError, AttributeError, KeyError) as problem:
        raise StepFailed(f"a field of the invoice has a wrong value: {problem}. Correct it and try again.") from problem


def checked(invoice: Invoice) -> Invoice:
    """The invoice, if all its amounts are numbers. Raises ValueError on infinity and the like."""
    lines = [value for line in invoice.lines for value in (line.quantity, line.unit_price, line.net, line.tax_rate)]
    parts = [value for part in invoice.tax_subtotals for value in (part.rate, part.taxable, part.tax)]
    totals = [invoice.net, invoice.tax, invoice.gross, invoice.payable, invoice.allowance_total, invoice.charge_total]
    for value in (*lines, *parts, *totals):
        if value is not None and not value.is_finite():
            raise ValueError(f"{value} is no amount")
    return invoice


def policy_of_call(call: StepCall) -> Policy:
    """The policy the run was accepted under, else the one in service."""
    form = call.input.get("policy")
    if isinstance(form, Mapping):
        return policy_from_json(form)
    if isinstance(call.services.policy, Policy):
        return call.services.policy
    raise StepFailed("no matching policy is known to this run; name one in tiebeam.toml and run again")


def match(call: StepCall) -> StepResult:
    """Match with suppliers, orders, receipts and everything registered before; enter what the invoice claims."""
    if call.unit is None:
        raise StepFailed("matching writes to the register of invoices and needs a unit of work")
    invoice, policy = invoice_of(call), policy_of_call(call)
    document_id = call.run.document_id or call.run.id
    try:
        register_document(
            call.unit,
            document_id=document_id,
            arrival=int(call.input.get("arrival") or 0),
            received_at=call.input.get("received_at") or call.now,
            invoice=invoice,
            sha256=str(call.input.get("sha256") or ""),
        )
        found = match_registered(
            call.unit, document_id=document_id, invoice=invoice, dataset=call.input.get("dataset"), policy=policy
        )
    except TiebeamError as refusal:
        raise StepFailed(f"the invoice could not be matched: {refusal.message}") from refusal
    output = match_to_json(found)
    blocking = [finding for finding in found.findings if finding.blocks]
    outcome = "discrepancy" if blocking else "matched"
    order = f"order {found.matched_order}" if found.matched_order else "no order"
    summary = f"{order}, {len(blocking)} finding(s)" if blocking else f"{order}: everything agrees"
    evidence = {
        "findings": output["findings"],
        "order": {"id": found.matched_order, "how": found.order.how, "printed": list(found.order.printed)},
        "supplier": {"id": found.supplier.key, "how": found.supplier.how},
        "lines": output["lines"],
        "receipts": [receipt.id for receipt in found.receipts],
        "earlier": [claim.document_id for claim in found.earlier],
    }
    return StepResult(outcome, output, summary, evidence)


def decide(call: StepCall) -> StepResult:
    """Apply the policy to what matching found."""
    invoice, policy = invoice_of(call), policy_of_call(call)
    source = str(call.params.get("match", "match"))
    findings = [finding_from_json(form) for form in call.output_of(source).get("findings", ())]
    if call.outcome_of(source) == "skipped":
        raise StepFailed("the invoice was not matched, so there is nothing to decide by")
    decision = decide_findings(findings, invoice, policy, authority=call.services.roles)
    output = decision_to_json(decision)
    summary = f"{_WORDS[decision.decision]}: {decision.reason}"
    return StepResult(decision.decision.value, output, summary, {"rules": output["rules"]})


_WORDS = {
    Decision.AUTO_PAY: "pay",
    Decision.MANAGER_APPROVAL: "ask for approval",
    Decision.HOLD: "hold",
    Decision.REJECT: "reject",
}


def propose_coding(call: StepCall) -> StepResult:
    """Account and cost centre for an invoice without an order."""
    invoice = invoice_of(call)
    matched = call.output_of(str(call.params.get("match", "match")))
    form = matched.get("supplier")
    supplier = supplier_from_json(form) if form else None
    position = call.conn.execute(
        sa.select(invoice_register.c.position).where(invoice_register.c.document_id == (call.run.document_id or ""))
    ).scalar()
    history = past_codings(call.conn, supplier_key=str(matched.get("supplier_key") or ""), before=position)
    proposal = propose(invoice, history, supplier=supplier)
    output = asdict(proposal)
    outcome = "proposed" if proposal.account else "none"
    return StepResult(outcome, output, proposal.text, {"coding": output})


CODES = (
    StepCode("invoices.match", Effect.DB, match),
    StepCode("invoices.decide", Effect.PURE, decide),
    StepCode("invoices.propose-coding", Effect.PURE, propose_coding),
)
