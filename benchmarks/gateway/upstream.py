"""A provider that costs as little as possible: fixed answers in OpenAI's form, whole or as server-sent events.

    python -m benchmarks.gateway.upstream

Prints its port. A model's name says how it answers: `paced` leaves 20 ms between chunks, `slow` waits 20 ms before it
begins. `GET /counts` says how many calls it answered and how many it has begun.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from typing import Any

import uvloop

INPUT_TOKENS, CACHED_TOKENS, OUTPUT_TOKENS = 212, 100, 48
CHUNKS = 50
PACE_SECONDS = 0.02
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
USAGE = {
    "prompt_tokens": INPUT_TOKENS,
    "completion_tokens": OUTPUT_TOKENS,
    "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
    "prompt_tokens_details": {"cached_tokens": CACHED_TOKENS, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}


def answer(kind: str, body: bytes, *, more: bytes = b"") -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + more + b"\r\n" + body


def whole() -> bytes:
    message = {"role": "assistant", "content": "The invoice matches its order in all three lines. " * 4}
    return json.dumps(
        {
            "id": "chatcmpl-bench",
            "object": "chat.completion",
            "created": 1_760_000_000,
            "model": "bench",
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
            "usage": USAGE,
            "system_fingerprint": "fp_bench",
        }
    ).encode()


def events(*, with_usage: bool) -> list[bytes]:
    """The events of a stream, each framed as a chunk of HTTP."""
    base = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1_760_000_000, "model": "bench"}
    found: list[Any] = []
    for place in range(CHUNKS):
        last = place == CHUNKS - 1
        choice = {
            "index": 0,
            "delta": {} if last else {"content": f"word{place} "},
            "logprobs": None,
            "finish_reason": "stop" if last else None,
        }
        found.append({**base, "choices": [choice], **({"usage": None} if with_usage else {})})
    if with_usage:
        found.append({**base, "choices": [], "usage": USAGE})
    lines = [b"data: " + json.dumps(one).encode() + b"\n\n" for one in found] + [b"data: [DONE]\n\n"]
    return [b"%x\r\n%b\r\n" % (len(line), line) for line in lines]


class Far:
    """What all connections share."""

    def __init__(self) -> None:
        self.begun = 0
        self.answered = 0
        self.whole = answer("application/json", whole())
        self.events = {asked: events(with_usage=asked) for asked in (True, False)}
        self.models = answer("application/json", b'{"object":"list","data":[{"id":"bench","object":"model"}]}')


class Connection(asyncio.Protocol):
    def __init__(self, far: Far) -> None:
        self._far = far
        self._buffer = b""
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data
        while True:
            head = buffer.find(b"\r\n\r\n")
            if head < 0:
                break
            length = _LENGTH.search(buffer, 0, head)
            end = head + 4 + (int(length[1]) if length else 0)
            if len(buffer) < end:
                break
            self._answer(buffer[:end], buffer[head + 4 : end])
            buffer = buffer[end:]
        self._buffer = buffer

    def _answer(self, request: bytes, body: bytes) -> None:
        far = self._far
        if request.startswith(b"GET"):
            counts = json.dumps({"begun": far.begun, "answered": far.answered}).encode()
            self._send(answer("application/json", counts) if b"/counts" in request[:40] else far.models)
            return
        far.begun += 1
        if b'"stream":true' in body or b'"stream": true' in body:
            self._send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            chunks = far.events[b"include_usage" in body]
            self._next(chunks, 0, PACE_SECONDS if b"paced" in body else 0)
        elif b"slow" in body:
            self._loop.call_later(PACE_SECONDS, self._whole)
        else:
            self._whole()

    def _whole(self) -> None:
        self._far.answered += 1
        self._send(self._far.whole)

    def _next(self, chunks: list[bytes], place: int, pace: float) -> None:
        if place == len(chunks):
            self._far.answered += 1
            self._send(b"0\r\n\r\n")
            return
        self._send(chunks[place])
        # Each chunk in a turn of its own, so that each is sent by itself, as a provider does.
        if pace:
            self._loop.call_later(pace, self._next, chunks, place + 1, pace)
        else:
            self._loop.call_soon(self._next, chunks, place + 1, pace)

    def _send(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)


async def serve(port: int) -> None:
    far = Far()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(far), "127.0.0.1", port, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    uvloop.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
