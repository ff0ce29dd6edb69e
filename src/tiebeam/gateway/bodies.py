"""What is changed in a request's bytes, and the little that is read of an answer's besides its usage."""

from __future__ import annotations

import re

import msgspec

from tiebeam.connect.upstreams import UpstreamAnswer
from tiebeam.economics.admission import Running
from tiebeam.economics.metering import Usage
from tiebeam.economics.tokens import (
    StreamUsage,
    limit_member,
    usage_of,
    with_model,
    with_output_limit,
    with_stream_usage,
)
from tiebeam.spec import Endpoint, UpstreamKind
from tiebeam.spec import StreamUsage as Stating

_ID = re.compile(rb'"id"\s*:\s*"([\x21\x23-\x5b\x5d-\x7e]{1,200})"')
_HEAD_BYTES = 4_096
_BEGINNING = 64
_EVENTS = (b"data:", b"event:", b"id:", b":")


class _Answer(msgspec.Struct):
    error: msgspec.Raw = msgspec.Raw(b"")


_ANSWER = msgspec.json.Decoder(_Answer)


def edited(body: bytes, running: Running) -> bytes:
    """The client's bytes for this attempt, with no other changes than those that are documented."""
    asked, target = running.admitted.call.asked, running.place.target
    endpoint, upstream = asked.endpoint, target.upstream
    if target.model != asked.model:
        body = with_model(body, target.model)
    if running.output_limit is not None:
        member = limit_member(endpoint, upstream.kind, upstream.provider)
        body = with_output_limit(endpoint, body, running.output_limit, member=member)
    is_asked_for = endpoint is Endpoint.CHAT and upstream.stream_usage is Stating.ASKED
    return with_stream_usage(body) if asked.stream and is_asked_for and not asked.wants_usage else body


def id_of(data: bytes) -> str:
    """The provider's id of an answer, by which its bill and other sightings of the call know it; empty for none."""
    found = _ID.search(data, 0, _HEAD_BYTES)
    return "" if found is None else found[1].decode("ascii")


def is_stream(answer: UpstreamAnswer) -> bool:
    """Whether it comes as server-sent events."""
    return (answer.header(b"content-type") or b"").strip().lower().startswith(b"text/event-stream")


def is_packed(answer: UpstreamAnswer) -> bool:
    """Whether its bytes are compressed, though nobody asked for that, so that its usage cannot be read."""
    return (answer.header(b"content-encoding") or b"identity").strip().lower() not in {b"identity", b""}


def usage_in(data: bytes, endpoint: Endpoint, kind: UpstreamKind, *, keeps_an_hour: bool) -> Usage | None:
    """What a whole body states, also where it is a stream that nobody asked for; None where it states nothing."""
    if data[:_BEGINNING].lstrip(b"\xef\xbb\xbf\r\n").startswith(_EVENTS):
        seen = StreamUsage(endpoint, kind, keeps_an_hour=keeps_an_hour)
        seen.feed(data)
        seen.end()
        return seen.usage
    return usage_of(endpoint, kind, data, keeps_an_hour=keeps_an_hour)


def is_answer(data: bytes) -> bool:
    """Whether a body that states no usage is an answer at all, and not an error under a status that says otherwise."""
    try:
        error = bytes(_ANSWER.decode(data).error)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    return error in {b"", b"null"}
