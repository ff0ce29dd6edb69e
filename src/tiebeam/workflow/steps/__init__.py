"""What a step's code is given and gives back, and the register of all step codes."""

from tiebeam.workflow.steps.contract import (
    TIEBEAM,
    ApprovalExpired,
    EffectUnclear,
    RunInfo,
    Services,
    StepBusy,
    StepCall,
    StepCode,
    StepFailed,
    StepResult,
)
from tiebeam.workflow.steps.register import StepRegister, UnknownStep

__all__ = [
    "TIEBEAM",
    "ApprovalExpired",
    "EffectUnclear",
    "RunInfo",
    "Services",
    "StepBusy",
    "StepCall",
    "StepCode",
    "StepFailed",
    "StepRegister",
    "StepResult",
    "UnknownStep",
]
