"""Requests and answers as bytes: what is asked, how much it can come to, and what was used."""

from tiebeam.economics.tokens.asked import Asked, Limits, read_request
from tiebeam.economics.tokens.bounds import OutputBounds
from tiebeam.economics.tokens.problems import Malformed
from tiebeam.economics.tokens.splice import limit_member, with_model, with_output_limit, with_stream_usage
from tiebeam.economics.tokens.stream import StreamUsage
from tiebeam.economics.tokens.usage import usage_of

__all__ = [
    "Asked",
    "Limits",
    "Malformed",
    "OutputBounds",
    "StreamUsage",
    "limit_member",
    "read_request",
    "usage_of",
    "with_model",
    "with_output_limit",
    "with_stream_usage",
]
