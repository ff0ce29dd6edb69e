"""Mail as files: `outbox/` for a mail program to send, `inbox/` for what it received."""

from __future__ import annotations

import email.policy
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from tiebeam.connect.mail.letter import read_letter
from tiebeam.connect.mail.message import InvalidMessage, Message, as_headers, check_message
from tiebeam.connect.spool import put_once, spool_name
from tiebeam.errors import NotFound
from tiebeam.kit import sha256_hex

_LARGEST = 10_000_000
_MOST = 500


class MailSpool:
    """`outbox/*.eml` out, `inbox/*.eml` in; handled letters move to `done/`, unreadable ones to `refused/`."""

    def __init__(
        self,
        folder: Path,
        *,
        domain: str = "tiebeam.invalid",
        largest_bytes: int = _LARGEST,
        read: Callable[[bytes], Message] = read_letter,
    ) -> None:
        """`read` makes a message of a received file's bytes and raises InvalidMessage; it may do so in a process of
        its own."""
        self._read_letter = read
        self._folder = folder
        self._domain = domain
        self._largest = largest_bytes

    def send(self, key: str, message: Message) -> Path:
        """Write the letter once per key. Raises InvalidMessage, or SpoolConflict when the key names another letter.

        The message id follows from the key, so a repeated call after a crash writes the same bytes.
        """
        check_message(message)
        mail = EmailMessage(policy=email.policy.SMTP)
        for name, value in as_headers(message).items():
            mail[name] = value
        mail["Message-ID"] = self.message_id(key)
        if message.sent_at is not None:
            mail["Date"] = format_datetime(message.sent_at)
        mail.set_content(message.text)
        for attachment in message.attachments:
            main, _, sub = attachment.content_type.partition("/")
            mail.add_attachment(
                attachment.data, maintype=main or "application", subtype=sub or "octet-stream", filename=attachment.name
            )
        if message.attachments:
            # The standard library would draw a random boundary; a fixed one keeps equal letters equal.
            mail.set_boundary(f"=_{sha256_hex(key)[:32]}")
        return put_once(self._folder / "outbox", name=spool_name(key, suffix=".eml"), data=mail.as_bytes())

    def sent(self, key: str) -> Path | None:
        """The letter written for `key`."""
        path = self._folder / "outbox" / spool_name(key, suffix=".eml")
        return path if path.is_file() else None

    def message_id(self, key: str) -> str:
        return f"<{sha256_hex(key)[:32]}@{self._domain}>"

    def incoming(self, *, most: int = _MOST) -> list[tuple[Path, Message]]:
        """Up to `most` letters by file name. Those too large or broken move to `refused/`, each with its reason."""
        inbox = self._folder / "inbox"
        if not inbox.is_dir():
            return []
        found: list[tuple[Path, Message]] = []
        for path in sorted(inbox.glob("*.eml"))[:most]:
            try:
                found.append((path, self._read(path)))
            except InvalidMessage as problem:
                self._refuse(path, problem.message)
        return found

    def done(self, path: Path) -> Path:
        """Put a handled letter away."""
        return self._move(path, "done")

    def _read(self, path: Path) -> Message:
        if path.is_symlink() or not path.is_file():
            raise InvalidMessage(f"{path.name!r} is not a plain file")
        if path.stat().st_size > self._largest:
            raise InvalidMessage(f"{path.name!r} is larger than {self._largest} bytes")
        try:
            return self._read_letter(path.read_bytes())
        except InvalidMessage as problem:
            raise InvalidMessage(f"{path.name!r} was not taken in: {problem.message}") from problem

    def _refuse(self, path: Path, reason: str) -> None:
        moved = self._move(path, "refused")
        moved.with_suffix(".txt").write_text(reason + "\n", encoding="utf-8")

    def _move(self, path: Path, to: str) -> Path:
        inbox = self._folder / "inbox"
        if path.parent.resolve() != inbox.resolve() or not (path.is_file() or path.is_symlink()):
            raise NotFound(f"{path.name!r} is not in the inbox; letters are put away once")
        target = self._folder / to / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        count = 1
        while target.exists():
            count += 1
            target = target.with_name(f"{path.stem}-{count}{path.suffix}")
        return path.rename(target)
