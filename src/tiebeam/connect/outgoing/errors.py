"""What can go wrong with an outgoing request, told apart by whether anything left this machine."""

from __future__ import annotations

from tiebeam.errors import TiebeamError


class OutgoingRefused(TiebeamError):
    """We did not connect: the address is not one that this installation may reach. The message names the setting."""

    code = "outgoing_refused"
    status = 403


class OutgoingUnreachable(TiebeamError):
    """No connection came about: nothing was sent, and it is safe to try again."""

    code = "outgoing_unreachable"
    status = 502


class OutgoingFailed(TiebeamError):
    """The connection stood and no full, usable answer came: whether the request took effect is unknown."""

    code = "outgoing_failed"
    status = 502


class AnswerTooLarge(OutgoingFailed):
    """The answer, as sent or unpacked, is larger than the limit."""

    code = "answer_too_large"
