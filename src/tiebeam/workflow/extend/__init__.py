"""What a package outside this repository needs to add steps, connectors, scorers and gates."""

from tiebeam.connect.connectors import Connection, Connector
from tiebeam.spec import Effect
from tiebeam.workflow.evaluations import Scorer
from tiebeam.workflow.extend.discovery import (
    Extension,
    Extensions,
    Provided,
    find_extensions,
)
from tiebeam.workflow.extend.functions import ArgumentMissing, StepBroken, step
from tiebeam.workflow.promotion import Gate, GateCase
from tiebeam.workflow.steps import EffectUnclear, StepBusy, StepCall, StepCode, StepFailed, StepResult

__all__ = [
    "ArgumentMissing",
    "Connection",
    "Connector",
    "Effect",
    "EffectUnclear",
    "Extension",
    "Extensions",
    "Gate",
    "GateCase",
    "Provided",
    "Scorer",
    "StepBroken",
    "StepBusy",
    "StepCall",
    "StepCode",
    "StepFailed",
    "StepResult",
    "find_extensions",
    "step",
]
