"""Text from outside, shown so that it cannot pose as something else, and tables that a spreadsheet will not run."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from tiebeam.kit.money import decimal_text
from tiebeam.kit.plain import plain

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_POSING = re.compile("[\u180e\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]")
"""What turns the direction of letters around, breaks lines unseen, or hides letters: a name could read as another."""
_FORMULA = re.compile("^[\\s\"']*[=+\\-@|%\uff1d\uff0b\uff0d\uff20\u2212]|^[\t\r\n]")
_LONGEST_CELL = 32_767
"""The most letters a spreadsheet takes in one cell."""
_NUMBER = re.compile(r"[+-]?\d{1,40}([.,]\d{1,40})?")


def visible(text: str) -> str:
    """Control characters become `\N{REPLACEMENT CHARACTER}`; what is invisible or turns letters around, its number.

    Line breaks and tabs stay, and so do the joiners and marks that scripts of the world are written with.
    """
    if text.isascii() and text.isprintable():
        return text
    shown = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)
    return _POSING.sub(lambda found: f"[U+{ord(found.group()):04X}]", shown)


def hidden_signs(text: str) -> list[str]:
    """The numbers (`U+202E`) of the signs in a text that nobody sees or that turn its direction, each once."""
    return [f"U+{ord(sign):04X}" for sign in dict.fromkeys(_POSING.findall(text))]


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """RFC 4180 with a header. The one writer of tables for spreadsheets.

    Numbers, moments and None are written as they are. Text that a spreadsheet could run as a formula gets an apostrophe
    before it, which spreadsheets take as "this is text"; text that is nothing but a number stays one. Control
    characters and letters that turn or hide others are made visible, and what is longer than a cell may be is cut.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_cell(name) for name in head])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Decimal):
        return decimal_text(value)
    text = value if isinstance(value, str) else str(plain(value))
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    text = visible(text)
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"
