"""The usage a provider states, as classes of tokens that share nothing.

None says that it stated none. A stated zero stays zero.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tiebeam.economics.metering import Usage
from tiebeam.spec import Endpoint, UpstreamKind

MOST_TOKENS = 10**12
"""What states more than this, or less than nothing, states nothing."""

Count = int | float | None
"""Some gateways write whole numbers with a point."""


class _Written(msgspec.Struct, gc=False):
    """What was written to the cache, by how long it is kept."""

    ephemeral_5m_input_tokens: Count = None
    ephemeral_1h_input_tokens: Count = None


class _Details(msgspec.Struct, gc=False):
    """Parts of the input or of the output; every name that providers use for them."""

    cached_tokens: Count = None
    cache_write_tokens: Count = None
    cache_creation_tokens: Count = None
    cache_creation_token_details: _Written | None = None
    audio_tokens: Count = None
    reasoning_tokens: Count = None
    thinking_tokens: Count = None


class Stated(msgspec.Struct, gc=False):
    """A `usage` object of any provider."""

    # Chat and embeddings.
    prompt_tokens: Count = None
    completion_tokens: Count = None
    total_tokens: Count = None
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None
    prompt_cache_hit_tokens: Count = None
    cached_tokens: Count = None
    reasoning_tokens: Count = None
    # Responses and messages.
    input_tokens: Count = None
    output_tokens: Count = None
    input_tokens_details: _Details | None = None
    output_tokens_details: _Details | None = None
    cache_creation_input_tokens: Count = None
    cache_read_input_tokens: Count = None
    cache_creation: _Written | None = None


class _Groq(msgspec.Struct, gc=False):
    usage: Stated | None = None


class _Choice(msgspec.Struct, gc=False):
    usage: Stated | None = None


class Answer(msgspec.Struct, gc=False):
    """An answer, or one event of a stream, as far as it speaks of usage."""

    usage: Stated | None = None
    message: msgspec.Raw = msgspec.Raw(b"")
    response: msgspec.Raw = msgspec.Raw(b"")
    choices: msgspec.Raw = msgspec.Raw(b"")
    x_groq: _Groq | None = None


class _Holder(msgspec.Struct, gc=False):
    usage: Stated | None = None


ANSWER = msgspec.json.Decoder(Answer)
HOLDER = msgspec.json.Decoder(_Holder)
STATED = msgspec.json.Decoder(Stated)
CHOICES = msgspec.json.Decoder(list[_Choice])
_UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)


def usage_of(endpoint: Endpoint, kind: UpstreamKind, body: bytes, *, keeps_an_hour: bool = False) -> Usage | None:
    """What a whole answer states; None where it states none or is unreadable.

    Where the request `keeps_an_hour`, tokens written to a cache for a time that is not stated were written for an hour.
    """
    stated = _stated_in(body)
    return None if stated is None else read_usage(endpoint, kind, stated, keeps_an_hour=keeps_an_hour)


def _stated_in(body: bytes) -> Stated | None:
    try:
        return HOLDER.decode(body).usage
    except _UNREADABLE:
        return None


def stated_in_event(payload: Any) -> tuple[Stated | None, Answer | None]:
    """The usage in one event of a stream, wherever its provider puts it, and the event; None twice if unreadable."""
    try:
        event = ANSWER.decode(payload)
        if event.usage is not None:
            return event.usage, event
        for inner in (event.message, event.response):
            if inner and memoryview(inner)[0] == 123:
                return HOLDER.decode(inner).usage, event
        if event.x_groq is not None and event.x_groq.usage is not None:
            return event.x_groq.usage, event
        if event.choices and memoryview(event.choices)[0] == 91 and b'"usage"' in bytes(event.choices):
            return next((one.usage for one in CHOICES.decode(event.choices) if one.usage is not None), None), event
    except _UNREADABLE:
        return None, None
    return None, event


def read_usage(endpoint: Endpoint, kind: UpstreamKind, stated: Stated, *, keeps_an_hour: bool = False) -> Usage | None:
    """The canonical classes of what was stated."""
    if endpoint is Endpoint.MESSAGES:
        return _messages(stated, keeps_an_hour)
    if endpoint is Endpoint.EMBEDDINGS:
        given = _first(stated.prompt_tokens, stated.input_tokens, stated.total_tokens)
        return None if given is None else Usage(input=given)
    if endpoint is Endpoint.RESPONSES:
        return _split(
            kind,
            _first(stated.input_tokens, stated.prompt_tokens),
            _first(stated.output_tokens, stated.completion_tokens),
            stated.total_tokens,
            stated.input_tokens_details or stated.prompt_tokens_details,
            stated.output_tokens_details or stated.completion_tokens_details,
            stated,
            keeps_an_hour,
        )
    return _split(
        kind,
        _first(stated.prompt_tokens, stated.input_tokens),
        _first(stated.completion_tokens, stated.output_tokens),
        stated.total_tokens,
        stated.prompt_tokens_details or stated.input_tokens_details,
        stated.completion_tokens_details or stated.output_tokens_details,
        stated,
        keeps_an_hour,
    )


def _messages(stated: Stated, keeps_an_hour: bool) -> Usage | None:
    """Anthropic's input leaves out what the cache gave and took, so nothing is subtracted; thinking is output."""
    fresh, output = _count(stated.input_tokens), _count(stated.output_tokens)
    if fresh is None or output is None:
        return None
    made = stated.output_tokens_details
    written = _count(stated.cache_creation_input_tokens)
    details = stated.cache_creation
    if written is None:
        written = _written(details)
    kept = _kept(written, details, keeps_an_hour)
    thought = min(output, (_count(made.thinking_tokens) or 0) if made else 0)
    return Usage(
        input=fresh,
        cached=_count(stated.cache_read_input_tokens) or 0,
        cache_write=written - kept,
        output=output - thought,
        reasoning=thought,
        cache_write_1h=kept,
    )


