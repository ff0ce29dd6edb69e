"""Sends answers to the caller, with what we say about them in headers."""

from __future__ import annotations

from tiebeam.connect.upstreams import UpstreamAnswer
from tiebeam.economics.admission import Admitted, Running
from tiebeam.gateway.reading import Send
from tiebeam.gateway.telling import Form, Headers, Problem

_PASSED = frozenset(
    {b"content-type", b"content-encoding", b"request-id", b"x-request-id", b"openai-processing-ms", b"retry-after"}
)


def call_headers(admitted: Admitted) -> Headers:
    """Which call this is, and why it went where it went."""
    found: Headers = [
        (b"x-tiebeam-call", admitted.id.encode("ascii")),
        (b"x-tiebeam-route", admitted.route.explanation.encode("ascii", "replace")),
    ]
    if admitted.is_costly:
        found.append((b"x-tiebeam-warning", b"this call alone may cost what flags an execution"))
    return found


def reply_headers(answer: UpstreamAnswer, running: Running) -> Headers:
    """What the provider said that concerns the caller, and what we say of the call."""
    found = [one for one in answer.headers if one[0] in _PASSED]
    found += call_headers(running.admitted)
    if running.output_limit is not None:
        found.append((b"x-tiebeam-output-limit", b"%d" % running.output_limit))
    return found


async def send_whole(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """An answer in one piece. `headers` without its length."""
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_problem(send: Send, problem: Problem, form: Form, *, admitted: Admitted | None = None) -> None:
    """A refusal or failure instead of an answer."""
    call_id = "" if admitted is None else admitted.id
    body = problem.body(form, call_id)
    headers = problem.headers()
    if admitted is not None:
        headers += call_headers(admitted)
    await send_whole(send, problem.status, headers, body)
