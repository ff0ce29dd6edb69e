"""What is wrong with a request."""

from __future__ import annotations

from tiebeam.errors import TiebeamError


class Malformed(TiebeamError):
    """The body is no request of its endpoint, or could be read in two ways; the message says where."""

    code = "malformed_request"
    status = 400
