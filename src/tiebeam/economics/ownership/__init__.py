"""Total cost of ownership over years: metered tokens, rented capacity, own servers; crossover, spread, tornado."""

from tiebeam.economics.ownership.answer import (
    SIDE_NAMES,
    Comparison,
    Shown,
    SideAnswer,
    StudyAnswer,
    compare_sides,
    shown,
    study_line,
)
from tiebeam.economics.ownership.case import (
    StudyCase,
    UnknownStudy,
    WrongStudy,
    find_study,
    read_study_changes,
    study_case,
)
from tiebeam.economics.ownership.crossing import (
    Crossing,
    Looked,
    crossings,
    least_utilisation,
    month_of_crossing,
    present_values,
)
from tiebeam.economics.ownership.model import BEFORE, LOAD, NODES, PARTS, carried, lines_of, months
from tiebeam.economics.ownership.sheet import study_sheet
from tiebeam.economics.ownership.simulate import Uncertainty, simulate, swings

__all__ = [
    "BEFORE",
    "LOAD",
    "NODES",
    "PARTS",
    "SIDE_NAMES",
    "Comparison",
    "Crossing",
    "Looked",
    "Shown",
    "SideAnswer",
    "StudyAnswer",
    "StudyCase",
    "Uncertainty",
    "UnknownStudy",
    "WrongStudy",
    "carried",
    "compare_sides",
    "crossings",
    "find_study",
    "least_utilisation",
    "lines_of",
    "month_of_crossing",
    "months",
    "present_values",
    "read_study_changes",
    "shown",
    "simulate",
    "study_case",
    "study_line",
    "study_sheet",
    "swings",
]
