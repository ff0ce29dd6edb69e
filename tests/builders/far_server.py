"""A small HTTP server on this machine that stands for one far away, and a dial that leads every address to it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

FAR = "93.184.215.14"
"""A public address that no test ever connects to."""


@dataclass
class FarServer:
    """`answer` gets the whole request head and body, and gives the bytes of the whole answer."""

    port: int
    heads: list[bytes] = field(default_factory=list)
    dialled: list[tuple[str, int]] = field(default_factory=list)

    def dial(self, address: str, port: int, seconds: float) -> socket.socket:
        self.dialled.append((address, port))
        return socket.create_connection(("127.0.0.1", self.port), seconds)


@contextmanager
def far_server(
    answer: Callable[[bytes], bytes], *, wrap: Callable[[socket.socket], socket.socket] | None = None
) -> Iterator[FarServer]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = FarServer(port=listening.getsockname()[1])

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            try:
                connection.settimeout(5)
                if wrap is not None:
                    connection = wrap(connection)
                request = _read(connection)
                server.heads.append(request)
                connection.sendall(answer(request))
            except OSError:
                pass  # the client went away, as several tests want it to
            finally:
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(timeout=6)


def _read(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    told = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(told[0].partition(b":")[2]) if told else 0
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def reply(body: bytes = b"{}", *, status: str = "200 OK", headers: tuple[str, ...] = ()) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
