"""A mail server on this machine that keeps the letters it takes."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """`refuses` are recipients it will not take; `logins` are user and password as they came, over TLS or not."""

    port: int
    refuses: frozenset[str] = frozenset()
    is_closed: bool = False
    tls: ssl.SSLContext | None = None
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    logins: list[tuple[str, str, bool]] = field(default_factory=list)

    def converse(self, connection: socket.socket) -> None:
        """One conversation; closes what it talked over."""
        with ExitStack() as opened:
            opened.enter_context(connection)
            self._converse(connection, opened)

    def _converse(self, connection: socket.socket, opened: ExitStack) -> None:
        is_secure = False
        lines = connection.makefile("rb")
        to: list[str] = []

        def say(text: str) -> None:
            connection.sendall(text.encode() + b"\r\n")

        say("421 closed for the night" if self.is_closed else "220 mail.example ready")
        while not self.is_closed and (line := lines.readline()):
            verb, _, rest = line.decode().strip().partition(" ")
            match verb.upper():
                case "EHLO":
                    offers = ["250-mail.example", *(["250-STARTTLS"] if self.tls and not is_secure else [])]
                    say("\r\n".join([*offers, "250 AUTH PLAIN"]))
                case "STARTTLS":
                    assert self.tls is not None
                    say("220 go ahead")
                    connection = opened.enter_context(self.tls.wrap_socket(connection, server_side=True))
                    lines, is_secure = connection.makefile("rb"), True
                case "AUTH":
                    _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
                    self.logins.append((user, password, is_secure))
                    say("235 welcome")
                case "RCPT":
                    address = rest.partition("<")[2].partition(">")[0]
                    if address in self.refuses:
                        say("550 nobody of that name")
                        continue
                    to.append(address)
                    say("250 ok")
                case "DATA":
                    say("354 end with a full stop")
                    body = b""
                    while (part := lines.readline()) not in (b".\r\n", b""):
                        body += part
                    self.letters.append(message_from_bytes(body, policy=policy.default))
                    self.recipients.append(to)
                    say("250 taken")
                case "QUIT":
                    say("221 bye")
                    return
                case _:
                    say("250 ok")


@contextmanager
def mail_server(*, refuses: frozenset[str] = frozenset(), tls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = MailServer(port=listening.getsockname()[1], refuses=refuses, tls=tls)

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            connection.settimeout(5)
            try:
                server.converse(connection)
            except OSError:
                continue  # the client went away

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(timeout=6)
