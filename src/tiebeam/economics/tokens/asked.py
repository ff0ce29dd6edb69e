"""What a request asks of a model, read without taking its text apart, and how much input it can come to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from tiebeam.economics.tokens.growth import growth
from tiebeam.economics.tokens.names import check_closely, check_names
from tiebeam.economics.tokens.parts import Found, Tool, count_parts, count_tools
from tiebeam.economics.tokens.problems import Malformed
from tiebeam.economics.tokens.unbounded import reasons
from tiebeam.spec import Endpoint

TEMPLATE_TOKENS = 128
"""What a provider's chat template may add to a prompt by itself."""
TOOL_TEMPLATE_TOKENS = 1_024
"""What it may add to explain tools in general; Anthropic states up to 804 for a model."""
_ESCAPED_ASCII = re.compile(rb"\\u00[2-7]")
_NOT_TEXT = re.compile(rb'"content"\s*:\s*[\[{]|"audio"\s*:')
_HOUR = re.compile(rb'"ttl"\s*:\s*"1h"')
_MOST_TOKENS = 1_000_000_000
_MANY = 1_000_000
"""Bytes from which on the number of a body's parts is looked at before it is taken apart."""
_MOST_CONTAINERS = 300_000
_MOST_QUOTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest request read, in bytes."""

    largest_bytes: int = 32_000_000


class Asked(msgspec.Struct, frozen=True, gc=False):
    """What one request asks. All counts are tokens unless they say otherwise."""

    endpoint: Endpoint
    model: str
    """As the client wrote it."""
    stream: bool
    wants_usage: bool
    """Whether the client itself asked that the stream state its usage."""
    output_limit: int | None
    """The most one choice may answer with; None where the client set no limit."""
    choices: int
    images: int
    audio: bool
    """Whether sound goes in or comes out."""
    service_tier: str
    """Empty for the provider's ordinary service, else such as `flex` or `priority`, which have prices of their own."""
    unbounded: tuple[str, ...]
    """Why no most can be named for its input or its cost, in words; empty where it can."""
    input_bound: int
    """The input can come to no more than this; images are not counted in."""
    keeps_an_hour: bool = False
    """Whether input may be kept in the provider's cache for an hour, which has a price of its own."""
    has_wider_context: bool = False
    """Whether a header asks for more context than the model usually has. Its body does not say; its reader sets it."""
    has_newer_limit: bool = False
    """Whether the only output limit is `max_completion_tokens`, which not every server knows."""


class _StreamOptions(msgspec.Struct, gc=False):
    include_usage: bool | None = None


class _Message(msgspec.Struct, gc=False):
    content: msgspec.Raw = msgspec.Raw(b"")
    audio: msgspec.Raw = msgspec.Raw(b"")


class _Item(msgspec.Struct, gc=False):
    type: str | None = None
    role: str | None = None
    content: msgspec.Raw = msgspec.Raw(b"")
    output: msgspec.Raw = msgspec.Raw(b"")
    encrypted_content: msgspec.Raw = msgspec.Raw(b"")


class _Request(msgspec.Struct, gc=False):
    """What every endpoint shares."""

    model: str
    stream: bool | None = None
    service_tier: str | None = None
    tools: list[Tool] | None = None


class _Chat(_Request, gc=False, kw_only=True):
    messages: list[_Message]
    stream_options: _StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    n: int | None = None
    best_of: int | None = None
    modalities: list[str] | None = None


class _Responses(_Request, gc=False, kw_only=True):
    input: msgspec.Raw = msgspec.Raw(b"")
    max_output_tokens: int | None = None


class _Embeddings(_Request, gc=False, kw_only=True):
    input: msgspec.Raw = msgspec.Raw(b"")


class _Messages(_Request, gc=False, kw_only=True):
    messages: list[_Message]
    system: msgspec.Raw = msgspec.Raw(b"")
    max_tokens: int | None = None


