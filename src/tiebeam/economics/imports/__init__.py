"""What was used before, and beside, the gateway: exports of other gateways and providers taken into the same ledger."""

from tiebeam.economics.imports.answer import AgainstBill, ImportAnswer, Line, ModelLine
from tiebeam.economics.imports.attribution import Attributed, Attribution, Rule, UnreadableRules
from tiebeam.economics.imports.doubles import Double, find_doubles, take_back
from tiebeam.economics.imports.problems import BrokenImport, MonthClosed, NotWithinBill, UnknownImport, UnpricedImport
from tiebeam.economics.imports.question import ImportQuestion
from tiebeam.economics.imports.sighting import plain_model
from tiebeam.economics.imports.sources import SOURCES, Source
from tiebeam.economics.imports.stated import Stated, StatedUse, read_stated
from tiebeam.economics.imports.taking import Imports, list_imports

__all__ = [
    "SOURCES",
    "AgainstBill",
    "Attributed",
    "Attribution",
    "BrokenImport",
    "Double",
    "ImportAnswer",
    "ImportQuestion",
    "Imports",
    "Line",
    "ModelLine",
    "MonthClosed",
    "NotWithinBill",
    "Rule",
    "Source",
    "Stated",
    "StatedUse",
    "UnknownImport",
    "UnpricedImport",
    "UnreadableRules",
    "find_doubles",
    "list_imports",
    "plain_model",
    "read_stated",
    "take_back",
]
