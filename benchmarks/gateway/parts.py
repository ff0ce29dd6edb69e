"""What the parts of reading cost: a request, edits of its bytes, an answer's usage, a stream's chunks.

    python -m benchmarks.gateway.parts [--times 20000] [--json OUT]

CPU of this process, the best of seven runs. Beside it the plain way with `json`, and the floor: one pass of msgspec
that keeps nothing.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.gateway.upstream import events, whole
from tiebeam.economics.tokens import (
    StreamUsage,
    read_request,
    usage_of,
    with_model,
    with_output_limit,
    with_stream_usage,
)
from tiebeam.spec import Endpoint, UpstreamKind

CHAT, OPENAI = Endpoint.CHAT, UpstreamKind.OPENAI


class Nothing(msgspec.Struct):
    """Keeps no part of what it reads."""


def chat_body(size: int) -> bytes:
    """A conversation of about so many bytes, in turns of a quarter kilobyte."""
    turns = [
        {"role": ("user", "assistant")[place % 2], "content": "Does this invoice match its order? " * 6}
        for place in range(max(1, size // 250))
    ]
    asked = {"model": "small", "messages": turns, "max_tokens": 256, "temperature": 0.2, "stream": True}
    return json.dumps(asked).encode()


def agent_body() -> bytes:
    """A coding agent's call: forty tools, a hundred turns of calls and results."""
    schema = {"type": "object", "properties": {"path": {"type": "string"}, "n": {"type": "integer"}}}
    function = {"name": "read_file", "description": "Reads a file. " * 20, "parameters": schema}
    turns: list[Any] = [{"role": "system", "content": "You work on a repository. " * 100}]
    for place in range(50):
        call = {
            "id": f"c{place}",
            "type": "function",
            "function": {"name": "read_file", "arguments": '{"path":"a.py"}'},
        }
        turns.append({"role": "assistant", "content": None, "tool_calls": [call]})
        turns.append({"role": "tool", "tool_call_id": f"c{place}", "content": "def f(x):\n    return x\n" * 40})
    return json.dumps(
        {"model": "small", "messages": turns, "tools": [{"type": "function", "function": function}] * 40}
    ).encode()


def microseconds(work: Callable[[], Any], *, times: int, of: int = 1) -> float:
    best = float("inf")
    for _ in range(7):
        begun = time.process_time()
        for _ in range(times):
            work()
        best = min(best, time.process_time() - begun)
    return best / times / of * 1e6


def stream_of(chunks: list[bytes], reads: int) -> list[bytes]:
    """The stream in reads of so many chunks."""
    return [b"".join(chunks[at : at + reads]) for at in range(0, len(chunks), reads)]


def scan(reads: list[bytes], *, strip: bool) -> StreamUsage:
    seen = StreamUsage(CHAT, OPENAI, strip=strip)
    for read in reads:
        seen.feed(read)
    seen.end()
    return seen


def plain_scan(reads: list[bytes]) -> Any:
    usage = None
    for read in reads:
        for line in read.split(b"\n\n"):
            if line.startswith(b"data: {"):
                usage = json.loads(line[6:]).get("usage") or usage
    return usage


def measured(times: int) -> dict[str, float]:
    small, large, agent = chat_body(1_000), chat_body(100_000), agent_body()
    floor = msgspec.json.Decoder(Nothing)
    answer = whole()
    framed = events(with_usage=True)
    chunks = [one.partition(b"\r\n")[2][:-2] for one in framed]
    one, ten = stream_of(chunks, 1), stream_of(chunks, 10)
    few = max(1, times // 50)
    return {
        f"read a chat of {len(small):,} bytes": microseconds(lambda: read_request(CHAT, small), times=times),
        "  json.loads of the same chat": microseconds(lambda: json.loads(small), times=times),
        "  one pass that keeps nothing": microseconds(lambda: floor.decode(small), times=times),
        f"read a chat of {len(large):,} bytes": microseconds(lambda: read_request(CHAT, large), times=few),
        f"read an agent's call of {len(agent):,} bytes": microseconds(lambda: read_request(CHAT, agent), times=few),
        "  json.loads of the same call": microseconds(lambda: json.loads(agent), times=few),
        "put in stream_options": microseconds(lambda: with_stream_usage(small), times=times),
        "put in the model's name": microseconds(lambda: with_model(small, "far-small"), times=times),
        "put in an output limit": microseconds(lambda: with_output_limit(CHAT, small, 100), times=times),
        f"usage of an answer of {len(answer):,} bytes": microseconds(
            lambda: usage_of(CHAT, OPENAI, answer), times=times
        ),
        "a chunk of a stream": microseconds(lambda: scan(one, strip=False), times=few, of=len(chunks)),
        "a chunk, with usage taken out": microseconds(lambda: scan(one, strip=True), times=few, of=len(chunks)),
        "a chunk, ten to a read": microseconds(lambda: scan(ten, strip=False), times=few, of=len(chunks)),
        "  json.loads of every chunk": microseconds(lambda: plain_scan(one), times=few, of=len(chunks)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20_000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = measured(given.times)
    for name, spent in found.items():
        print(f"{name:44}{spent:9.2f} µs")
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
