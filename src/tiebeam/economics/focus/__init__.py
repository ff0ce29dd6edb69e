"""The ledger as FOCUS, the open specification of billing data, for tools that read bills of any provider."""

from tiebeam.economics.focus.columns import Column, ColumnKind, FocusVersion, columns_of
from tiebeam.economics.focus.exporting import FocusData, FocusExport, FocusQuestion, export_focus
from tiebeam.economics.focus.rows import Account
from tiebeam.economics.focus.writing import FocusFormat

__all__ = [
    "Account",
    "Column",
    "ColumnKind",
    "FocusData",
    "FocusExport",
    "FocusFormat",
    "FocusQuestion",
    "FocusVersion",
    "columns_of",
    "export_focus",
]
