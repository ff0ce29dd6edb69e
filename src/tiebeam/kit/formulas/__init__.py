"""Formulas that are worked out exactly, over many draws, or by a spreadsheet: one text for all three."""

from tiebeam.kit.formulas.arithmetic import (
    Arithmetic,
    Columns,
    Exact,
    FastColumns,
    PlainColumns,
    best_columns,
)
from tiebeam.kit.formulas.expressions import (
    Formula,
    FormulaBroken,
    prepared,
    read_formula,
    spreadsheet_formula,
    work_out,
)

__all__ = [
    "Arithmetic",
    "Columns",
    "Exact",
    "FastColumns",
    "Formula",
    "FormulaBroken",
    "PlainColumns",
    "best_columns",
    "prepared",
    "read_formula",
    "spreadsheet_formula",
    "work_out",
]
