"""The usage of a stream, read while its bytes pass."""

from __future__ import annotations

import json
import re
from enum import Enum

import msgspec

from tiebeam.economics.metering import Usage
from tiebeam.economics.tokens.usage import STATED, Stated, read_usage, stated_in_event
from tiebeam.spec import Endpoint, UpstreamKind

LARGEST_EVENT = 65_536
"""An event of more bytes is not taken apart; only its end is looked at."""
KEPT_TAIL = 16_384
"""How much of such an event's end is kept. Usage stands near it: after it come at most 16 labels of 576 letters."""
BYTES_PER_TOKEN = 3
"""Text behind one token where a stream ended before its usage; real text has three to five, so this errs upwards."""

# No part of a pattern reaches over the end of a line, so that a broken event cannot swallow the next.
_STRING = rb'[ \t]*:[ \t]*"([^"\\\n]*(?:\\.[^"\\\n]*)*)"'
_TEXT = {
    Endpoint.CHAT: re.compile(rb'"(?:content|reasoning_content|reasoning|arguments|refusal)"' + _STRING),
    Endpoint.RESPONSES: re.compile(rb'"delta"' + _STRING),
    Endpoint.MESSAGES: re.compile(rb'"(?:text|thinking|partial_json)"' + _STRING),
}
_END = re.compile(rb"\r?\n\r?\n")
_USAGE = re.compile(rb'"usage"[ \t]*:[ \t]*\{')
_DONE = {
    Endpoint.CHAT: re.compile(rb"^data:[ \t]*\[DONE\]", re.MULTILINE),
    Endpoint.RESPONSES: re.compile(rb'"type"[ \t]*:[ \t]*"response\.(?:completed|incomplete|failed)"'),
    Endpoint.MESSAGES: re.compile(rb'"type"[ \t]*:[ \t]*"message_stop"'),
}
_DONE_WORD = {
    Endpoint.CHAT: b"[DONE]",
    Endpoint.RESPONSES: b'"response.',
    Endpoint.MESSAGES: b'"message_stop"',
}


class _Said(Enum):
    """What one event says of usage."""

    NOTHING = 0
    MORE = 1
    ONLY_USAGE = 2


