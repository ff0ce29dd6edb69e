"""Admission: every call of a model is let in, held for, charged and settled here, whoever makes it."""

from tiebeam.economics.admission.admission import Admission
from tiebeam.economics.admission.call import Admitted, Call, Charged, Outcome, Priced, Running
from tiebeam.economics.admission.problems import (
    BudgetsBehind,
    CostUnbounded,
    KeyRefused,
    KeysUnread,
    OutsideKey,
    TakesNoImages,
    TooManyChoices,
    WrongHeader,
)

__all__ = [
    "Admission",
    "Admitted",
    "BudgetsBehind",
    "Call",
    "Charged",
    "CostUnbounded",
    "KeyRefused",
    "KeysUnread",
    "Outcome",
    "OutsideKey",
    "Priced",
    "Running",
    "TakesNoImages",
    "TooManyChoices",
    "WrongHeader",
]
