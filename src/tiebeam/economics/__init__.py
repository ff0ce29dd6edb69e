"""Economics: prices, the ledger, and what a unit costs and is worth."""

from tiebeam.economics.entries import EntryKind, InvalidEntry, LedgerEntry
from tiebeam.economics.forecast import NOT_MODELLED, IncompleteEconomics, UnitForecast, fixed_cost_per_unit, forecast
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

__all__ = [
    "NOT_MODELLED",
    "AliasRefused",
    "DailyLine",
    "Economics",
    "EntryKind",
    "IncompleteEconomics",
    "InvalidEntry",
    "LedgerEntry",
    "LedgerFilters",
    "LedgerPage",
    "MissingRate",
    "MixedCurrencies",
    "ModelPrice",
    "Prices",
    "RunCost",
    "StalePrice",
    "Tally",
    "TokenCost",
    "TokenUsage",
    "UnitForecast",
    "UnknownPrice",
    "WorkflowSummary",
    "fixed_cost_per_unit",
    "forecast",
]
