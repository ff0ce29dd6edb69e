"""Edits of a request's bytes: a member of the outermost object is put in or replaced, the rest stays as it came."""

from __future__ import annotations

import msgspec

from tiebeam.economics.tokens.members import OPENED, Members, members_of, places
from tiebeam.economics.tokens.problems import Malformed
from tiebeam.spec import Endpoint, UpstreamKind

_LIMITS = {
    Endpoint.CHAT: ("max_tokens", "max_completion_tokens"),
    Endpoint.RESPONSES: ("max_output_tokens",),
    Endpoint.MESSAGES: ("max_tokens",),
}


def with_stream_usage(body: bytes) -> bytes:
    """The chat request with `stream_options.include_usage` set, whatever it said before."""
    top = members_of(body)
    given = top.get("stream_options")
    if given is None or bytes(given) == b"null" or not bytes(given).startswith(b"{"):
        return _put(body, top, "stream_options", b'{"include_usage":true}')
    options = bytes(given)
    return _put(body, top, "stream_options", _put(options, members_of(options), "include_usage", b"true"))


def with_model(body: bytes, name: str) -> bytes:
    """The request with the model's name as the provider knows it."""
    return _put(body, members_of(body), "model", msgspec.json.encode(name))


def with_output_limit(endpoint: Endpoint, body: bytes, limit: int, *, member: str | None = None) -> bytes:
    """The request with its output limit set to `limit`: where it states one, there, else as `member` (or its endpoint's
    usual name; see `limit_member`). Embeddings have none and stay as they are."""
    known = _LIMITS.get(endpoint)
    if known is None:
        return body
    top = members_of(body)
    stated = [name for name in known if name in top and bytes(top[name]) != b"null"]
    if stated == ["max_completion_tokens"] and member == "max_tokens":
        # A server that goes by the older name may not know the newer one.
        stated.append(member)
    for name in stated or [member or known[0]]:
        body = _put(body, top, name, str(limit).encode())
        top = members_of(body)
    return body


def limit_member(endpoint: Endpoint, kind: UpstreamKind, provider: str) -> str | None:
    """The name under which an upstream takes an output limit; OpenAI's newer models refuse the older name."""
    if endpoint is Endpoint.CHAT and (kind is UpstreamKind.AZURE or provider in {"openai", "azure"}):
        return "max_completion_tokens"
    return _LIMITS.get(endpoint, (None,))[0]


def _put(body: bytes, top: Members, name: str, value: bytes) -> bytes:
    if name in top:
        for key, start, end in places(body, top):
            if key == name:
                return body[:start] + value + body[end:]
        # Only a name given twice hides a member from the walk.
        raise Malformed(f"the request gives a name twice; give each once, {name!r} too")
    opened = OPENED.match(body)
    if opened is None:
        raise Malformed("the request is no JSON object")
    at = body.index(b"{") + 1
    return body[:at] + b'"' + name.encode() + b'":' + value + (b"," if top else b"") + body[at:]
