"""The ledger of use against what providers bill: differences by day and model, and estimates that give way."""

from tiebeam.economics.billing.answer import DayLine, Difference, Reconciled
from tiebeam.economics.billing.reconciling import NothingStated, ReconcileQuestion, Reconciling, list_reconciliations

__all__ = [
    "DayLine",
    "Difference",
    "NothingStated",
    "ReconcileQuestion",
    "Reconciled",
    "Reconciling",
    "list_reconciliations",
]
