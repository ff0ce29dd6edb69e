"""What can go wrong with a call of a provider, told apart by whether it may have been charged for."""

from __future__ import annotations

from tiebeam.errors import TiebeamError


class Unreachable(TiebeamError):
    """Nothing was sent: no connection came about, or it is not allowed. Free of charge, and safe to try elsewhere."""

    code = "provider_unreachable"
    status = 502


class Failed(TiebeamError):
    """The request was sent and no full, usable answer came: whether the provider charges for it is unknown."""

    code = "provider_failed"
    status = 502


class TooSlow(Failed):
    """Sent, and the answer did not begin, go on or end within its time."""

    code = "provider_too_slow"
    status = 504


class AnswerOverLimit(Failed):
    """The answer, or its head, is larger than the limit."""

    code = "provider_too_large"
