"""Why the cost of a request cannot be bounded by what it holds."""

from __future__ import annotations

import msgspec

from tiebeam.spec import Endpoint

_NULLS = frozenset({b"null", b"false", b"[]", b"{}", b'""'})
_ORDINARY = {"speed": b'"standard"', "inference_geo": b'"global"'}
_TOP = msgspec.json.Decoder(dict[str, msgspec.Raw])

_ANYWHERE = {
    "models": "a choice of models that the provider makes",
    "provider": "a choice among providers, whose prices differ",
    "route": "a choice of models that the provider makes",
    "preset": "settings that the provider keeps (preset)",
    "plugins": "plugins of the provider",
    "mcp_servers": "tools of an MCP server that the provider calls",
    "connectors": "tools that the provider calls (connectors)",
    "web_search_options": "the hosted tool 'web_search'",
    "search_parameters": "the hosted tool 'web_search'",
    "enable_search": "the hosted tool 'web_search'",
    "deferred": "work in the background, whose answer does not pass here",
    "extra_body": "settings in extra_body, which may name content that the provider keeps",
    "n_predict": "a second output limit (n_predict)",
    "max_new_tokens": "a second output limit (max_new_tokens)",
    "mm_processor_kwargs": "settings of its own for images, which may lengthen them",
}
_REASONS: dict[Endpoint, dict[str, str]] = {
    Endpoint.CHAT: _ANYWHERE
    | {
        "prediction": "a prediction, whose rejected tokens are charged beyond any limit",
        "data_sources": "data that the provider adds to the prompt",
        "chat_template": "a chat template of its own, which may lengthen the prompt",
        "use_beam_search": "beam search, which answers more often than it shows",
    },
    Endpoint.RESPONSES: _ANYWHERE
    | {
        "previous_response_id": "history that the provider keeps (previous_response_id)",
        "conversation": "history that the provider keeps (conversation)",
        "prompt": "a prompt that the provider keeps",
        "background": "work in the background, whose answer does not pass here",
        "context_management": "compaction, whose own tokens no limit of this request holds",
        "image": "answers as an image",
    },
    Endpoint.EMBEDDINGS: {
        "messages": "messages instead of text, which may hold images",
        "provider": _ANYWHERE["provider"],
        "models": _ANYWHERE["models"],
        "mm_processor_kwargs": _ANYWHERE["mm_processor_kwargs"],
    },
    Endpoint.MESSAGES: _ANYWHERE
    | {
        "container": "a container of the provider",
        "context_management": "compaction, whose own tokens no limit of this request holds",
        "compaction": "compaction, whose own tokens no limit of this request holds",
        "fallbacks": "a choice of models that the provider makes",
        "thread": "history that the provider keeps (thread)",
        "speed": "a faster service, which has a price of its own",
        "inference_geo": "a place where it is computed, which has a price of its own",
    },
}
REFUSED = {endpoint: frozenset(name.encode() for name in known) for endpoint, known in _REASONS.items()}
"""The names of settings for which no most can be told."""


def reasons(endpoint: Endpoint, text: bytes, names: set[bytes], found: list[str]) -> tuple[str, ...]:
    """The reasons found in parts and tools, and those that whole settings of the request give.

    `names` are those given anywhere in the request's `text`.
    """
    more: list[str] = []
    if not REFUSED[endpoint].isdisjoint(names):
        top = _TOP.decode(text)
        more = [
            why
            for name, why in _REASONS[endpoint].items()
            if name in top and bytes(top[name]) not in _NULLS and not _is_harmless(name, top[name])
        ]
    return (*found, *more)


def _is_harmless(name: str, value: msgspec.Raw) -> bool:
    if name in _ORDINARY:
        return bytes(value) == _ORDINARY[name]
    if name == "context_management":
        # What only clears old parts of the prompt makes it shorter.
        return b"compact" not in bytes(value)
    # Gemini's settings of thinking are harmless; content in its cache is not.
    return name == "extra_body" and b"cached" not in bytes(value) and b"tools" not in bytes(value)
