"""Messages as letters, handed to the company's mail server."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from tiebeam.connect.notify.message import NotTold, Told
from tiebeam.connect.outgoing import Outgoing
from tiebeam.connect.secrets import Secret
from tiebeam.spec import NotifyUse

SECONDS = 20.0
_LONGEST_SUBJECT = 200


class SmtpPlace:
    """The mail server of `[notify]`. `password` is read anew for each letter; None where nobody signs in.

    Raises ValueError when `use` names no server.
    """

    def __init__(self, use: NotifyUse, *, outgoing: Outgoing, password: Callable[[], Secret] | None) -> None:
        if use.smtp_host is None:
            raise ValueError("[notify] names no smtp_host")
        self._use = use
        self._host = use.smtp_host
        self._outgoing = outgoing
        self._password = password
        self.name = f"smtp:{use.smtp_host}:{use.smtp_port}"

    def tell(self, told: Told) -> None:
        """To the configured addresses and those of the message; to nobody where there are none.

        Raises NotTold, and what the outgoing client and the secret raise.
        """
        people = tuple(dict.fromkeys((*self._use.to, *told.to)))
        if not people:
            return
        try:
            with _Guarded(self._host, self._use.smtp_port, outgoing=self._outgoing) as server:
                if self._use.smtp_starttls:
                    server.starttls(context=self._outgoing.tls())
                if self._use.smtp_user is not None and self._password is not None:
                    server.login(self._use.smtp_user, self._password().reveal())
                refused = server.send_message(self._letter(told, people), self._use.sender, list(people))
        except (smtplib.SMTPException, ssl.SSLError, TimeoutError) as problem:
            # What a server says may repeat what was sent to it, a password among it.
            raise NotTold(f"the mail server {self._host!r} took no letter ({_said(problem)})") from None
        if refused:
            raise NotTold(f"the mail server {self._host!r} refused {', '.join(sorted(refused))}")

    def _letter(self, told: Told, people: tuple[str, ...]) -> EmailMessage:
        letter = EmailMessage()
        letter["Subject"] = " ".join(told.subject.split())[:_LONGEST_SUBJECT]
        letter["From"] = Address("Tiebeam", addr_spec=self._use.sender)
        letter["To"] = ", ".join(people)
        letter["Date"] = format_datetime(told.at)
        # The same for every try, so that a letter that came twice is shown once.
        letter["Message-ID"] = f"<{told.id}@{self._use.sender.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(told.text)
        return letter


class _Guarded(smtplib.SMTP):
    """Connects only where requests may go too."""

    def __init__(self, host: str, port: int, *, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        super().__init__(host, port, timeout=SECONDS)

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        return self._outgoing.connect("smtp", host, port, seconds=timeout)


def _said(problem: Exception) -> str:
    code = getattr(problem, "smtp_code", None)
    return type(problem).__name__ if code is None else f"{type(problem).__name__} {code}"
