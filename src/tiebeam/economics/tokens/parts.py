"""Parts of a prompt and tools offered with it: what is text, what is an image, and what cannot be bounded."""

from __future__ import annotations

import re

import msgspec

from tiebeam.economics.tokens.names import check_closely
from tiebeam.economics.tokens.problems import Malformed
from tiebeam.spec import Endpoint

_KIND = re.compile(rb'"type"\s*:\s*"([^"]*)"')
_TEXT = frozenset({
    "text", "input_text", "output_text", "refusal", "thinking", "redacted_thinking", "tool_use", "summary_text",
    "reasoning_text", "search_result", "tool_reference",
})  # fmt: skip
_IMAGE = frozenset({"image_url", "input_image", "image", "computer_screenshot"})
_OWN_TOOLS = ("bash_", "text_editor_", "computer_", "memory_")
"""Anthropic's tools that the client itself carries out."""
_CLIENT_TOOLS = frozenset({"function", "custom", "local_shell", "apply_patch"})
_SAFE = frozenset(
    b"text input_text output_text refusal thinking redacted_thinking tool_use tool_result summary_text reasoning_text "
    b"search_result tool_reference function custom message function_call function_call_output custom_tool_call "
    b"custom_tool_call_output reasoning object string number integer boolean array null ephemeral json_object "
    b"json_schema enabled disabled adaptive auto any tool none grammar regex local_shell apply_patch local_shell_call "
    b"local_shell_call_output apply_patch_call apply_patch_call_output shell_call shell_call_output computer_call "
    b"computer_call_output".split()
)
"""Kinds that cost no more than their text."""


class Tool(msgspec.Struct, gc=False):
    """A tool offered with a request."""

    type: str | None = None


class _Part(msgspec.Struct, gc=False):
    type: str | None = None
    image_url: msgspec.Raw = msgspec.Raw(b"")
    source: msgspec.Raw = msgspec.Raw(b"")
    content: msgspec.Raw = msgspec.Raw(b"")
    input_audio: msgspec.Raw = msgspec.Raw(b"")


class _Address(msgspec.Struct, gc=False):
    url: str | None = None


class _Source(msgspec.Struct, gc=False):
    type: str | None = None
    media_type: str | None = None
    content: msgspec.Raw = msgspec.Raw(b"")


_PARTS = msgspec.json.Decoder(list[_Part])
_SOURCE = msgspec.json.Decoder(_Source)
_ADDRESS = msgspec.json.Decoder(str | _Address | None)
_PICTURES = ("data:image/", "http://", "https://")
_SCHEME = 24
"""Letters within which an address names its scheme."""


class Found:
    """What was seen in a prompt so far."""

    __slots__ = ("audio", "audio_bytes", "images", "kinds", "media_bytes", "own_tools", "reasons")

    def __init__(self) -> None:
        self.images = 0
        self.audio = False
        self.media_bytes = 0
        """Bytes of images and sound, which are no text."""
        self.audio_bytes = 0
        self.own_tools = 0
        self.reasons: list[str] = []
        self.kinds = 0
        """How many kinds beyond plain text were seen in the places where they count."""

    def reason(self, words: str) -> None:
        if words not in self.reasons and len(self.reasons) < 20:
            self.reasons.append(words)

    def saw(self, kind: str | None) -> None:
        if kind is not None and kind.encode("utf-8", "replace") not in _SAFE:
            self.kinds += 1

    def check_kinds(self, endpoint: Endpoint, text: bytes) -> None:
        """Raises Malformed when the text holds a kind that was not seen because its name was given twice."""
        if b'"type"' not in text:
            return
        if sum(kind not in _SAFE for kind in _KIND.findall(text)) != self.kinds:
            check_closely(endpoint, text)


def count_tools(endpoint: Endpoint, tools: list[Tool], found: Found) -> None:
    for tool in tools:
        kind = tool.type
        found.saw(kind)
        if kind in _CLIENT_TOOLS:
            continue
        if endpoint is Endpoint.MESSAGES:
            if kind is None:
                continue
            if kind.startswith(_OWN_TOOLS):
                found.own_tools += 1
                continue
        found.reason("a tool without a type" if kind is None else f"the hosted tool {kind!r}")


def count_parts(content: msgspec.Raw, found: Found) -> None:
    """Counts what is in a list of parts. Raises Malformed when parts lie in parts too deeply."""
    waiting = [(content, 0)]
    while waiting:
        parts, depth = waiting.pop()
        if depth > 4:
            raise Malformed("content lies in content too deeply; send fewer levels")
        for part in _PARTS.decode(parts):
            kind = part.type
            if kind in _TEXT:
                continue
            found.saw(kind)
            if kind in _IMAGE:
                _count_image(part, found)
            elif kind == "tool_result":
                if part.content and memoryview(part.content)[0] == 91:
                    waiting.append((part.content, depth + 1))
            elif kind == "input_audio":
                found.audio = True
                found.media_bytes += _size(part.input_audio)
                found.audio_bytes += _size(part.input_audio)
            elif kind == "document":
                inner = _document(part, found)
                if inner is not None:
                    waiting.append((inner, depth + 1))
            else:
                found.reason("content without a type" if kind is None else f"content of type {kind!r}")


def _count_image(part: _Part, found: Found) -> None:
    found.images += 1
    found.media_bytes += _size(part.image_url)
    if part.image_url and not _is_picture(part.image_url):
        found.reason("a file in the place of an image")
    if part.source and memoryview(part.source)[0] == 123:
        found.media_bytes += _size(part.source)
        source = _SOURCE.decode(part.source)
        found.saw(source.type)
        if source.media_type is not None and not source.media_type.lower().startswith("image/"):
            found.reason("a file in the place of an image")


def _is_picture(raw: msgspec.Raw) -> bool:
    """Some providers also read documents and films where an image is given by its address."""
    given = _ADDRESS.decode(raw)
    address = given.url if isinstance(given, _Address) else given
    if address is None or bytes(raw).count(b'"url"') > 1:
        return False
    begin = address[:_SCHEME].lower().lstrip()
    return ":" not in begin or begin.startswith(_PICTURES)


def _document(part: _Part, found: Found) -> msgspec.Raw | None:
    """The parts of a document that holds parts."""
    if part.source and memoryview(part.source)[0] == 123:
        source = _SOURCE.decode(part.source)
        found.saw(source.type)
        if source.type == "text":
            return None
        if source.type == "content":
            return source.content if source.content and memoryview(source.content)[0] == 91 else None
    found.reason("a document that is not plain text")
    return None


def _size(raw: msgspec.Raw) -> int:
    return memoryview(raw).nbytes if raw else 0
