"""Statements of model use by team and line of business, with shared costs, for showback and chargeback."""

from tiebeam.economics.statements.drawing import draw_up, parties
from tiebeam.economics.statements.issued import (
    Issued,
    MonthOpen,
    NothingDue,
    UnknownStatement,
    issue,
    list_issued,
    read_issued,
    statement_object,
)
from tiebeam.economics.statements.pools import Pool, pools_of
from tiebeam.economics.statements.sheet import statement_csv, statement_workbook
from tiebeam.economics.statements.statement import (
    Line,
    Party,
    Section,
    Statement,
    StatementKind,
    UnknownParty,
    WrongParty,
)

__all__ = [
    "Issued",
    "Line",
    "MonthOpen",
    "NothingDue",
    "Party",
    "Pool",
    "Section",
    "Statement",
    "StatementKind",
    "UnknownParty",
    "UnknownStatement",
    "WrongParty",
    "draw_up",
    "issue",
    "list_issued",
    "parties",
    "pools_of",
    "read_issued",
    "statement_csv",
    "statement_object",
    "statement_workbook",
]
