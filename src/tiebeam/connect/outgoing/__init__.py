"""Requests to other machines: guarded against being led astray, and bounded in time and size."""

from tiebeam.connect.outgoing.answer import Answer
from tiebeam.connect.outgoing.configured import outgoing_for, ways_for
from tiebeam.connect.outgoing.destination import Destination, read_destination
from tiebeam.connect.outgoing.errors import AnswerTooLarge, OutgoingFailed, OutgoingRefused, OutgoingUnreachable
from tiebeam.connect.outgoing.outgoing import Outgoing
from tiebeam.connect.outgoing.ways import Resolver, Way, Ways, resolve

__all__ = [
    "Answer",
    "AnswerTooLarge",
    "Destination",
    "Outgoing",
    "OutgoingFailed",
    "OutgoingRefused",
    "OutgoingUnreachable",
    "Resolver",
    "Way",
    "Ways",
    "outgoing_for",
    "read_destination",
    "resolve",
    "ways_for",
]