_DECODERS: dict[Endpoint, msgspec.json.Decoder[Any]] = {
    Endpoint.CHAT: msgspec.json.Decoder(_Chat),
    Endpoint.RESPONSES: msgspec.json.Decoder(_Responses),
    Endpoint.EMBEDDINGS: msgspec.json.Decoder(_Embeddings),
    Endpoint.MESSAGES: msgspec.json.Decoder(_Messages),
}
_EMBEDDED = msgspec.json.Decoder(str | list[str | int | list[int]])
_ITEMS = msgspec.json.Decoder(list[_Item])
_PLAIN_TIERS = frozenset({None, "", "auto", "default", "standard", "standard_only", "on_demand"})
_ORDINARY = Limits()


def read_request(endpoint: Endpoint, body: bytes, *, limits: Limits = _ORDINARY) -> Asked:
    """What the request asks. Raises Malformed for what is no such request, and for names given twice."""
    _check_size(body, limits)
    text = body
    try:
        body.decode()
        if b"\\u" in body:
            # Escapes are written out, so that no name or kind hides behind them and the text has its true length.
            if _ESCAPED_ASCII.search(body):
                check_closely(endpoint, body)
            text = msgspec.json.encode(msgspec.json.decode(body))
        read = _DECODERS[endpoint].decode(text)
        names = check_names(endpoint, text)
        found = _look(endpoint, read, text)
    except msgspec.ValidationError as problem:
        raise Malformed(f"the request is not of the form of /v1/{endpoint}: {problem}") from None
    except (msgspec.DecodeError, UnicodeError) as problem:
        raise Malformed(f"the request is not valid JSON: {problem}") from None
    except RecursionError:
        raise Malformed("the request is nested too deeply; send fewer levels of lists and objects") from None
    found.check_kinds(endpoint, text)
    return _asked(endpoint, read, found, text, reasons(endpoint, text, names, found.reasons))


def _check_size(body: bytes, limits: Limits) -> None:
    size = len(body)
    if size > limits.largest_bytes:
        raise Malformed(
            f"the request has {size:,} bytes, and at most {limits.largest_bytes:,} are taken; "
            "send less, or raise largest_request_bytes in [gateway]"
        )
    if size > _MANY and (body.count(b"{") + body.count(b"[") > _MOST_CONTAINERS or body.count(b'"') > _MOST_QUOTES):
        raise Malformed("the request has too many parts; send fewer messages, tools or inputs in one call")


def _look(endpoint: Endpoint, read: Any, text: bytes) -> Found:
    found = Found()
    if read.tools:
        count_tools(endpoint, read.tools, found)
    if endpoint is Endpoint.RESPONSES:
        _look_at_items(read.input, found)
    elif endpoint is Endpoint.EMBEDDINGS:
        if read.input and not _is_text(read.input):
            found.reason("input that is no text")
    else:
        # Most requests hold nothing but text, and long ones hold many messages.
        for message in read.messages if _NOT_TEXT.search(text) else ():
            content = message.content
            _count_content(content, found)
            if message.audio and bytes(message.audio) != b"null":
                found.reason("sound of an earlier answer, which the provider keeps")
        for modality in () if endpoint is Endpoint.MESSAGES else read.modalities or ():
            if modality not in {"text", "audio"}:
                found.reason(f"answers as {modality!r}")
        if endpoint is Endpoint.MESSAGES and read.system and memoryview(read.system)[0] == 91:
            count_parts(read.system, found)
    return found


def _is_text(given: msgspec.Raw) -> bool:
    """Or tokens. Objects may name images, whose tokens are not in their bytes."""
    if b"{" not in bytes(given):
        return True
    try:
        _EMBEDDED.decode(given)
    except msgspec.ValidationError:
        return False
    return True


def _count_content(content: msgspec.Raw, found: Found) -> None:
    """Parts in a list, or one alone."""
    first = memoryview(content)[0] if content else 0
    if first == 91:
        count_parts(content, found)
    elif first == 123:
        count_parts(msgspec.Raw(b"[" + bytes(content) + b"]"), found)


