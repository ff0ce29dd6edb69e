"""Stands between a process and its database, and can be away, or there without ever answering."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import sqlalchemy as sa


class Between:
    """Leads TCP connections on a port of this machine to a database server's socket. Begins `down`."""

    def __init__(self, url: str) -> None:
        found = sa.make_url(url)
        self._place = f"{found.query['host']}/.s.PGSQL.5432"
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port: int = listening.getsockname()[1]
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{found.database}"
        self._listening: socket.socket | None = None
        self._flowing = threading.Event()
        self._flowing.set()
        self._open: set[socket.socket] = set()

    def up(self) -> None:
        """There, and answering."""
        self._flowing.set()
        if self._listening is None:
            self._listening = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def hang(self) -> None:
        """There, and never answering, also to those who are connected."""
        self._flowing.clear()

    def down(self) -> None:
        """Gone, with every connection."""
        listening, self._listening = self._listening, None
        if listening is not None:
            # A thread that waits in it would keep the port open.
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        for one in tuple(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._flowing.set()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._place)
            for source, sink in ((near, far), (far, near)):
                self._open.add(source)
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                self._flowing.wait()
                sink.sendall(data)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._open.discard(source)
        source.close()
