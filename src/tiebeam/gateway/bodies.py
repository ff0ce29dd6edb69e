"""What is changed in a request's bytes, and the little that is read of an answer's besides its usage."""

from __future__ import annotations

import re

import msgspec

from tiebeam.economics.admission import Running
from tiebeam.economics.tokens import limit_member, with_model, with_output_limit, with_stream_usage
from tiebeam.spec import Endpoint, StreamUsage

_ID = re.compile(rb'"id"\s*:\s*"([\x21\x23-\x5b\x5d-\x7e]{1,200})"')
_HEAD_BYTES = 4_096


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
    is_asked_for = endpoint is Endpoint.CHAT and upstream.stream_usage is StreamUsage.ASKED
    return with_stream_usage(body) if asked.stream and is_asked_for and not asked.wants_usage else body


def id_of(data: bytes) -> str:
    """The provider's id of an answer, by which its bill and other sightings of the call know it; empty for none."""
    found = _ID.search(data, 0, _HEAD_BYTES)
    return "" if found is None else found[1].decode("ascii")


def is_answer(data: bytes) -> bool:
    """Whether a body that states no usage is an answer at all, and not an error under a status that says otherwise."""
    try:
        error = bytes(_ANSWER.decode(data).error)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False
    return error in {b"", b"null"}
