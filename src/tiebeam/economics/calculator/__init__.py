"""The calculator: models by the token, GPUs by the hour, and the two compared, by one question."""

from tiebeam.economics.calculator.api_side import ApiRow, ApiView, Parts, api_view
from tiebeam.economics.calculator.catalogue import Catalogue, Catalogues, Model, Problem
from tiebeam.economics.calculator.hosting_side import HostingCost, HostingRow, HostingView, Range, hosting_view
from tiebeam.economics.calculator.question import ALL, BadQuestion, Question, Sort
from tiebeam.economics.calculator.reading import PARAMETERS, Parameter, question_params, read_question

__all__ = [
    "ALL",
    "PARAMETERS",
    "ApiRow",
    "ApiView",
    "BadQuestion",
    "Catalogue",
    "Catalogues",
    "HostingCost",
    "HostingRow",
    "HostingView",
    "Model",
    "Parameter",
    "Parts",
    "Problem",
    "Question",
    "Range",
    "Sort",
    "api_view",
    "hosting_view",
    "question_params",
    "read_question",
]
