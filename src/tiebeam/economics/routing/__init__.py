"""Mosaic routing: each class of task to a model that is good enough for it, within its caps and what is approved."""

from tiebeam.economics.routing.candidates import Candidate, Dedicated, Weighing
from tiebeam.economics.routing.problems import (
    ClassExhausted,
    EndpointNotServed,
    NoModelFits,
    NotApproved,
    UnknownModel,
    UnknownTaskClass,
)
from tiebeam.economics.routing.quality import QualityResult, Scoreboard, WrongResult
from tiebeam.economics.routing.register import Register
from tiebeam.economics.routing.route import Daily, Facts, Route, Target
from tiebeam.economics.routing.router import Chosen, Passed, Router
from tiebeam.economics.routing.routing import ApprovalLine, CommitmentUse, Explained, Routing
from tiebeam.economics.routing.tallies import Tallies, TokenHold

__all__ = [
    "ApprovalLine",
    "Candidate",
    "Chosen",
    "ClassExhausted",
    "CommitmentUse",
    "Daily",
    "Dedicated",
    "EndpointNotServed",
    "Explained",
    "Facts",
    "NoModelFits",
    "NotApproved",
    "Passed",
    "QualityResult",
    "Register",
    "Route",
    "Router",
    "Routing",
    "Scoreboard",
    "Tallies",
    "Target",
    "TokenHold",
    "UnknownModel",
    "UnknownTaskClass",
    "Weighing",
    "WrongResult",
]
