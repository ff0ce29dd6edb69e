"""A server on this machine that speaks the OpenAI-compatible streaming protocol, and counts what it is asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class ModelServer:
    """`fails` says of which requests (counted from 1) the answer is a 429. `wait` is the seconds before each token."""

    port: int = 0
    wait: float = 0.0
    tokens: int = 8
    with_usage: bool = True
    fails: frozenset[int] = frozenset()
    says: bytes | None = None
    """Said instead of a stream of tokens."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    most_at_once: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def enter(self, body: dict[str, Any], key: str) -> int:
        with self._lock:
            self.asked.append(body)
            self.keys.append(key)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            return len(self.asked)

    def leave(self) -> None:
        with self._lock:
            self._now -= 1


def _event(content: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(content).encode() + b"\n\n"


@contextmanager
def model_server(**settings: Any) -> Generator[ModelServer]:
    server = ModelServer(**settings)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            number = server.enter(body, self.headers.get("authorization", ""))
            try:
                self._answer(body, number)
            finally:
                server.leave()

        def _answer(self, body: dict[str, Any], number: int) -> None:
            is_busy = number in server.fails
            self.send_response(429 if is_busy else 200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            if is_busy or server.says is not None:
                self.wfile.write(server.says or b'{"error": "slow down"}')
                return
            for place in range(server.tokens):
                time.sleep(server.wait)
                self.wfile.write(_event({"choices": [{"delta": {"content": f"w{place} "}}]}))
            if server.with_usage:
                read = len(body["messages"][0]["content"].split())
                usage = {"prompt_tokens": read, "completion_tokens": server.tokens}
                self.wfile.write(_event({"choices": [], "usage": usage}))
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
            del format, args

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.port = listening.server_address[1]
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join(timeout=5)
