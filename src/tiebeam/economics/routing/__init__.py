"""Mosaic routing: each class of task to a model that is good enough for it, within its caps and what is approved."""

from tiebeam.economics.routing.problems import (
    ClassExhausted,
    EndpointNotServed,
    NoModelFits,
    NotApproved,
    UnknownModel,
    UnknownTaskClass,
)
from tiebeam.economics.routing.register import Register
from tiebeam.economics.routing.route import Daily, Facts, Route, Target
from tiebeam.economics.routing.router import Chosen, Passed, Router

__all__ = [
    "Chosen",
    "ClassExhausted",
    "Daily",
    "EndpointNotServed",
    "Facts",
    "NoModelFits",
    "NotApproved",
    "Passed",
    "Register",
    "Route",
    "Router",
    "Target",
    "UnknownModel",
    "UnknownTaskClass",
]
