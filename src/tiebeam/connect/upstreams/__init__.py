"""Calls of model providers: kept connections, limits on everything, and how each kind is addressed."""

from tiebeam.connect.upstreams.answer import UpstreamAnswer
from tiebeam.connect.upstreams.errors import Failed, TooLarge, TooSlow, Unreachable
from tiebeam.connect.upstreams.limits import Limits
from tiebeam.connect.upstreams.pool import PASSED, UpstreamPool
from tiebeam.connect.upstreams.target import Address, Place, Target, address_of, vouched

__all__ = [
    "PASSED",
    "Address",
    "Failed",
    "Limits",
    "Place",
    "Target",
    "TooLarge",
    "TooSlow",
    "Unreachable",
    "UpstreamAnswer",
    "UpstreamPool",
    "address_of",
    "vouched",
]
