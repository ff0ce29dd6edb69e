"""What came of model use: outcomes, their value, and the return per token."""

from tiebeam.economics.returns.executions import Came, Execution, StepUse, UnknownExecution, read_execution
from tiebeam.economics.returns.files import read_reports, report_from
from tiebeam.economics.returns.listing import LatestExecution, latest_executions
from tiebeam.economics.returns.outcome import (
    MOST_REPORTED,
    Outcome,
    OutcomeDiffers,
    Reported,
    UnknownOutcome,
    WrongOutcome,
)
from tiebeam.economics.returns.reporting import OutcomePage, Outcomes
from tiebeam.economics.returns.returning import Return, ReturnBy, Returns, returns

__all__ = [
    "MOST_REPORTED",
    "Came",
    "Execution",
    "LatestExecution",
    "Outcome",
    "OutcomeDiffers",
    "OutcomePage",
    "Outcomes",
    "Reported",
    "Return",
    "ReturnBy",
    "Returns",
    "StepUse",
    "UnknownExecution",
    "UnknownOutcome",
    "WrongOutcome",
    "latest_executions",
    "read_execution",
    "read_reports",
    "report_from",
    "returns",
]
