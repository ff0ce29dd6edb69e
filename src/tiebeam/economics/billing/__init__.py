"""What the books of use owe the outer world: invoices they agree with, months that are closed, questions in SQL."""

from tiebeam.economics.billing.lines import Span, charges, closed_months
from tiebeam.economics.billing.tables import usage_close, usage_reconciliation

__all__ = ["Span", "charges", "closed_months", "usage_close", "usage_reconciliation"]
