"""From what matching found to one of four decisions, with the rule and the evidence behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Any

from tiebeam.connect.documents import Invoice
from tiebeam.connect.purchasing import Policy
from tiebeam.kit import cents
from tiebeam.workflow.invoices.matching import DIGITS, Finding, Label, MatchResult


class Decision(StrEnum):
    AUTO_PAY = "auto_pay"
    MANAGER_APPROVAL = "manager_approval"
    HOLD = "hold"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class InvoiceDecision:
    decision: Decision
    labels: tuple[str, ...]
    """Sorted; empty when clean."""
    reason: str
    """What a person reads first."""
    rules: tuple[Finding, ...]
    """Every rule that spoke, with text and evidence; the deciding ones first."""
    approver_role: str | None
    """The role with the smallest limit that covers the amount; None where nobody needs to or nobody may approve."""
    amount: Decimal | None
    """Gross in the policy's currency, rounded to cents; None without a rate or a total."""
    currency: str
    needs_call_back: bool
    """Bank details differ: call the number on file before anything else."""
    needs_second_approver: bool


def decide_invoice(
    match: MatchResult, invoice: Invoice, policy: Policy, *, authority: Sequence[Mapping[str, Any]] = ()
) -> InvoiceDecision:
    """Decide by the findings of a match; see `decide_findings`."""
    return decide_findings(match.findings, invoice, policy, authority=authority)


def decide_findings(
    findings: Sequence[Finding], invoice: Invoice, policy: Policy, *, authority: Sequence[Mapping[str, Any]] = ()
) -> InvoiceDecision:
    """Changed bank details hold whatever else is true; then a duplicate is rejected, unless its original was rejected
    as well, which a person looks at; then anything that blocks holds.

    `authority` holds roles as `{"id", "title", "approval_limit"}`; limit None = unlimited, 0 = may not approve money.
    """
    with localcontext(prec=DIGITS):
        exact = _in_policy_currency(invoice, policy=policy)
        amount = None if exact is None else cents(exact)
    blocking = [finding for finding in findings if finding.blocks]
    notes = [finding for finding in findings if not finding.blocks]
    labels = tuple(sorted({finding.label.value for finding in findings if finding.label is not None}))
    bank = Label.BANK_DETAIL_CHANGE in labels
    decision = _decision(labels, blocking=blocking, exact=exact, policy=policy)
    if decision is Decision.REJECT and any(finding.evidence.get("original_rejected") for finding in blocking):
        # Nothing of the original was paid: whoever turned this one away too could keep a supplier from ever being paid.
        decision = Decision.HOLD
    limit = _limit_rule(decision, amount=amount, policy=policy)
    role = None if decision is Decision.AUTO_PAY or exact is None else smallest_role(authority, amount=abs(exact))
    ordered = sorted(blocking, key=lambda finding: _rank(finding.label))
    reason = " ".join(finding.text for finding in ordered) or limit.text
    if decision is Decision.MANAGER_APPROVAL and authority and role is None:
        reason += " No role's approval limit covers it."
    return InvoiceDecision(
        decision=decision,
        labels=labels,
        reason=reason,
        rules=(*ordered, limit, *notes),
        approver_role=role,
        amount=amount,
        currency=policy.currency,
        needs_call_back=bank,
        needs_second_approver=bank,
    )


def _in_policy_currency(invoice: Invoice, *, policy: Policy) -> Decimal | None:
    if invoice.gross is None or invoice.currency is None:
        return None
    return policy.in_policy_currency(invoice.gross, currency=invoice.currency)


def _decision(labels: Iterable[str], *, blocking: Sequence[Finding], exact: Decimal | None, policy: Policy) -> Decision:
    if Label.BANK_DETAIL_CHANGE in labels:
        return Decision.HOLD
    if Label.DUPLICATE_INVOICE in labels:
        return Decision.REJECT
    if blocking or exact is None:
        return Decision.HOLD
    return Decision.AUTO_PAY if abs(exact) <= policy.auto_pay_limit else Decision.MANAGER_APPROVAL


def _limit_rule(decision: Decision, *, amount: Decimal | None, policy: Policy) -> Finding:
    evidence = {"amount": None if amount is None else str(amount), "limit": str(policy.auto_pay_limit)}
    evidence["currency"] = policy.currency
    rule = f"decision.{decision.value.replace('_', '-')}"
    match decision:
        case Decision.AUTO_PAY:
            text = f"Everything agrees and {amount} {policy.currency} is within the limit of {policy.auto_pay_limit}."
        case Decision.MANAGER_APPROVAL:
            text = f"Everything agrees, but {amount} {policy.currency} is above the limit of {policy.auto_pay_limit}."
        case Decision.HOLD:
            text = "A discrepancy needs a person."
        case Decision.REJECT:
            text = "A repeated invoice is rejected."
    return Finding(rule, decision.value, text, evidence, blocks=False)


_ORDER = (
    Label.BANK_DETAIL_CHANGE,
    Label.DUPLICATE_INVOICE,
    Label.WRONG_SUPPLIER,
    Label.MISSING_PO,
    Label.CURRENCY_MISMATCH,
    Label.MISSING_RECEIPT,
    Label.QUANTITY_VARIANCE,
    Label.PRICE_VARIANCE,
    Label.TAX_MISMATCH,
)


def _rank(label: Label | None) -> int:
    return len(_ORDER) if label is None else _ORDER.index(label)


def smallest_role(authority: Sequence[Mapping[str, Any]], *, amount: Decimal) -> str | None:
    """The role whose limit just covers the amount; an unlimited one only where no limit does."""
    able = [
        (limit is None, Decimal(0) if limit is None else limit, str(role["id"]))
        for role in authority
        for limit in (_limit_of(role),)
        if limit is None or (limit > 0 and limit >= amount)
    ]
    return min(able)[2] if able else None


def _limit_of(role: Mapping[str, Any]) -> Decimal | None:
    limit = role.get("approval_limit", 0)
    return None if limit is None else Decimal(str(limit))
