"""The calculator: models by the token, GPUs by the hour, and the two compared, by one question."""

from tiebeam.economics.calculator.api_side import ApiRow, ApiView, Parts, api_view
from tiebeam.economics.calculator.catalogue import Catalogue, Catalogues, Model, Problem
from tiebeam.economics.calculator.comparing import BreakEven, Comparison, Option, OptionKind, compare
from tiebeam.economics.calculator.crossing import Crossing, CurvePoint, Window, crossing, steps_for
from tiebeam.economics.calculator.forms import FlatTable, View, flat_table, form
from tiebeam.economics.calculator.hosting_side import HostingCost, HostingRow, HostingView, Range, hosting_view
from tiebeam.economics.calculator.question import ALL, BadQuestion, Question, Sort
from tiebeam.economics.calculator.reading import (
    PARAMETERS,
    RATIO_WANTS,
    SORT_WANTS,
    Parameter,
    question_params,
    read_question,
)
from tiebeam.economics.calculator.sheets import calculator_sheet

__all__ = [
    "ALL",
    "PARAMETERS",
    "RATIO_WANTS",
    "SORT_WANTS",
    "ApiRow",
    "ApiView",
    "BadQuestion",
    "BreakEven",
    "Catalogue",
    "Catalogues",
    "Comparison",
    "Crossing",
    "CurvePoint",
    "FlatTable",
    "HostingCost",
    "HostingRow",
    "HostingView",
    "Model",
    "Option",
    "OptionKind",
    "Parameter",
    "Parts",
    "Problem",
    "Question",
    "Range",
    "Sort",
    "View",
    "Window",
    "api_view",
    "calculator_sheet",
    "compare",
    "crossing",
    "flat_table",
    "form",
    "hosting_view",
    "question_params",
    "read_question",
    "steps_for",
]
