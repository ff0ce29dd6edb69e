"""What probes and Prometheus ask, on a port of its own: nobody signs in there, so it belongs to the inner network."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tiebeam.app import Vitals
from tiebeam.kit import stored_json
from tiebeam.serve.listening import base_url, listen

_SECONDS = 5
_JSON, _TEXT = "application/json", "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Place:
    host: str
    port: int
    told: Callable[[str], None]
    """Hears once where it listens: port 0 picks a free one."""


@contextmanager
def probed(place: Place, vitals: Vitals) -> Generator[None]:
    """Answer /health, /ready and /metrics meanwhile. Raises PortTaken."""
    listening = listen(place.host, place.port)
    server = _Server(listening, vitals)
    thread = threading.Thread(target=server.serve_forever, name="tiebeam-probes", daemon=True)
    thread.start()
    place.told(f"Probes: {base_url(listening)}/health, /ready, /metrics")
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=_SECONDS)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listening: socket.socket, vitals: Vitals) -> None:
        super().__init__(listening.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.vitals = vitals

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A probe that hangs up is no event."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    server_version, sys_version = "Tiebeam", ""
    timeout = _SECONDS
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        vitals = self.server.vitals
        match self.path.partition("?")[0]:
            case "/health":
                self._say(*vitals.health())
            case "/ready":
                self._say(*vitals.ready())
            case "/metrics":
                self._send(200, _TEXT, vitals.metrics())
            case _:
                self._say(404, {"status": "unknown path", "paths": ["/health", "/ready", "/metrics"]})

    do_HEAD = do_GET  # noqa: N815 - the base class calls it so

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        """Probes come every few seconds and say nothing new."""

    def _say(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, _JSON, stored_json(body).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
