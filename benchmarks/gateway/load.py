"""Calls a server from one process over so many connections, each with one call at a time, and says how long calls took.

Started by the benchmark: reads what to do as JSON from its input, prints what it saw as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Work:
    port: int
    body: str
    headers: dict[str, str]
    path: str = "/v1/chat/completions"
    concurrency: int = 1
    seconds: float = 5
    warm_seconds: float = 0
    count: int = 0
    """Ends after so many answers; 0 goes by the clock."""
    kill: int = 0
    """A process killed the moment the last of `count` answers came."""
    give_up_seconds: float = 120


@dataclass
class Seen:
    """What came of it. Times in milliseconds."""

    answers: int = 0
    """Answered with 200 in the time measured."""
    all_answers: int = 0
    """Answered with 200 from the first call on."""
    seconds: float = 0
    others: dict[str, int] = field(default_factory=dict)
    """Other statuses, and `broken` for connections lost in the middle of a call, from the first call on."""
    said: dict[str, str] = field(default_factory=dict)
    """How the first answer of each other status begins."""
    p50: float = 0
    p99: float = 0
    first_p50: float = 0
    """To the first bytes of the body."""
    first_p99: float = 0
    cpu_seconds: float = 0


class Run:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.seen = Seen()
        body = work.body.encode()
        lines = {"host": f"127.0.0.1:{work.port}", "content-type": "application/json", **work.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        start = f"POST {work.path} HTTP/1.1\r\n{head}content-length: {len(body)}\r\n\r\n"
        self.request = start.encode() + body
        self.times: list[float] = []
        self.firsts: list[float] = []
        self.connecting: set[asyncio.Task[None]] = set()
        self.is_over = False
        self.counts_from = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connect(self) -> None:
        task = asyncio.get_running_loop().create_task(connect(self))
        self.connecting.add(task)
        task.add_done_callback(self.connecting.discard)

    def other(self, what: str) -> None:
        self.seen.others[what] = self.seen.others.get(what, 0) + 1

    def answered(self, status: bytes, begun: float, first: float, now: float, begins: bytes) -> None:
        if status != b"200":
            self.other(status.decode())
            self.seen.said.setdefault(status.decode(), begins.decode("utf-8", "replace"))
            return
        self.seen.all_answers += 1
        if begun >= self.counts_from and not self.is_over:
            self.times.append(now - begun)
            self.firsts.append(first - begun)
        if self.work.count and self.seen.all_answers >= self.work.count:
            if self.work.kill and not self.is_over:
                os.kill(self.work.kill, signal.SIGKILL)
            self.end()

    def end(self) -> None:
        self.is_over = True
        if not self.done.done():
            self.done.set_result(None)


class Caller(asyncio.Protocol):
    def __init__(self, run: Run) -> None:
        self._run = run
        self._is_calling = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._call()

    def _call(self) -> None:
        if self._run.is_over:
            self._transport.close()
            return
        self._head = b""
        self._left = 0
        self._is_chunked = False
        self._first = 0.0
        self._status = b""
        self._tail = self._begins = b""
        self._is_calling = True
        self._begun = time.perf_counter()
        self._transport.write(self._run.request)

    def data_received(self, data: bytes) -> None:
        if not self._status:
            data = self._head + data
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._head = data
                return
            self._status = data[9:12]
            length = _LENGTH.search(data, 0, end + 2)
            self._is_chunked = length is None
            self._left = 0 if length is None else int(length[1])
            data = data[end + 4 :]
        if data and not self._first:
            self._first = time.perf_counter()
            self._begins = data[:300]
        if self._is_chunked:
            self._tail = (self._tail + data)[-5:]
            if self._tail == b"0\r\n\r\n":
                self._ended()
        else:
            self._left -= len(data)
            if self._left <= 0:
                self._ended()

    def _ended(self) -> None:
        now = time.perf_counter()
        self._is_calling = False
        self._run.answered(self._status, self._begun, self._first or now, now, self._begins)
        self._call()

    def connection_lost(self, exc: Exception | None) -> None:
        run = self._run
        if self._is_calling:
            run.other("broken")
        if not run.is_over:
            run.connect()


async def connect(run: Run) -> None:
    while not run.is_over:
        try:
            await asyncio.get_running_loop().create_connection(lambda: Caller(run), "127.0.0.1", run.work.port)
        except OSError:
            run.other("unreached")
            await asyncio.sleep(0.05)
        else:
            return


def at(sorted_times: list[float], share: float) -> float:
    if not sorted_times:
        return 0.0
    return round(sorted_times[min(len(sorted_times) - 1, int(len(sorted_times) * share))] * 1000, 3)


async def call(work: Work) -> Seen:
    loop = asyncio.get_running_loop()
    run = Run(work)
    begun = time.perf_counter()
    run.counts_from = begun + work.warm_seconds
    for _ in range(work.concurrency):
        run.connect()
    limit = work.give_up_seconds if work.count else work.warm_seconds + work.seconds
    timer = loop.call_later(limit, run.end)
    await run.done
    timer.cancel()
    seen = run.seen
    seen.seconds = time.perf_counter() - run.counts_from
    seen.answers = len(run.times)
    times, firsts = sorted(run.times), sorted(run.firsts)
    seen.p50, seen.p99 = at(times, 0.5), at(times, 0.99)
    seen.first_p50, seen.first_p99 = at(firsts, 0.5), at(firsts, 0.99)
    seen.cpu_seconds = time.process_time()
    return seen


def main() -> None:
    work = Work(**json.load(sys.stdin))
    print(json.dumps(asdict(uvloop.run(call(work)))))


if __name__ == "__main__":
    main()
