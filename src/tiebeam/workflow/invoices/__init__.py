"""Supplier invoices: matched with orders, receipts and each other, decided by policy, coded from history."""

from tiebeam.connect.purchasing import policy_to_json
from tiebeam.workflow.invoices.cases import DEFAULT_POLICY, Case, CaseBroken, case_from, completed_invoice, score_case
from tiebeam.workflow.invoices.coding import CodingProposal, PastCoding, propose_coding
from tiebeam.workflow.invoices.decide import Decision, InvoiceDecision, decide_findings, decide_invoice
from tiebeam.workflow.invoices.forms import decision_to_json, match_to_json
from tiebeam.workflow.invoices.matching import (
    Claim,
    Finding,
    Label,
    MatchResult,
    MemoryReference,
    Reference,
    match_invoice,
)
from tiebeam.workflow.invoices.reference import SqlReference, import_reference, lock_register
from tiebeam.workflow.invoices.register import (
    NotRegistered,
    match_registered,
    past_codings,
    register_document,
    settle_invoice,
)
from tiebeam.workflow.invoices.steps import CODES

SCORERS = {"invoices.decision": score_case}
"""Scorers of evaluation sets by the name sets call them."""

__all__ = [
    "CODES",
    "DEFAULT_POLICY",
    "SCORERS",
    "Case",
    "CaseBroken",
    "Claim",
    "CodingProposal",
    "Decision",
    "Finding",
    "InvoiceDecision",
    "Label",
    "MatchResult",
    "MemoryReference",
    "NotRegistered",
    "PastCoding",
    "Reference",
    "SqlReference",
    "case_from",
    "completed_invoice",
    "decide_findings",
    "decide_invoice",
    "decision_to_json",
    "import_reference",
    "lock_register",
    "match_invoice",
    "match_registered",
    "match_to_json",
    "past_codings",
    "policy_to_json",
    "propose_coding",
    "register_document",
    "score_case",
    "settle_invoice",
]
