"""Bytes as they are: a provider that answers with those it is given, and callers that send those they like."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.gateway.house import House

USAGE = {"prompt_tokens": 1_000, "completion_tokens": 500, "total_tokens": 1_500}
TRUE_COST = 1_000 * 1_000 + 500 * 4_000


def whole(**more: Any) -> bytes:
    return json.dumps({"id": "c1", "choices": [{"message": {"content": "Hi"}}], "usage": USAGE} | more).encode()


def events(*, end: str = "\n\n", usage: Any = USAGE) -> bytes:
    chunk = {"id": "c1", "choices": [{"index": 0, "delta": {"content": "Hi"}}]}
    said = (json.dumps(chunk), json.dumps({"id": "c1", "choices": [], "usage": usage}), "[DONE]")
    return "".join(f"data: {one}{end}" for one in said).encode()


@dataclass
class Raw:
    """A provider that answers with the bytes it is given, whatever it is asked."""

    port: int = 0
    answer: bytes = b""
    asked: list[bytes] = field(default_factory=list[bytes])

    def says(self, body: bytes, *, kind: str = "application/json", head: str = "") -> None:
        self.answer = (
            f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n{head}connection: close\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode() + body

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            with near, suppress(OSError):
                near.settimeout(5)
                self.asked.append(_request(near))
                near.sendall(self.answer)


def _request(near: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += near.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    named = {line.partition(b": ")[0]: line.partition(b": ")[2] for line in head.lower().split(b"\r\n")}
    while len(body) < int(named[b"content-length"]):
        body += near.recv(65_536)
    return head + b"\r\n\r\n" + body


def spoken(here: House, said: bytes) -> bytes:
    with open_to(here) as far:
        far.sendall(said)
        far.settimeout(5)
        answer = b""
        while more := far.recv(65_536):
            answer += more
        return answer


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not is_so() and time.monotonic() < end:
        time.sleep(0.002)


def open_to(here: House) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(here.url.rpartition(":")[2])), timeout=5)
