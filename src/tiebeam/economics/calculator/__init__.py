"""The calculator: models by the token, GPUs by the hour, and the two compared, by one question."""

from tiebeam.economics.calculator.api_side import ApiRow, ApiView, Parts, api_view
from tiebeam.economics.calculator.catalogue import Catalogue, Catalogues, Model, Problem
from tiebeam.economics.calculator.comparing import BreakEven, Comparison, Option, OptionKind, compare
from tiebeam.economics.calculator.crossing import Crossing, CurvePoint, Window, crossing, steps_for
from tiebeam.economics.calculator.hosting_side import HostingCost, HostingRow, HostingView, Range, hosting_view
from tiebeam.economics.calculator.question import ALL, BadQuestion, Question, Sort
from tiebeam.economics.calculator.reading import PARAMETERS, Parameter, question_params, read_question

__all__ = [
    "ALL",
    "PARAMETERS",
    "ApiRow",
    "ApiView",
    "BadQuestion",
    "BreakEven",
    "Catalogue",
    "Catalogues",
    "Comparison",
    "Crossing",
    "CurvePoint",
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
    "Window",
    "api_view",
    "compare",
    "crossing",
    "hosting_view",
    "question_params",
    "read_question",
    "steps_for",
]
