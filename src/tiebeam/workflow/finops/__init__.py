"""Budgets and people: asking for more, the monthly review, and being told in time."""

from tiebeam.workflow.finops import tables
from tiebeam.workflow.finops.alerting import Alerting
from tiebeam.workflow.finops.asking import RAISE_BUDGET, AlreadyAsked, Asked, Asking, WindowOver
from tiebeam.workflow.finops.reviewing import MONTHLY_REVIEW, MonthlyReviews
from tiebeam.workflow.finops.watching import Watching

__all__ = [
    "MONTHLY_REVIEW",
    "RAISE_BUDGET",
    "Alerting",
    "AlreadyAsked",
    "Asked",
    "Asking",
    "MonthlyReviews",
    "Watching",
    "WindowOver",
    "tables",
]
