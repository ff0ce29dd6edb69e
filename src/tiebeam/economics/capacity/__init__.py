"""Dedicated capacity against metered tokens: whole units, overflow, commitments, break-even (EC-26)."""

from tiebeam.economics.capacity.asking import OPTIONS, Known, UnknownPriceRecord, read_question
from tiebeam.economics.capacity.model import FIGURES, MOST_MONTHS
from tiebeam.economics.capacity.plan import (
    CapacityMonth,
    CapacityOption,
    CapacityPlan,
    CapacityQuestion,
    Metered,
    NoCapacity,
    WrongCapacity,
    capacity_of,
    plan_capacity,
    rounded,
)
from tiebeam.economics.capacity.sheet import capacity_sheet

__all__ = [
    "FIGURES",
    "MOST_MONTHS",
    "OPTIONS",
    "CapacityMonth",
    "CapacityOption",
    "CapacityPlan",
    "CapacityQuestion",
    "Known",
    "Metered",
    "NoCapacity",
    "UnknownPriceRecord",
    "WrongCapacity",
    "capacity_of",
    "capacity_sheet",
    "plan_capacity",
    "read_question",
    "rounded",
]
