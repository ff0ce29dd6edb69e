"""What a call of a provider costs in processor time: our pool, beside aiohttp and httpx where they are installed.

    python -m benchmarks.upstream_pool [--calls 20000]

The provider is a process of its own on this machine that answers from memory, so that only the client is timed.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import time
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import uvloop

from tiebeam.connect.upstreams import UpstreamPool
from tiebeam.spec import Endpoint, OutgoingRules, Upstream

ASKED = b'{"model":"m","messages":[{"role":"user","content":"' + b"h" * 400 + b'"}]}'
TEXT = b'{"id":"c","choices":[{"message":{"role":"assistant","content":"' + b"a" * 600 + b'"}}],"usage":{}}'
PLAIN = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: r\r\ncontent-length: %d\r\n\r\n" % len(
    TEXT
)
EVENT = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%s\r\n" % (len(EVENT), EVENT)

Call = Callable[[str], Awaitable[int]]
"""One call of a path; gives the bytes of the answer."""


class Provider(asyncio.Protocol):
    """Answers `/v1/plain…` at once, and anything else by 50 chunks, one write each."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if b"POST /v1/chat" in data:
            self._transport.write(PLAIN + TEXT)
            return
        self._transport.write(STREAM)
        for _ in range(50):
            self._transport.write(CHUNK)
        self._transport.write(b"0\r\n\r\n")


def provide(ports: Any) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Provider, "127.0.0.1", 0)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(serve())


async def timed(call: Call, path: str, *, calls: int, at_once: int) -> tuple[float, float]:
    """(processor time of a call in microseconds, calls a second)."""

    async def some(count: int) -> None:
        for _ in range(count):
            assert await call(path) > 600

    await asyncio.gather(*(some(20) for _ in range(at_once)))
    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(some(calls // at_once) for _ in range(at_once)))
    made = calls // at_once * at_once
    return (time.process_time() - cpu) / made * 1e6, made / (time.perf_counter() - wall)


async def of_ours(port: int, calls: int) -> None:
    about = {"since": date(2026, 1, 1), "reviewed": date(2026, 1, 1)}
    far = Upstream.model_validate(
        {"id": "far", "title": "Far", "meta": about, "provider": "p", "base_url": f"http://127.0.0.1:{port}/v1"}
    )
    pool = UpstreamPool(OutgoingRules(allow=("127.0.0.1",)), workspace=Path())
    target = pool.target(far)
    headers = [(b"content-type", b"application/json"), (b"accept", b"application/json"), (b"cookie", b"none")]

    async def call(path: str) -> int:
        endpoint = Endpoint.CHAT if path.startswith("chat") else Endpoint.RESPONSES
        answer = await pool.send(target, target.path(endpoint, "m"), headers, ASKED)
        if endpoint is Endpoint.CHAT:
            return len(await answer.read())
        return sum([len(piece) async for piece in answer.chunks])

    await told("this pool", call, calls)
    await pool.aclose()


async def of_httpx(port: int, calls: int) -> None:
    import httpx

    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=256)) as client:

        async def call(path: str) -> int:
            url = f"http://127.0.0.1:{port}/v1/{path}"
            async with client.stream("POST", url, content=ASKED) as answer:
                return sum([len(piece) async for piece in answer.aiter_bytes()])

        await told("httpx", call, max(calls // 10, 640))


async def of_aiohttp(port: int, calls: int) -> None:
    import aiohttp

    async with aiohttp.ClientSession() as client:

        async def call(path: str) -> int:
            async with client.post(f"http://127.0.0.1:{port}/v1/{path}", data=ASKED) as answer:
                return sum([len(piece) async for piece in answer.content.iter_any()])

        await told("aiohttp", call, max(calls // 4, 640))


async def told(name: str, call: Call, calls: int) -> None:
    for what, path in (("plain", "chat/completions"), ("stream of 50", "responses")):
        for at_once in (1, 32):
            cpu, rate = await timed(call, path, calls=calls if what == "plain" else calls // 5, at_once=at_once)
            print(f"| {name} | {what} | {at_once} | {cpu:,.0f} | {rate:,.0f} |", flush=True)


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--calls", type=int, default=20_000)
    chosen = reader.parse_args()
    ports: Any = multiprocessing.Queue()
    provider = multiprocessing.Process(target=provide, args=(ports,), daemon=True)
    provider.start()
    port = ports.get(timeout=10)
    print("| client | answer | at once | CPU-µs a call | calls/s |\n|---|---|---|---|---|")
    for client in (of_ours, of_aiohttp, of_httpx):
        try:
            uvloop.run(client(port, chosen.calls))
        except ModuleNotFoundError as missing:
            print(f"| {missing.name} | not installed | | | |")
    provider.terminate()


if __name__ == "__main__":
    main()