class StreamUsage:
    """What a stream of server-sent events used.

    Feed it every read as it comes; it keeps at most one event of LARGEST_EVENT bytes. With `strip` it also takes out
    the chunk that holds nothing but usage, for clients that did not ask for it; an event that is not whole yet is then
    held back. It never raises, whatever the bytes are.
    """

    __slots__ = (
        "_carry", "_done", "_done_word", "_dropped", "_endpoint", "_final", "_keeps_an_hour", "_kind", "_strip",
        "_text", "_usage", "finished", "visible_bytes",
    )  # fmt: skip

    def __init__(
        self, endpoint: Endpoint, kind: UpstreamKind, *, strip: bool = False, keeps_an_hour: bool = False
    ) -> None:
        self._endpoint = endpoint
        self._kind = kind
        self._keeps_an_hour = keeps_an_hour
        self._strip = strip and endpoint is Endpoint.CHAT
        self._text = _TEXT.get(endpoint, _TEXT[Endpoint.CHAT])
        self._done = _DONE.get(endpoint, _DONE[Endpoint.CHAT])
        self._done_word = _DONE_WORD.get(endpoint, _DONE_WORD[Endpoint.CHAT])
        self._carry = b""
        self._dropped = 0
        """Bytes of the unfinished event that are no longer in `_carry`."""
        self._usage: Stated | None = None
        self._final = False
        self.visible_bytes = 0
        """Bytes of text, reasoning and arguments of tools that came so far, as JSON writes them."""
        self.finished = False
        """Whether the stream said that it is over."""

    @property
    def usage(self) -> Usage | None:
        """What the provider stated last; None while it has not stated what was answered."""
        if self._usage is None or not self._final:
            return None
        return self._classes(self._usage)

    def estimate(self, *, input_tokens: int) -> Usage:
        """What a stream that ended early used as far as was seen; `input_tokens` stands in for an input not stated."""
        stated = None if self._usage is None else self._classes(self._usage)
        output = self.output_tokens
        if stated is None:
            return Usage(input=input_tokens, output=output)
        more = max(0, output - stated.all_output)
        return Usage(
            input=stated.input,
            cached=stated.cached,
            cache_write=stated.cache_write,
            output=stated.output + more,
            reasoning=stated.reasoning,
            audio_input=stated.audio_input,
            audio_output=stated.audio_output,
            cache_write_1h=stated.cache_write_1h,
        )

    def _classes(self, stated: Stated) -> Usage | None:
        return read_usage(self._endpoint, self._kind, stated, keeps_an_hour=self._keeps_an_hour)

    @property
    def output_tokens(self) -> int:
        """Tokens of the text seen so far, rather too many than too few."""
        return -(-self.visible_bytes // BYTES_PER_TOKEN)

    def feed(self, data: bytes) -> bytes:
        """What the client is sent for these bytes: the same, but for a chunk of usage taken out."""
        if self._carry or self._dropped or len(data) > LARGEST_EVENT or not data.endswith(b"\n\n"):
            return self._feed_slowly(data)
        return self._read(data)

    def end(self) -> bytes:
        """Takes an unfinished event as it is; returns what was held back of it."""
        rest, held = self._carry, b""
        if self._dropped:
            self._look_at_end(rest, self._dropped + len(rest))
        elif rest:
            # Lines may also end with a carriage return alone.
            read = self._read(rest if b"\n" in rest else rest.replace(b"\r", b"\n"))
            held = rest if len(read) == len(rest) else read
        self._carry, self._dropped = b"", 0
        return held if self._strip else b""

    def _feed_slowly(self, data: bytes) -> bytes:
        """Reads that do not end with an event, or are large."""
        before = len(self._carry)
        buffer = self._carry + data
        # Of a large event everything up to now has been handed on.
        handed = before if self._dropped else 0
        ends = [found.end() for found in _END.finditer(buffer, max(0, before - 3))]
        out: list[bytes] = []
        begin = 0
        if ends and not self._dropped and ends[-1] <= LARGEST_EVENT:
            ends = ends[-1:]
        for end in ends:
            event = buffer[begin:end]
            if self._dropped or len(event) > LARGEST_EVENT:
                self._look_at_end(event[-KEPT_TAIL:], self._dropped + len(event))
                self._dropped = 0
                out.append(buffer[max(begin, handed) : end])
            else:
                out.append(self._read(event))
            begin = end
        rest = buffer[begin:]
        if self._dropped or len(rest) > LARGEST_EVENT:
            out.append(buffer[max(begin, handed) :])
            kept = rest[-KEPT_TAIL:]
            self._dropped += len(rest) - len(kept)
            rest = kept
        self._carry = rest
        return b"".join(out) if self._strip else data

    def _read(self, whole: bytes) -> bytes:
        """Reads whole events; returns them, where asked without the chunk of nothing but usage."""
        texts = self._text.findall(whole)
        if texts:
            self.visible_bytes += sum(map(len, texts))
        if self._done_word in whole and self._done.search(whole):
            self.finished = True
        if b'"usage"' in whole and _USAGE.search(whole):
            return self._take(whole)
        return whole

    def _take(self, whole: bytes) -> bytes:
        places = [found.start() for found in _USAGE.finditer(whole)]
        if not self._strip and self._endpoint is not Endpoint.MESSAGES:
            # The last snapshot wins, so those before it need no reading.
            begin = len(whole)
            for place in reversed(places):
                if place < begin:
                    begin, _, said = self._take_event(whole, place)
                    if said is not _Said.NOTHING:
                        break
            return whole
        out: list[bytes] = []
        kept = end = 0
        for place in places:
            if place < end:
                continue
            begin, end, said = self._take_event(whole, place)
            if self._strip and said is _Said.ONLY_USAGE:
                out.append(whole[kept:begin])
                kept = end
        return b"".join((*out, whole[kept:])) if kept else whole

    def _take_event(self, whole: bytes, place: int) -> tuple[int, int, _Said]:
        """Keeps the usage of the event around `place`; where that event begins and ends, and what it says."""
        begin = max(_after(whole, b"\n\n", place), _after(whole, b"\n\r\n", place))
        after = _END.search(whole, place)
        end = len(whole) if after is None else after.end()
        stated, event = stated_in_event(_payload(whole[begin:end]))
        if stated is None or event is None or read_usage(self._endpoint, self._kind, self._merged(stated)) is None:
            return begin, end, _Said.NOTHING
        self._keep(stated, final=self._endpoint is not Endpoint.MESSAGES or event.usage is not None)
        choices = bytes(event.choices)
        is_alone = event.usage is not None and choices.startswith(b"[") and not choices[1:-1].strip()
        return begin, end, _Said.ONLY_USAGE if is_alone else _Said.MORE

    def _merged(self, stated: Stated) -> Stated:
        """Anthropic states the input when it begins and the output when it ends; each count only grows."""
        known = self._usage
        if self._endpoint is not Endpoint.MESSAGES or known is None:
            return stated
        for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"):
            now, before = getattr(stated, name), getattr(known, name)
            if before is not None and (now is None or now < before):
                setattr(stated, name, before)
        if stated.output_tokens is None:
            stated.output_tokens = known.output_tokens
        if stated.cache_creation is None:
            stated.cache_creation = known.cache_creation
        return stated

    def _keep(self, stated: Stated, *, final: bool) -> None:
        self._usage = self._merged(stated)
        self._final = self._final or final

    def _look_at_end(self, tail: bytes, size: int) -> None:
        """Reads the end of an event too large to take apart."""
        if self._endpoint is not Endpoint.RESPONSES:
            # The large events of responses repeat what came before; others can only be text.
            self.visible_bytes += size
        for found in reversed(list(_USAGE.finditer(tail))):
            stated = _object_at(tail, found.end() - 1)
            if stated is not None and read_usage(self._endpoint, self._kind, self._merged(stated)) is not None:
                self._keep(stated, final=True)
                self.finished = self.finished or self._endpoint is Endpoint.RESPONSES
                return


def _after(whole: bytes, mark: bytes, place: int) -> int:
    """Where the last `mark` before `place` ends; 0 for none."""
    found = whole.rfind(mark, 0, place)
    return 0 if found < 0 else found + len(mark)


def _payload(event: bytes) -> bytes:
    """The data of one event, whose lines are joined as the standard for server-sent events says."""
    event = event.strip(b"\r\n")
    if event.startswith(b"data:") and b"\n" not in event:
        return event[5:]
    return b"\n".join(line[5:] for line in event.splitlines() if line.startswith(b"data:"))


def _object_at(text: bytes, place: int) -> Stated | None:
    """The usage that begins at `place`, whatever comes after it."""
    try:
        plain = text[place:].decode("utf-8", "replace")
        _, end = json.JSONDecoder().raw_decode(plain)
        return STATED.decode(plain[:end])
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return None
