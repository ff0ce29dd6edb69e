"""What the gateway itself refuses or fails at."""

from __future__ import annotations

from tiebeam.errors import NotFound, TiebeamError


class NoSuchPlace(NotFound):
    """There is nothing at this path below `/v1`."""

    code = "unknown_url"


class WrongMethod(TiebeamError):
    """The path is right, the method is not."""

    code = "method_not_allowed"
    status = 405


class RequestTooLarge(TiebeamError):
    """The body is longer than the workspace lets it be."""

    code = "request_too_large"
    status = 413


class RequestTooSlow(TiebeamError):
    """The body did not come within the time a call has for it."""

    code = "request_too_slow"
    status = 408


class GatewayBusy(TiebeamError):
    """More calls at once than this process takes."""

    code = "gateway_busy"
    status = 503


class GatewayNotReady(TiebeamError):
    """The workspace was not read yet, because its database does not answer. Not a matter of the key."""

    code = "gateway_not_ready"
    status = 503


class UpstreamFailed(TiebeamError):
    """No upstream of the model gave an answer."""

    code = "upstream_failed"
    status = 502


class UpstreamTooSlow(TiebeamError):
    """The upstream took longer than its record allows."""

    code = "upstream_too_slow"
    status = 504


class UpstreamsResting(TiebeamError):
    """Every upstream of the model failed so often of late that it is left alone for a while."""

    code = "upstreams_resting"
    status = 503


class AnswerTooLarge(TiebeamError):
    """The answer is longer than the workspace lets it be."""

    code = "answer_too_large"
    status = 502


class CeilingReached(TiebeamError):
    """An answer outgrew what was held for it, and there is no room for more: it was ended."""

    code = "ceiling_reached"
    status = 402
