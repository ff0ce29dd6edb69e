"""Dates as people print them. `03/04/2026` is two days until the document proves which; the caller decides."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_MONTHS = (
    ("jan", "gen", "ene", "tam", "sty"),
    ("feb", "fev", "hel", "lut"),
    ("mar", "mrz", "maer", "mrt", "maa"),
    ("apr", "avr", "abr", "huh", "kwi"),
    ("may", "mai", "mag", "mei", "maj", "tou"),
    ("jun", "juin", "giu", "kes", "cze"),
    ("jul", "juil", "lug", "hei", "lip"),
    ("aug", "aou", "ago", "elo", "sie"),
    ("sep", "set", "syy", "wrz"),
    ("oct", "okt", "ott", "out", "lok", "paz"),
    ("nov", "lis"),
    ("dec", "dez", "dic", "des", "jou", "gru"),
)
_YMD = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_NUMERIC = re.compile(r"(?<![\d.,/-])(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?![\d/-])")
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})(?:er|st|nd|rd|th|\.|º)?[\s-]+(?:de\s+|of\s+)?([a-z]{3,12})\.?,?[\s-]+(?:de\s+|del\s+)?(\d{4}|\d{2})(?!\d)"
)
_MONTH_FIRST = re.compile(r"\b([a-z]{3,12})\.?[\s-]+(\d{1,2})(?:st|nd|rd|th)?,?[\s-]+(\d{4})(?!\d)")


def plain(text: str) -> str:
    """Lower case without accents, so that labels and month names compare."""
    text = text.casefold().replace("ø", "o").replace("æ", "ae").replace("ł", "l")
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def days_in(text: str) -> list[tuple[date, ...]]:
    """Each printed date with its possible readings (day first, then month first), in order of appearance."""
    folded = plain(text)
    found = [(match.start(), _readings((match[1], match[3], match[4]))) for match in _YMD.finditer(folded)]
    found += [(match.start(), _numeric(match)) for match in _NUMERIC.finditer(folded)]
    found += [(match.start(), _named(match[3], match[2], match[1])) for match in _DAY_FIRST.finditer(folded)]
    found += [(match.start(), _named(match[3], match[1], match[2])) for match in _MONTH_FIRST.finditer(folded)]
    return [readings for _, readings in sorted(found) if readings]


def _numeric(match: re.Match[str]) -> tuple[date, ...]:
    """Day first; with slashes also month first, for Americans write it so."""
    day_first, month_first = (match[4], match[3], match[1]), (match[4], match[1], match[3])
    return _readings(day_first, month_first) if match[2] == "/" else _readings(day_first)


def _named(year: str, month: str, day: str) -> tuple[date, ...]:
    number = month_number(month)
    return () if number is None else _readings((year, str(number), day))


def month_number(name: str) -> int | None:
    if name.startswith("marras"):
        return 11
    if name.startswith(("juin", "juil")):
        return 6 if name.startswith("juin") else 7
    return next((i for i, starts in enumerate(_MONTHS, start=1) if name.startswith(starts)), None)


def _readings(*orders: tuple[str, str, str]) -> tuple[date, ...]:
    days: list[date] = []
    for year, month, day in orders:
        full = int(year) + 2000 if len(year) == 2 else int(year)
        if not 1990 <= full <= 2100:
            continue
        try:
            value = date(full, int(month), int(day))
        except ValueError:
            continue  # 13 is no month: that order of day and month is ruled out.
        if value not in days:
            days.append(value)
    return tuple(days)
