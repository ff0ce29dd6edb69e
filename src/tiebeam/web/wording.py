"""How figures, moments and ids are written on a page."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tiebeam.kit import cents

NONE = "–"


def money(value: Decimal | None, currency: str = "") -> str:
    """1,234.50 EUR; an en dash where there is no figure."""
    if value is None:
        return NONE
    return f"{cents(value):,} {currency}".rstrip()


def usd(value: Decimal | None) -> str:
    """Dollars with as many decimals as small charges need: $1,234.50, $0.0042, -$3.20."""
    if value is None:
        return NONE
    sign, size = ("-" if value < 0 else ""), abs(value)
    if size and size < Decimal("0.01"):
        return f"{sign}${size.quantize(Decimal('0.0001')):f}"
    return f"{sign}${cents(size):,}"


def quantity(value: Decimal | float | None) -> str:
    """A plain figure with thousands separators and no trailing zeros."""
    if value is None:
        return NONE
    return f"{Decimal(str(value)).normalize():,f}"


def percent(value: Decimal | float | None, places: int = 0) -> str:
    """A share between 0 and 1 as percent."""
    return NONE if value is None else f"{float(value) * 100:.{places}f} %"


def duration(seconds: float | Decimal | None) -> str:
    """840 ms, 2.4 s, 3 min 20 s, 5 h 10 min, 2 d 4 h."""
    if seconds is None:
        return NONE
    amount = float(seconds)
    if amount == 0:
        return NONE  # Begun and ended in one commit: not timed.
    if amount < 1:
        return f"{round(amount * 1000)} ms"
    if amount < 60:
        return f"{amount:.1f} s"
    whole = round(amount)
    for size, name, smaller, small_name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {name}" + (f" {rest} {small_name}" if rest else "")
    return f"{whole} s"


def until(moment: datetime, now: datetime) -> str:
    """`in 3 h 10 min` or `25 min over`."""
    left = moment - now
    words = duration(round(abs(left.total_seconds()) / 60) * 60) if abs(left) >= timedelta(minutes=1) else "0 min"
    return f"in {words}" if left > timedelta(0) else f"{words} over"


def ago(moment: datetime, now: datetime) -> str:
    """`just now`, `12 min ago`, `3 h ago`, `2 d ago`."""
    seconds = max(0, round((now - moment).total_seconds()))
    if seconds < 60:
        return "just now"
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {name} ago"
    return "just now"


def moment(at: datetime | None, zone: ZoneInfo, now: datetime | None = None) -> str:
    """Day and minute in the zone of the workspace; the year only where it is another one."""
    if at is None:
        return NONE
    local = at.astimezone(zone)
    year = "" if now is not None and now.astimezone(zone).year == local.year else f" {local.year}"
    return f"{local.day} {local:%b}{year}, {local:%H:%M}"


def day(value: date | None) -> str:
    return NONE if value is None else f"{value.day} {value:%b} {value.year}"


def short_id(name: str) -> str:
    """The distinguishing end of a long id: `run_01k3…x7f2` → `x7f2`; short ones stay whole."""
    head, _, tail = name.partition("_")
    return f"{head}…{tail[-6:]}" if len(tail) > 10 else name


def bytes_text(size: int) -> str:
    for unit, step in (("MB", 1_000_000), ("KB", 1_000)):
        if size >= step:
            return f"{size / step:.1f} {unit}"
    return f"{size} bytes"


def initials(name: str) -> str:
    words = [word for word in name.split() if word[:1].isalpha()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"


def pretty_json(value: Any, most_letters: int = 2_500) -> str:
    """Indented JSON; Decimals and moments as text. Long values are cut, as pages must stay light; exports are whole."""
    text = json.dumps(value, indent=1, ensure_ascii=False, default=str)
    return text if len(text) <= most_letters else f"{text[:most_letters]}\n… cut here; the export holds all of it"


def in_words(name: str) -> str:
    """`missing_receipt` → `missing receipt`."""
    return name.replace("_", " ").replace("-", " ")


def sentence(name: str) -> str:
    """`auto_pay` → `Auto pay`."""
    words = in_words(name)
    return words[:1].upper() + words[1:]
