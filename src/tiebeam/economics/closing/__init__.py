"""Months of the ledger of use, closed into files, and questions in SQL over all of it."""

from tiebeam.economics.closing.closing import ClosedMonth, Closing
from tiebeam.economics.closing.files import days_of
from tiebeam.economics.closing.lines import Span, charges, closed_months
from tiebeam.economics.closing.problems import (
    AlreadyClosed,
    BooksDiffer,
    MonthNotClosed,
    MonthNotOver,
    NotInOrder,
    QueryFailed,
    QueryRefused,
    QueryTooLong,
)
from tiebeam.economics.closing.query import LedgerQuery, QueryAnswer, cell

__all__ = [
    "AlreadyClosed",
    "BooksDiffer",
    "ClosedMonth",
    "Closing",
    "LedgerQuery",
    "MonthNotClosed",
    "MonthNotOver",
    "NotInOrder",
    "QueryAnswer",
    "QueryFailed",
    "QueryRefused",
    "QueryTooLong",
    "Span",
    "cell",
    "charges",
    "closed_months",
    "days_of",
]
