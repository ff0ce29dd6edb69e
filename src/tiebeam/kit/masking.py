"""Keeps secrets out of whatever is written down: the values this process has learned, and what looks like one."""

from __future__ import annotations

import base64
import json
import logging
import re
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST = 6
"""Shorter values are not looked for: they would be found in ordinary words."""
_MOST_VALUES = 2_000
_BASE64_TAIL = 4
# Shapes that are secrets by themselves: tokens of ours, credentials of HTTP, one-time links, passwords within URLs.
_SHAPES = re.compile(
    r"(?P<token>tb_[a-z]_[A-Za-z0-9]{4,16}_)[A-Za-z0-9_-]{16,}"
    r"|(?P<scheme>\b(?i:bearer|basic)(?:\s|%20|\+)+)(?=[^\s,;\"'<>\\]*[0-9+/=_.-])[A-Za-z0-9._~+/=-]{16,}"
    r"|(?P<link>/sign-in\?(?:[^\s\"'<>]*?&)?token=)[^\s&\"'<>\\]+"
    r"|(?P<cookie>\b(?:__Host-)?tiebeam_session=)[^\s;,\"'<>\\]+"
    r"|(?P<user>://[^\s/:@\"'<>]*:)[^\s/@\"'<>]+(?=@)"
)


# A text without any of these has none of the shapes; asking first is far quicker than looking for them.
_MARKS = ("tb_", "bearer", "basic", "token=", "tiebeam_session=", "://")


class Masking:
    """Values to be masked, in every form they are usually written in. Safe to share between threads."""

    def __init__(self) -> None:
        self._values: dict[str, None] = {}
        self._known: re.Pattern[str] | None = None
        self._lock = threading.Lock()

    def add(self, value: str) -> None:
        """Mask `value` from now on. The oldest of very many is forgotten."""
        lines = [value, *(line.strip() for line in value.splitlines() if len(line.strip()) >= 4 * SHORTEST)]
        fitting = [one for one in lines if len(one) >= SHORTEST]
        with self._lock:
            if all(one in self._values for one in fitting):
                return
            self._values |= dict.fromkeys(fitting)
            while len(self._values) > _MOST_VALUES:
                del self._values[next(iter(self._values))]
            forms = {form for one in self._values for form in forms_of(one)}
            self._known = re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))

    def mask(self, text: str) -> str:
        """`text` with every known secret, and what has the shape of one, replaced by `***`."""
        if len(text) < SHORTEST:
            return text
        known = self._known
        if known is not None:
            text = known.sub(MASK, text)
        lowered = text.lower()
        return _SHAPES.sub(_without_secret, text) if any(mark in lowered for mark in _MARKS) else text

    def mask_data(self, value: Any) -> Any:
        """JSON-like content with all its texts masked, keys included; other values as they are."""
        match value:
            case str():
                return self.mask(value)
            case Mapping():
                return {self.mask_data(key): self.mask_data(item) for key, item in value.items()}
            case list():
                return [self.mask_data(item) for item in value]
            case tuple():
                return tuple(self.mask_data(item) for item in value)
            case _:
                return value


MASKING = Masking()
"""The one of this process. What a secret reader learns here is masked in logs, errors and the journal alike, also where
nobody could have handed it in; nothing but masking depends on it."""


def mask_logs() -> None:
    """From now on every log record of this process is masked before any handler sees it, its traceback included."""
    make = logging.getLogRecordFactory()
    if isinstance(make, _MaskedRecords):
        return
    logging.setLogRecordFactory(_MaskedRecords(make))


class _MaskedRecords:
    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):
            # Arguments that do not fit the text: logging reports that itself, and shows both.
            record.msg, record.args = MASKING.mask(f"{record.msg!r} {record.args!r}"), None
            return record
        masked = MASKING.mask(text)
        if masked != text:
            record.msg, record.args = masked, None
        if record.exc_info and record.exc_info[0] is not None:
            # Handlers print this text and do not format the exception once more.
            record.exc_text = MASKING.mask("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
        if record.stack_info:
            record.stack_info = MASKING.mask(record.stack_info)
        return record


def forms_of(value: str) -> frozenset[str]:
    """The value as it is, percent-encoded, JSON-escaped, as Python prints it, in hexadecimal and inside base64."""
    raw = value.encode("utf-8", "surrogateescape")
    forms = {
        value,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(value))[3:-3],
        repr(value)[1:-1],
        repr(raw)[2:-1],
        raw.hex(),
    }
    forms |= {re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), form) for form in tuple(forms) if "%" in form}
    return frozenset(form for form in forms | set(_inside_base64(raw)) if len(form) >= SHORTEST)


def _inside_base64(raw: bytes) -> list[str]:
    """What of `raw` stands unchanged in the base64 of any longer text, for its three possible positions."""
    found: list[str] = []
    for before in range(3):
        coded = base64.b64encode(bytes(before) + raw).decode("ascii").rstrip("=")
        # The first characters mix with what stood before, the last one with what comes after.
        start = (0, 2, 3)[before]
        inner = coded[start:] if (before + len(raw)) % 3 == 0 else coded[start:-1]
        if len(inner) >= SHORTEST + _BASE64_TAIL:
            found += [inner, inner.replace("+", "-").replace("/", "_")]
    return found


def _without_secret(found: re.Match[str]) -> str:
    kept = next(group for group in found.groups() if group is not None)
    return f"{kept}{MASK}"
