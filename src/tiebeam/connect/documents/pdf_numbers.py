"""Numbers as people print them: 1.234,56 · 1,234.56 · 1 234,56 · 1'234.56 · -5,00 · 5,00- · (5.00) · 12 % · € 3.50."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from tiebeam.connect.documents.pdf_labels import word_set

_SPACES = "\u00a0\u202f\u2009 "
_SHAPE = re.compile(r"\d{1,3}(?:[.,'’]\d{3})+(?:[.,]\d+)?|\d{1,3}(?: \d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?|[.,]\d+")
_LONGEST = 20
_SYMBOLS = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "US$": "USD"}
CURRENCIES = word_set(
    """EUR USD GBP CHF SEK NOK DKK ISK PLN CZK HUF RON BGN HRK RSD TRY UAH CAD AUD NZD JPY CNY HKD SGD INR KRW
    BRL MXN ZAR ILS AED SAR THB MYR IDR PHP VND EGP MAD TND CLP COP ARS PEN RUB BAM ALL MKD GEL"""
)


def currency_in(token: str) -> str | None:
    """The currency that a token names by code or sign: `EUR`, `€`, `12,50€`."""
    bare = token.strip("()[]:;,.")
    if bare in CURRENCIES:
        return bare
    return next((code for sign, code in sorted(_SYMBOLS.items(), key=lambda s: -len(s[0])) if sign in token), None)


def stripped(text: str) -> tuple[str, int]:
    """The digits with their separators, and the sign; empty where the text is more than one number."""
    bare = text.strip()
    for code in (*_SYMBOLS, "kr.", "kr", "Kr", "SFr.", "Fr.", "%", *sorted(currencies_in(bare))):
        bare = bare.replace(code, " ")
    bare = bare.strip(_SPACES + ":*")
    sign = 1
    if bare.startswith("(") and bare.endswith(")"):
        bare, sign = bare[1:-1], -1
    if bare.startswith(("-", "−", "–")):
        bare, sign = bare[1:], -1
    elif bare.endswith(("-", "−", "–")) and len(bare) > 1:
        bare, sign = bare[:-1], -1
        bare = bare.removesuffix(",").removesuffix(".")
    elif bare.startswith("+"):
        bare = bare[1:]
    return bare.strip(_SPACES), sign


def currencies_in(text: str) -> set[str]:
    return {word for word in re.findall(r"[A-Z]{3}", text) if word in CURRENCIES}


def is_number(text: str) -> bool:
    bare, _ = stripped(text)
    return bool(bare) and len(bare) <= _LONGEST and _SHAPE.fullmatch(_plain_spaces(bare)) is not None


def _plain_spaces(text: str) -> str:
    for space in _SPACES:
        text = text.replace(space, " ")
    return text


def decimal_mark_of(texts: Iterable[str]) -> str | None:
    """`,` or `.` as the document's own numbers prove it; None where none of them does."""
    votes: Counter[str] = Counter()
    for text in texts:
        bare, _ = stripped(text)
        if not is_number(text):
            continue
        marks = [letter for letter in bare if letter in ".,"]
        if not marks:
            continue
        last, tail = marks[-1], len(bare) - 1 - max(bare.rfind("."), bare.rfind(","))
        if len(set(marks)) == 2 or (len(marks) == 1 and tail != 3):
            votes[last] += 2 if tail == 2 else 1
        elif len(marks) > 1:
            votes["," if last == "." else "."] += 2
        elif "'" in bare or "’" in bare or " " in _plain_spaces(bare):
            votes[last] += 2
    if not votes:
        return None
    (best, most), *rest = votes.most_common()
    return best if not rest or most > rest[0][1] else None


def parse_number(text: str, *, mark: str | None) -> Decimal | None:
    """The value, or None where the text is no single number or could be read in two ways (`1,234` without proof)."""
    if not is_number(text):
        return None
    bare, sign = stripped(text)
    bare = _plain_spaces(bare).replace(" ", "").replace("'", "").replace("’", "")
    marks = [letter for letter in bare if letter in ".,"]
    if marks:
        last = marks[-1]
        tail = len(bare) - 1 - bare.rfind(last)
        if len(set(marks)) == 2 or (len(marks) == 1 and tail != 3):
            own = last
        elif len(marks) > 1:
            own = "," if last == "." else "."
        elif bare.startswith(("0.", "0,", ".", ",")):
            own = last
        elif mark is None:
            return None
        else:
            own = mark
        bare = bare.replace("," if own == "." else ".", "").replace(own, ".")
    return sign * Decimal(bare)