def _split(
    kind: UpstreamKind,
    prompt: int | None,
    completion: int | None,
    total: Count,
    given: _Details | None,
    made: _Details | None,
    stated: Stated,
    keeps_an_hour: bool,
) -> Usage | None:
    """OpenAI's classes lie within each other: cached and spoken tokens in the prompt, reasoning in the completion."""
    whole = _count(total)
    if completion is None and prompt is not None and whole is not None:
        completion = max(0, whole - prompt)
    if prompt is None or completion is None:
        return None
    cached = _first(given.cached_tokens if given else None, stated.prompt_cache_hit_tokens, stated.cached_tokens) or 0
    written = _first(given.cache_write_tokens, given.cache_creation_tokens) or 0 if given else 0
    heard = _count(given.audio_tokens) or 0 if given else 0
    spoken = _count(made.audio_tokens) or 0 if made else 0
    reasoning = _first(made.reasoning_tokens if made else None, stated.reasoning_tokens) or 0
    beside = 0 if whole is None else whole - prompt - completion
    if beside > 0 and (kind is UpstreamKind.GEMINI or beside == reasoning):
        # Gemini and Grok leave reasoning out of the completion, but not out of the total.
        reasoning, completion = max(reasoning, beside), completion + max(reasoning, beside)
    elif reasoning > completion and whole is None:
        completion += reasoning
    # Details that are larger than what they are parts of are cut, so that the classes add up to what was stated.
    cached = min(cached, prompt)
    written = min(written, prompt - cached)
    heard = min(heard, prompt - cached - written)
    kept = _kept(written, given.cache_creation_token_details if given else None, keeps_an_hour)
    spoken = min(spoken, completion)
    reasoning = min(reasoning, completion - spoken)
    return Usage(
        input=prompt - cached - written - heard,
        cached=cached,
        cache_write=written - kept,
        output=completion - reasoning - spoken,
        reasoning=reasoning,
        audio_input=heard,
        audio_output=spoken,
        cache_write_1h=kept,
    )


def _written(details: _Written | None) -> int:
    if details is None:
        return 0
    return (_count(details.ephemeral_5m_input_tokens) or 0) + (_count(details.ephemeral_1h_input_tokens) or 0)


def _kept(written: int, details: _Written | None, keeps_an_hour: bool) -> int:
    """How many of the tokens written are kept for an hour; all, where that may be and nothing says how many."""
    stated = None if details is None else _count(details.ephemeral_1h_input_tokens)
    if stated is None:
        short = None if details is None else _count(details.ephemeral_5m_input_tokens)
        return max(0, written - (short or 0)) if keeps_an_hour else 0
    return min(stated, written)


def _first(*values: Count) -> int | None:
    for value in values:
        found = _count(value)
        if found is not None:
            return found
    return None


def _count(value: Count) -> int | None:
    if value is None or not 0 <= value <= MOST_TOKENS:
        return None
    return int(value)
