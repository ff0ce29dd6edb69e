"""The steps that reach outside: post the approved invoice once, pay it once, and close the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tiebeam.connect.erp import ErpUncertain
from tiebeam.connect.payments import Debtor, PaymentInstruction, payment_file
from tiebeam.errors import TiebeamError
from tiebeam.kit import digest_of, iso, sha256_hex
from tiebeam.spec import Effect
from tiebeam.workflow.invoices import settle_invoice
from tiebeam.workflow.payables.case import APPROVING, PayablesCase, amount
from tiebeam.workflow.payables.changes import account_problem, posting_problems
from tiebeam.workflow.payables.proposal import posting_in_force, proposed_posting
from tiebeam.workflow.steps import ApprovalExpired, EffectUnclear, StepCall, StepCode, StepFailed, StepResult


def checked_posting(call: StepCall) -> dict[str, Any]:
    """What may leave the house now. Raises StepFailed where nobody approved just this, ApprovalExpired when too old."""
    case = PayablesCase(call)
    approval = case.approval
    decided = case.decision.get("decision")
    if approval is None and decided != "auto_pay":
        raise StepFailed(f"nobody approved this invoice and the rules decided {decided!r}; it is not posted")
    if approval is None and call.input.get("stage") == "pilot":
        raise StepFailed("this workflow is a pilot: nothing is posted or paid unless a person approved it")
    if approval is not None and digest_of(dict(approval.payload)) != approval.payload_hash:
        raise StepFailed("the approved payload and its hash differ; nothing is posted. Approve the case anew.")
    if approval is not None and approval.expires_at is not None and approval.expires_at < call.now:
        raise ApprovalExpired(
            f"the approval by {approval.by} expired at {iso(approval.expires_at)}", step_id=approval.step_id
        )
    if "bank_detail_change" in case.labels:
        confirmed = call.outcome_of("call-back") in APPROVING and call.outcome_of("second-approval") in APPROVING
        if not confirmed:
            raise StepFailed("the bank details changed and were not confirmed by call-back and a second approver")
    posting = posting_in_force(case)
    problems = posting_problems(proposed_posting(case), posting)
    if (account := account_problem(case, posting)) is not None:
        problems.append(account)
    if problems:
        raise StepFailed(f"nothing is posted or paid: {'; '.join(problems)}")
    posting["approved_by"] = "system:tiebeam" if approval is None else approval.by
    return posting


def post(call: StepCall) -> StepResult:
    """Post to the ERP under the run's own key. Raises StepFailed (not posted) or EffectUnclear (nobody knows)."""
    posting = checked_posting(call)
    try:
        voucher = call.services.erp.post_invoice(key=call.key, posting=posting)
    except ErpUncertain as doubt:
        raise EffectUnclear(doubt.message) from doubt
    except TiebeamError as refusal:
        raise StepFailed(f"the ERP did not take the invoice: {refusal.message}") from refusal
    return StepResult(
        outcome="posted",
        output={"voucher": voucher, "posting_hash": digest_of(posting)},
        summary=f"posted as voucher {voucher['voucher']}",
        evidence={"voucher": voucher, "posting": posting},
    )


def find_voucher(call: StepCall) -> dict[str, Any] | None:
    return call.services.erp.find(call.key)


def pay(call: StepCall) -> StepResult:
    """Write the payment file for the bank. A credit note, or nothing left to pay, needs no payment."""
    posting = checked_posting(call)
    due = _due(posting)
    if posting["kind"] == "credit_note" or due is None or due <= 0:
        reason = "a credit note is set off, not paid" if posting["kind"] == "credit_note" else "nothing is left to pay"
        return StepResult("not-needed", {"reason": reason}, reason, {"payment-file": reason})
    instruction = _instruction(call, posting)
    debtor = call.services.debtor
    try:
        data = payment_file(
            instruction,
            message_id=instruction.end_to_end_id,
            created_at=call.now,
            debtor=Debtor(name=debtor["name"], iban=debtor["iban"], bic=debtor.get("bic") or None),
        )
        path = call.services.payments.put(call.key, data)
    except TiebeamError as refusal:
        raise StepFailed(f"no payment file was written: {refusal.message}") from refusal
    evidence = {"file": path.name, "sha256": sha256_hex(data), "end_to_end_id": instruction.end_to_end_id}
    output = {**evidence, "amount": str(due), "currency": instruction.currency, "iban": instruction.creditor_iban}
    summary = f"{due} {instruction.currency} to {instruction.creditor_iban} in {path.name}"
    return StepResult("paid", output, summary, {"payment-file": evidence})


def find_payment(call: StepCall) -> dict[str, Any] | None:
    path = call.services.payments.find(call.key)
    return None if path is None else {"file": path.name, "sha256": sha256_hex(path.read_bytes())}


def _due(posting: Mapping[str, Any]) -> Decimal | None:
    """What is left to pay. Nothing left is an amount too: an invoice that was paid in advance is not paid again."""
    payable = amount(posting.get("payable"))
    return amount(posting.get("gross")) if payable is None else payable


def _instruction(call: StepCall, posting: Mapping[str, Any]) -> PaymentInstruction:
    iban = posting.get("iban")
    if not iban:
        raise StepFailed("no account to pay to: neither the invoice nor the supplier on file names an IBAN")
    due = date.fromisoformat(posting["due_date"]) if posting.get("due_date") else call.now.date()
    value = _due(posting)
    if value is None:
        raise StepFailed("the posting has no amount to pay")
    return PaymentInstruction(
        end_to_end_id=call.run.id.replace("_", "-"),
        amount=value,
        currency=str(posting["currency"]),
        creditor_name=str(posting["supplier_name"]),
        creditor_iban=str(iban),
        execution_date=max(due, call.now.date()),
        invoice_numbers=(str(posting["invoice_number"]),),
    )


def close(call: StepCall) -> StepResult:
    """Settle the case: accepted when it was posted, else rejected; the register of invoices learns it."""
    if call.unit is None:
        raise StepFailed("closing a case writes to the register and needs a unit of work")
    posted = call.outcome_of("post") in {"posted", "confirmed-by-person"}
    outcome = "accepted" if posted else "rejected"
    document_id = call.run.document_id or ""
    case = PayablesCase(call)
    account, cost_centre = _coding_of(posting_in_force(case)) if posted else (None, None)
    settle_invoice(call.unit, document_id=document_id, outcome=outcome, account=account, cost_centre=cost_centre)
    voucher = call.output_of("post").get("voucher", {}).get("voucher")
    approval = case.approval
    evidence = {
        "outcome": outcome,
        "voucher": voucher,
        "approved_by": "system:tiebeam" if approval is None else approval.by,
        "decision": case.decision.get("decision"),
        "labels": list(case.labels),
    }
    summary = f"accepted, voucher {voucher}" if posted else f"rejected: {case.decision.get('reason') or 'by a person'}"
    return StepResult(outcome, dict(evidence), summary, {"outcome": evidence})


def _coding_of(posting: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Account and cost centre of the posting's largest line, as the supplier's history keeps them."""
    lines = sorted(posting.get("lines") or (), key=lambda line: abs(amount(line.get("net")) or 0), reverse=True)
    return (lines[0].get("account"), lines[0].get("cost_centre")) if lines else (None, None)


CODES = (
    StepCode("invoices.post", Effect.AT_MOST_ONCE, post, request=checked_posting, find=find_voucher),
    StepCode("invoices.pay", Effect.AT_MOST_ONCE, pay, request=checked_posting, find=find_payment),
    StepCode("invoices.close", Effect.DB, close),
)