def _look_at_items(given: msgspec.Raw, found: Found) -> None:
    if not given or memoryview(given)[0] != 91:
        if given and memoryview(given)[0] == 123:
            found.reason("input that is neither text nor a list")
        return
    for item in _ITEMS.decode(given):
        kind = item.type or "message"
        if kind in {"message", "additional_tools"} or kind.endswith("_call_output"):
            content = item.content or item.output
            _count_content(content, found)
            if item.type is None and item.role is None:
                # An id alone stands for what the provider keeps, also without its type.
                found.reason("history that the provider keeps (an item by its id)")
        if kind == "reasoning":
            if not item.encrypted_content or bytes(item.encrypted_content) == b"null":
                found.reason("reasoning that the provider keeps; send it with its encrypted_content")
        elif kind not in _ITEM_KINDS:
            found.reason(f"input of type {kind!r}")
            found.saw(kind)


_ITEM_KINDS = frozenset(
    f"{name}{end}"
    for name in ("function", "custom_tool", "local_shell", "apply_patch", "shell", "computer")
    for end in ("_call", "_call_output")
) | {"message"}


def _asked(endpoint: Endpoint, read: Any, found: Found, text: bytes, unbounded: tuple[str, ...]) -> Asked:
    limit, choices, wants_usage, audio = _limit(endpoint, read), 1, False, found.audio
    has_newer_limit = False
    if endpoint is Endpoint.CHAT:
        choices = max(_count(read.n, "n"), _count(read.best_of, "best_of"))
        wants_usage = read.stream_options is not None and read.stream_options.include_usage is True
        audio = audio or "audio" in (read.modalities or ())
        has_newer_limit = limit is not None and read.max_tokens is None
    tier = read.service_tier
    bound = len(text) - found.media_bytes + found.audio_bytes // AUDIO_BYTES_PER_TOKEN
    if not text.isascii():
        bound += growth(text)
    if endpoint is not Endpoint.EMBEDDINGS:
        bound += TEMPLATE_TOKENS + (TOOL_TEMPLATE_TOKENS * (1 + found.own_tools) if read.tools else 0)
    return Asked(
        endpoint=endpoint,
        model=read.model,
        stream=read.stream is True,
        wants_usage=wants_usage,
        output_limit=limit,
        choices=choices,
        images=found.images,
        audio=audio,
        service_tier="" if tier in _PLAIN_TIERS else tier,
        unbounded=unbounded,
        input_bound=bound,
        keeps_an_hour=b'"1h"' in text and _HOUR.search(text) is not None,
        has_newer_limit=has_newer_limit,
    )


AUDIO_BYTES_PER_TOKEN = 8
"""Base64 of sound behind one token at the least: 32 tokens a second, the most a provider states, at 1.5 kbit/s, which
is below any codec these endpoints take."""


def _limit(endpoint: Endpoint, read: Any) -> int | None:
    if endpoint is Endpoint.EMBEDDINGS:
        return 0
    if endpoint is Endpoint.CHAT:
        # A provider goes by the one it knows, so the larger of two counts.
        given = [
            _whole(value, name)
            for name, value in (("max_tokens", read.max_tokens), ("max_completion_tokens", read.max_completion_tokens))
            if value is not None
        ]
        return max(given, default=None)
    if endpoint is Endpoint.RESPONSES:
        value, name = read.max_output_tokens, "max_output_tokens"
    else:
        value, name = read.max_tokens, "max_tokens"
        if value == 0:
            # Anthropic takes it as a wish to fill the cache and answer nothing.
            return 0
    return None if value is None else _whole(value, name)


def _count(value: int | None, name: str) -> int:
    return 1 if value is None else _whole(value, name)


def _whole(value: int, name: str) -> int:
    if not 1 <= value <= _MOST_TOKENS:
        raise Malformed(f"{name} is {value}; give a whole number from 1 to {_MOST_TOKENS:,}")
    return value
