"""Numbers, dates and codes as tables and XML write them; every refusal names its place."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from tiebeam.connect.purchasing.errors import ReferenceUnreadable

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?")
_COMMA = re.compile(r"[+-]?\d+,\d+")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_MAX_DIGITS = 40


def decimal_of(text: str, *, place: str) -> Decimal:
    """A plain number, or one with a decimal comma and no thousands marks. Raises ReferenceUnreadable."""
    cleaned = text.strip().replace("\u00a0", "")
    if _COMMA.fullmatch(cleaned):
        cleaned = cleaned.replace(",", ".")
    if len(cleaned) > _MAX_DIGITS or not _PLAIN.fullmatch(cleaned):
        raise ReferenceUnreadable(f"{place}: {text[:60]!r} is not a number; write it like 1234.50", place=place)
    try:
        return Decimal(cleaned)
    except InvalidOperation as problem:
        raise ReferenceUnreadable(f"{place}: {text[:60]!r} is not a number", place=place) from problem


def date_of(text: str, *, place: str) -> date:
    """ISO days, with or without a time, and 31.12.2026. Raises ReferenceUnreadable."""
    cleaned = text.strip()
    day_first = _DAY_FIRST.fullmatch(cleaned)
    try:
        if day_first:
            return date(int(day_first[3]), int(day_first[2]), int(day_first[1]))
        return date.fromisoformat(cleaned[:10])
    except ValueError as problem:
        raise ReferenceUnreadable(
            f"{place}: {text[:60]!r} is not a date; write it like 2026-12-31", place=place
        ) from problem


def compact(text: str | None) -> str | None:
    """Without white space, as VAT ids and account numbers are compared."""
    return None if text is None else "".join(text.split()) or None


def split_list(text: str | None) -> tuple[str, ...]:
    """Several values in one cell, parted by `;`, `|` or new lines."""
    parts = (compact(part) for part in re.split(r"[;|\n]", text or ""))
    return tuple(part for part in parts if part)
