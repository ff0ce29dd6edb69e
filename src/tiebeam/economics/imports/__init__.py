"""What was used before, and beside, the gateway: exports of other gateways and providers taken into the same ledger."""

from tiebeam.economics.imports.answer import AgainstBill, ImportAnswer, Line, ModelLine
from tiebeam.economics.imports.attribution import Attributed, Attribution, Rule, UnreadableRules
from tiebeam.economics.imports.problems import BrokenImport, MonthClosed, NotWithinBill, UnknownImport, UnpricedImport
from tiebeam.economics.imports.sources import SOURCES, Source
from tiebeam.economics.imports.tables import usage_import
from tiebeam.economics.imports.taking import ImportQuestion, Imports, list_imports

__all__ = [
    "SOURCES",
    "AgainstBill",
    "Attributed",
    "Attribution",
    "BrokenImport",
    "ImportAnswer",
    "ImportQuestion",
    "Imports",
    "Line",
    "ModelLine",
    "MonthClosed",
    "NotWithinBill",
    "Rule",
    "Source",
    "UnknownImport",
    "UnpricedImport",
    "UnreadableRules",
    "list_imports",
    "usage_import",
]
