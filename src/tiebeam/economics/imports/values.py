"""Numbers and moments as people and spreadsheets of many countries write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

_SIGNS = re.compile(r"[\s\u00a0\u202f'’$€£]|USD|EUR|GBP", re.IGNORECASE)
_GROUPS = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+")
_SLASHED = re.compile(r"(\d{1,2})([/.])(\d{1,2})[/.](\d{4})(?:[ T](.*))?")
_EPOCH = re.compile(r"\d{10}(\d{3})?(\.\d+)?")
_MOST_DIGITS = 40


def amount(text: object, *, decimal_comma: bool = False) -> Decimal:
    """A number as written: 1234.5, 1,234.50, 1.234,50, 1 234,50, $0.25, 1.2e-05, (3.10) for what is negative.

    `decimal_comma` decides where one sign could be either, such as 1.234. Raises ValueError.
    """
    if isinstance(text, bool) or text is None:
        raise ValueError(f"{text!r} is no number")
    if isinstance(text, (int, float, Decimal)):
        return _finite(str(text))
    cleaned = _SIGNS.sub("", str(text))
    if cleaned.startswith("(") and cleaned.endswith(")"):
        cleaned = f"-{cleaned[1:-1]}"
    if len(cleaned) > _MOST_DIGITS:
        raise ValueError(f"{str(text)[:60]!r} is too long for a number")
    if "," in cleaned and "." in cleaned:
        comma_last = cleaned.rindex(",") > cleaned.rindex(".")
        cleaned = cleaned.replace(".", "").replace(",", ".") if comma_last else cleaned.replace(",", "")
    elif "," in cleaned:
        is_grouped = bool(_GROUPS.fullmatch(cleaned)) and (cleaned.count(",") > 1 or not decimal_comma)
        cleaned = cleaned.replace(",", "" if is_grouped else ".")
    elif cleaned.count(".") > 1 or (decimal_comma and _GROUPS.fullmatch(cleaned)):
        cleaned = cleaned.replace(".", "")
    return _finite(cleaned)


def whole(text: object, *, decimal_comma: bool = False) -> int:
    """A count. Nothing written is 0. Raises ValueError for a part of one, or less than none."""
    if text is None or text == "":
        return 0
    found = amount(text, decimal_comma=decimal_comma)
    if found != found.to_integral_value() or found < 0 or found > 10**15:
        raise ValueError(f"{str(text)[:60]!r} is no count")
    return int(found)


def _finite(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation as problem:
        raise ValueError(f"{text[:60]!r} is no number") from problem
    if not found.is_finite() or abs(found) > 10**15:
        raise ValueError(f"{text[:60]!r} is no number")
    return found


def day_first_of(text: str) -> bool | None:
    """Whether a date such as 13/02/2026 names its day first; None where it could be either, or is no such date.

    Dates with points, as in 02.03.2026, always do.
    """
    found = _SLASHED.fullmatch(text.strip())
    if found is None:
        return None
    first, sign, second = int(found[1]), found[2], int(found[3])
    if sign == ".":
        return True
    return True if first > 12 else False if second > 12 else None


def moment(text: object, *, day_first: bool | None = None) -> datetime:
    """A moment as written: ISO 8601, also with a space, seconds or milliseconds since 1970, or a date with slashes.

    Without an offset it is UTC. Raises ValueError, also where nobody can tell the day from the month.
    """
    if isinstance(text, (int, float, Decimal)) and not isinstance(text, bool):
        return _since_1970(float(text))
    said = str(text or "").strip()
    if _EPOCH.fullmatch(said):
        return _since_1970(float(said))
    slashed = _SLASHED.fullmatch(said)
    if slashed is not None:
        first_is_day = day_first if slashed[2] == "/" else True
        if first_is_day is None:
            first_is_day = day_first_of(said)
        if first_is_day is None:
            raise ValueError(f"{said!r} may be read two ways; say whether the day or the month comes first")
        day, month = (slashed[1], slashed[3]) if first_is_day else (slashed[3], slashed[1])
        said = f"{slashed[4]}-{int(month):02d}-{int(day):02d}" + (f"T{slashed[5]}" if slashed[5] else "")
    said = re.sub(r"\s*(UTC|Z)$", "+00:00", said)
    try:
        found = datetime.fromisoformat(said)
    except ValueError as problem:
        raise ValueError(f"{str(text)[:60]!r} is no moment such as 2026-11-30T14:05:00Z") from problem
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return _within(found, text)


def _since_1970(seconds: float) -> datetime:
    try:
        found = datetime.fromtimestamp(seconds / 1000 if seconds > 10**11 else seconds, UTC)
    except (OverflowError, OSError, ValueError) as problem:
        raise ValueError(f"{seconds} is no moment") from problem
    return _within(found, seconds)


def _within(found: datetime, text: object) -> datetime:
    if not 2015 <= found.year <= 2100:
        raise ValueError(f"{str(text)[:60]!r} lies in the year {found.year}")
    return found
