"""Calls of model providers: kept connections, limits on everything, and how each kind is addressed."""

from tiebeam.connect.upstreams.answer import UpstreamAnswer
from tiebeam.connect.upstreams.errors import AnswerOverLimit, Failed, TooSlow, Unreachable
from tiebeam.connect.upstreams.limits import Limits
from tiebeam.connect.upstreams.pool import PASSED, UpstreamPool
from tiebeam.connect.upstreams.target import Address, Place, Target, address_of, vouched

__all__ = [
    "PASSED",
    "Address",
    "AnswerOverLimit",
    "Failed",
    "Limits",
    "Place",
    "Target",
    "TooSlow",
    "Unreachable",
    "UpstreamAnswer",
    "UpstreamPool",
    "address_of",
    "vouched",
]
