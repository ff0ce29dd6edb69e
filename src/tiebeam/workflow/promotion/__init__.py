"""Promotion: draft, pilot, production, retired; gates that really shut, and overrides on the record."""

from tiebeam.workflow.promotion.gates import GATE_IDS, Gate, GateCase, GateResult, first_gates
from tiebeam.workflow.promotion.promote import (
    GatesShut,
    NotAdopted,
    NotInService,
    Promotion,
    PromotionRecord,
    Stage,
    Standing,
)

__all__ = [
    "GATE_IDS",
    "Gate",
    "GateCase",
    "GateResult",
    "GatesShut",
    "NotAdopted",
    "NotInService",
    "Promotion",
    "PromotionRecord",
    "Stage",
    "Standing",
    "first_gates",
]
