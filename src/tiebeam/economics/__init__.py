"""Economics: prices, the ledger, and what a unit costs and is worth."""

from tiebeam.economics.entries import EntryKind, InvalidEntry, LedgerEntry
from tiebeam.economics.ledger import Economics
from tiebeam.economics.prices import (
    AliasRefused,
    MissingRate,
    ModelPrice,
    Prices,
    StalePrice,
    TokenCost,
    TokenUsage,
    UnknownPrice,
)
from tiebeam.economics.reading import (
    DailyLine,
    LedgerFilters,
    LedgerPage,
    MixedCurrencies,
    RunCost,
    Tally,
    WorkflowSummary,
)
from tiebeam.economics.units import (
    IncompleteEconomics,
    UnitAnswer,
    UnitCase,
    Verdict,
    assess,
    case_of,
    fixed_cost_per_unit,
)
from tiebeam.economics.workbook import Calculation, InputCell, LineCell, workbook

__all__ = [
    "AliasRefused",
    "Calculation",
    "DailyLine",
    "Economics",
    "EntryKind",
    "IncompleteEconomics",
    "InputCell",
    "InvalidEntry",
    "LedgerEntry",
    "LedgerFilters",
    "LedgerPage",
    "LineCell",
    "MissingRate",
    "MixedCurrencies",
    "ModelPrice",
    "Prices",
    "RunCost",
    "StalePrice",
    "Tally",
    "TokenCost",
    "TokenUsage",
    "UnitAnswer",
    "UnitCase",
    "UnknownPrice",
    "Verdict",
    "WorkflowSummary",
    "assess",
    "case_of",
    "fixed_cost_per_unit",
    "workbook",
]
