"""Payables: what happens to a supplier invoice once it is matched, from the proposal to the payment file."""

from tiebeam.workflow.payables.changes import edit_problems
from tiebeam.workflow.payables.presenter import PayablesPresenter, blank_invoice
from tiebeam.workflow.payables.proposal import posting_in_force, proposed_posting
from tiebeam.workflow.payables.steps import CODES, checked_posting

__all__ = [
    "CODES",
    "PayablesPresenter",
    "blank_invoice",
    "checked_posting",
    "edit_problems",
    "posting_in_force",
    "proposed_posting",
]
