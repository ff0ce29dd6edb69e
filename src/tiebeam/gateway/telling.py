"""How refusals and failures are told: in the form and with the statuses of the API the caller speaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from tiebeam.errors import TiebeamError

Headers = list[tuple[bytes, bytes]]
JSON = (b"content-type", b"application/json")


class Form(StrEnum):
    """Whose errors a client reads."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"


_OPENAI_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
    503: "service_unavailable",
}
_ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}
_SPOKEN_STATUS = {402: 429, 409: 429, 422: 400}
"""Statuses of ours that the clients of neither API know, and what they take them for.

A spent budget is 402 to us; the official clients have no name for that, but each has one for 429.
"""
LONGEST_WAIT = 60
"""Seconds that official clients may be asked to wait before they try again by themselves."""
_WORTH_A_RETRY = frozenset({"key_limit_reached", "task_class_exhausted", "gateway_busy", "budgets_busy"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What a caller is told instead of an answer. `should_retry` None leaves that to the client."""

    status: int
    code: str
    message: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    should_retry: bool | None = None
    retry_after: int | None = None
    """Seconds."""

    def body(self, form: Form, call_id: str = "") -> bytes:
        return msgspec.json.encode(self.content(form, call_id), enc_hook=str)

    def content(self, form: Form, call_id: str = "") -> dict[str, Any]:
        """The error as a JSON object of that API; `details` is ours."""
        if form is Form.ANTHROPIC:
            kind = _ANTHROPIC_TYPES.get(self.status, "api_error" if self.status >= 500 else "invalid_request_error")
            error: dict[str, Any] = {"type": kind, "message": self.message, "code": self.code}
            told: dict[str, Any] = {"type": "error", "error": error, "request_id": call_id or None}
        else:
            kind = _OPENAI_TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
            error = {"message": self.message, "type": kind, "param": None, "code": self.code}
            told = {"error": error}
        if self.data:
            error["details"] = self.data
        return told

    def event(self, form: Form, call_id: str = "") -> bytes:
        """The error as the last event of a stream that has begun."""
        named = b"event: error\n" if form is Form.ANTHROPIC else b""
        return named + b"data: " + self.body(form, call_id) + b"\n\n"

    def headers(self) -> Headers:
        """Without the length."""
        found: Headers = [JSON]
        if self.should_retry is not None:
            # Both official clients obey it; without it they try a refusal twice again.
            found.append((b"x-should-retry", b"true" if self.should_retry else b"false"))
        if self.retry_after is not None:
            found.append((b"retry-after", b"%d" % self.retry_after))
        return found


def problem_of(error: TiebeamError) -> Problem:
    """An anticipated error, as callers of the gateway are told it."""
    status = _SPOKEN_STATUS.get(error.status, error.status)
    retry_after = error.data.get("retry_after")
    # A moment is worth waiting for; a day is not, whatever the status says.
    is_soon = retry_after is None or int(retry_after) <= LONGEST_WAIT
    is_held = error.data.get("why") == "holds_in_flight"
    is_passing = (error.code in _WORTH_A_RETRY or status == 503 or is_held) and is_soon
    return Problem(
        status=status,
        code=error.code,
        message=error.message,
        data={name: value for name, value in error.data.items() if name != "retry_after"},
        should_retry=is_passing if status in {429, 503} else None,
        retry_after=int(retry_after) if retry_after is not None else None,
    )
