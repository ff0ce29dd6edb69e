"""Why the cost of a request cannot be bounded by what it holds."""

from __future__ import annotations

import msgspec

from tiebeam.spec import Endpoint

_NULLS = frozenset({b"null", b"false", b"[]", b"{}", b'""'})
_TOP = msgspec.json.Decoder(dict[str, msgspec.Raw])

_REASONS: dict[Endpoint, dict[str, str]] = {
    Endpoint.CHAT: {
        "web_search_options": "the hosted tool 'web_search'",
        "prediction": "a prediction, whose rejected tokens are charged beyond any limit",
        "models": "a choice of models that the provider makes",
        "plugins": "plugins of the provider",
        "data_sources": "data that the provider adds to the prompt",
        "chat_template": "a chat template of its own, which may lengthen the prompt",
        "use_beam_search": "beam search, which answers more often than it shows",
        "mcp_servers": "tools of an MCP server that the provider calls",
        "extra_body": "settings in extra_body, which may name content that the provider keeps",
    },
    Endpoint.RESPONSES: {
        "previous_response_id": "history that the provider keeps (previous_response_id)",
        "conversation": "history that the provider keeps (conversation)",
        "prompt": "a prompt that the provider keeps",
        "background": "work in the background, whose answer does not pass here",
        "context_management": "compaction, whose own tokens no limit of this request holds",
        "image": "answers as an image",
    },
    Endpoint.EMBEDDINGS: {},
    Endpoint.MESSAGES: {
        "mcp_servers": "tools of an MCP server that the provider calls",
        "container": "a container of the provider",
        "context_management": "compaction, whose own tokens no limit of this request holds",
        "compaction": "compaction, whose own tokens no limit of this request holds",
        "fallbacks": "a choice of models that the provider makes",
        "thread": "history that the provider keeps (thread)",
        "speed": "a faster service, which has a price of its own",
    },
}
_NAMES = {endpoint: frozenset(name.encode() for name in known) for endpoint, known in _REASONS.items()}


def reasons(endpoint: Endpoint, text: bytes, names: set[bytes], found: list[str]) -> tuple[str, ...]:
    """The reasons found in parts and tools, and those that whole settings of the request give.

    `names` are those given anywhere in the request's `text`.
    """
    more: list[str] = []
    if not _NAMES[endpoint].isdisjoint(names):
        top = _TOP.decode(text)
        more = [
            why
            for name, why in _REASONS[endpoint].items()
            if name in top and bytes(top[name]) not in _NULLS and not _is_harmless(name, top[name])
        ]
    return (*found, *more)


def _is_harmless(name: str, value: msgspec.Raw) -> bool:
    if name == "speed":
        return bytes(value) == b'"standard"'
    if name == "context_management":
        # What only clears old parts of the prompt makes it shorter.
        return b"compact" not in bytes(value)
    # Gemini's settings of thinking are harmless; content in its cache is not.
    return name == "extra_body" and b"cached" not in bytes(value) and b"tools" not in bytes(value)
