"""Messages out and in, as plain data; everything that comes in is untrusted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from tiebeam.errors import Invalid

_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")
_TOKEN = re.compile(r"\[TB-([A-Za-z0-9_-]{1,80})\]")
_QUOTE_STARTS = re.compile(r"^(On .{5,200} wrote:|Am .{5,200} schrieb .*:|-{2,}\s*(Original|Ursprüngliche).*-{2,})\s*$")
_LONGEST_SUBJECT = 400
_LONGEST_TEXT = 100_000


class InvalidMessage(Invalid):
    """A message that must not be sent as it is."""

    code = "invalid_message"


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A letter. `sent_at` is given by the sender's clock; `message_id` is set by the spool or read from the file."""

    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    sent_at: datetime | None = None
    message_id: str | None = None
    in_reply_to: str | None = None
    attachments: tuple[Attachment, ...] = ()


def subject_for(task_id: str, subject: str) -> str:
    """The subject with the token that links an answer to its task: `[TB-<task id>] …`."""
    token = f"[TB-{task_id}]"
    if not _TOKEN.fullmatch(token):
        raise InvalidMessage(f"{task_id!r} cannot be used as a reply token")
    return subject if token in subject else f"{token} {subject}"


def task_of(message: Message) -> str | None:
    """The task an answer belongs to, by the token in its subject. An answer is information, never a decision."""
    found = _TOKEN.search(message.subject)
    return found.group(1) if found else None


def answer_text(message: Message) -> str:
    """What the sender wrote, without the quoted letter below it."""
    kept: list[str] = []
    for line in message.text.splitlines():
        if _QUOTE_STARTS.match(line.strip()):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line.rstrip())
    return "\n".join(kept).strip()


def check_message(message: Message) -> None:
    """Raises InvalidMessage on an address, subject or name that could smuggle in another header."""
    if not message.to:
        raise InvalidMessage("the message has no recipient")
    for address in (message.sender, *message.to):
        if not _ADDRESS.fullmatch(address):
            raise InvalidMessage(f"{address!r} is not one plain mail address such as 'ap@example.com'")
    names = [attachment.name for attachment in message.attachments]
    for text in (message.subject, message.in_reply_to or "", *names):
        if any(ord(letter) < 32 or ord(letter) == 127 or letter in "\u2028\u2029\x85" for letter in text):
            raise InvalidMessage(f"{text[:60]!r} holds a line break or control character, which headers must not")
    if len(message.subject) > _LONGEST_SUBJECT or len(message.text) > _LONGEST_TEXT:
        raise InvalidMessage(f"the message is too long: {_LONGEST_SUBJECT} letters of subject, {_LONGEST_TEXT} of text")


def read_message(mail: EmailMessage) -> Message:
    """A parsed mail as plain data. Text comes from the plain part, else from the HTML part with its tags removed."""
    body: Any = mail.get_body(("plain", "html"))
    text = str(body.get_content()) if body is not None else ""
    if body is not None and body.get_content_type() == "text/html":
        text = _text_of_html(text)
    date: Any = mail.get("date")
    return Message(
        sender=_first_address(mail, "from") or "",
        to=tuple(_addresses(mail, "to")),
        subject=_one_line(mail.get("subject")),
        text=_storable(text)[:_LONGEST_TEXT],
        sent_at=getattr(date, "datetime", None),
        message_id=_one_line(mail.get("message-id")) or None,
        in_reply_to=_one_line(mail.get("in-reply-to")) or None,
        attachments=tuple(_attachments(mail)),
    )


def _addresses(mail: EmailMessage, header: str) -> list[str]:
    value: Any = mail.get(header)
    addresses = getattr(value, "addresses", ()) if value is not None else ()
    return [_storable(str(one.addr_spec)) for one in addresses if one.addr_spec]


def _storable(text: str) -> str:
    """Without NUL and halves of surrogate pairs, which no database takes."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _first_address(mail: EmailMessage, header: str) -> str | None:
    return next(iter(_addresses(mail, header)), None)


def _one_line(value: Any) -> str:
    return " ".join(_storable(str(value or "")).split())[:_LONGEST_SUBJECT]


def _attachments(mail: EmailMessage) -> list[Attachment]:
    found: list[Attachment] = []
    for part in mail.iter_attachments():
        data: Any = part.get_payload(decode=True)
        if isinstance(data, bytes):
            found.append(Attachment(part.get_filename() or "attachment", part.get_content_type(), data))
    return found


class _Letters(HTMLParser):
    """Collects the text of an HTML letter; scripts and styles are dropped."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "head"}:
            self._hidden += 1
        elif tag in {"br", "p", "div", "tr", "li"}:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "head"} and self._hidden:
            self._hidden -= 1
        elif tag in {"p", "div", "tr", "li"}:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def _text_of_html(html: str) -> str:
    letters = _Letters()
    letters.feed(html[: _LONGEST_TEXT * 4])
    letters.close()
    lines = (" ".join(line.split()) for line in "".join(letters.parts).splitlines())
    return "\n".join(line for line in lines if line)


def as_headers(message: Message) -> Mapping[str, str]:
    """The headers of an outgoing letter, in order."""
    headers = {"From": message.sender, "To": ", ".join(message.to), "Subject": message.subject}
    if message.in_reply_to:
        headers |= {"In-Reply-To": message.in_reply_to, "References": message.in_reply_to}
    return headers
