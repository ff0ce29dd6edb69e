"""From the bytes of a received mail to a `Message`, within limits, and that message as JSON for another process."""

from __future__ import annotations

import base64
import email
import email.policy
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from tiebeam.connect.mail.message import Attachment, InvalidMessage, Message, read_message

_LONGEST_HEAD = 64 * 1024
_MOST_PARTS = 100
_DEEPEST = 10
_MOST_ATTACHMENTS = 50


def read_letter(data: bytes) -> Message:
    """Raises InvalidMessage with the reason, whatever a sender makes up."""
    _check_head(data)
    try:
        mail = email.message_from_bytes(data, policy=email.policy.default)
        _check_parts(mail)
        message = read_message(mail)
    except InvalidMessage:
        raise
    except Exception as problem:
        # The standard parser answers what senders make up with many errors, a RecursionError among them; none of
        # them may keep the letters behind from being read.
        raise InvalidMessage(f"it cannot be read as mail: {str(problem)[:300]}") from problem
    if not message.sender:
        raise InvalidMessage("it names no sender")
    if len(message.attachments) > _MOST_ATTACHMENTS:
        raise InvalidMessage(f"it has {len(message.attachments)} attachments; the limit is {_MOST_ATTACHMENTS}")
    return message


def _check_head(data: bytes) -> None:
    """Parsing a header takes the square of its length, so long ones are refused before."""
    ends = [place for place in (data.find(b"\n\n"), data.find(b"\r\n\r\n")) if place >= 0]
    size = min(ends, default=len(data))
    if size > _LONGEST_HEAD:
        raise InvalidMessage(f"its headers have {size} bytes; the limit is {_LONGEST_HEAD}")


def _check_parts(mail: EmailMessage) -> None:
    waiting: list[tuple[Any, int]] = [(mail, 1)]
    count = 0
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if count > _MOST_PARTS or depth > _DEEPEST:
            raise InvalidMessage(f"it has more than {_MOST_PARTS} parts, or parts nested deeper than {_DEEPEST} levels")
        if sum(len(name) + len(str(value)) for name, value in part.raw_items()) > _LONGEST_HEAD:
            raise InvalidMessage(f"one of its parts has headers of more than {_LONGEST_HEAD} letters")
        if part.is_multipart():
            waiting.extend((inner, depth + 1) for inner in part.get_payload())


def letter_form(data: bytes) -> dict[str, Any]:
    """`read_letter`, JSON-ready: what a confined process is asked for."""
    message = read_letter(data)
    return {
        "sender": message.sender,
        "to": list(message.to),
        "subject": message.subject,
        "text": message.text,
        "sent_at": None if message.sent_at is None else message.sent_at.isoformat(),
        "message_id": message.message_id,
        "in_reply_to": message.in_reply_to,
        "attachments": [
            {"name": one.name, "type": one.content_type, "data": base64.b64encode(one.data).decode("ascii")}
            for one in message.attachments
        ],
    }


def letter_from_form(form: Mapping[str, Any]) -> Message:
    """The way back. Raises InvalidMessage on anything that is no letter."""
    try:
        sent_at = form["sent_at"]
        return Message(
            sender=str(form["sender"]),
            to=tuple(str(address) for address in form["to"]),
            subject=str(form["subject"]),
            text=str(form["text"]),
            sent_at=None if sent_at is None else datetime.fromisoformat(sent_at),
            message_id=_optional(form["message_id"]),
            in_reply_to=_optional(form["in_reply_to"]),
            attachments=tuple(
                Attachment(str(one["name"]), str(one["type"]), base64.b64decode(one["data"], validate=True))
                for one in form["attachments"]
            ),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise InvalidMessage("the reading process gave no letter") from problem


def _optional(value: Any) -> str | None:
    return None if value is None else str(value)
