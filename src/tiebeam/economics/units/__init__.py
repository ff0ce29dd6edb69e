"""Unit economics of a workflow before it is built: formulas, draws, tornado, verdict."""

from tiebeam.economics.units.answer import (
    IncompleteEconomics,
    Stated,
    UnitAnswer,
    Verdict,
    assess,
    case_of,
    fixed_cost_per_unit,
)
from tiebeam.economics.units.case import (
    NO_TOKENS,
    TokenPrices,
    UnitCase,
    WrongFigure,
    driver_of,
    read_changes,
    read_pairs,
)
from tiebeam.economics.units.draws import drawn, ends
from tiebeam.economics.units.model import LINES, PARTS, Line
from tiebeam.economics.units.prefill import Measured, NoHistory, Prefilled, from_ledger, prefill
from tiebeam.economics.units.sheet import stated_cells, unit_sheet
from tiebeam.economics.units.simulate import (
    DRAWS,
    Bar,
    Simulation,
    Spread,
    WrongDraws,
    month_spreads,
    simulate,
    tornado,
)
from tiebeam.economics.units.variants import UnlikeVariants, VariantAnswer, exact_variant, simulate_variants

__all__ = [
    "DRAWS",
    "LINES",
    "NO_TOKENS",
    "PARTS",
    "Bar",
    "IncompleteEconomics",
    "Line",
    "Measured",
    "NoHistory",
    "Prefilled",
    "Simulation",
    "Spread",
    "Stated",
    "TokenPrices",
    "UnitAnswer",
    "UnitCase",
    "UnlikeVariants",
    "VariantAnswer",
    "Verdict",
    "WrongDraws",
    "WrongFigure",
    "assess",
    "case_of",
    "drawn",
    "driver_of",
    "ends",
    "exact_variant",
    "fixed_cost_per_unit",
    "from_ledger",
    "month_spreads",
    "prefill",
    "read_changes",
    "read_pairs",
    "simulate",
    "simulate_variants",
    "stated_cells",
    "tornado",
    "unit_sheet",
]
