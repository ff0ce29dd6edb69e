"""Requests to other machines: guarded against being led astray, and bounded in time and size."""

from tiebeam.connect.outgoing.answer import Answer
from tiebeam.connect.outgoing.configured import outgoing_for
from tiebeam.connect.outgoing.errors import AnswerTooLarge, OutgoingFailed, OutgoingRefused, OutgoingUnreachable
from tiebeam.connect.outgoing.outgoing import Outgoing

__all__ = [
    "Answer",
    "AnswerTooLarge",
    "Outgoing",
    "OutgoingFailed",
    "OutgoingRefused",
    "OutgoingUnreachable",
    "outgoing_for",
]
