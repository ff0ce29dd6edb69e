"""The one family of anticipated errors. Anything else that is raised is a bug."""

from __future__ import annotations

from typing import Any, ClassVar


class TiebeamError(Exception):
    """Something a user can understand and act on.

    `code` is stable and documented in docs/reference/errors.md; `status` is the HTTP status a face answers with;
    `data` holds JSON-ready details. The message names the thing with `!r` and says what to do next.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class NotFound(TiebeamError):
    """The named object does not exist, or the person asking may not know that it does."""

    code = "not_found"
    status = 404


class Invalid(TiebeamError):
    """Input of the wrong shape or value; the message says which part and what is expected."""

    code = "invalid"
    status = 422


class Conflict(TiebeamError):
    """The object has moved on since the caller looked at it."""

    code = "conflict"
    status = 409


class Refused(TiebeamError):
    """The caller is known, but may not do this."""

    code = "refused"
    status = 403
