"""Keys for comparing names and numbers that people and systems write differently."""

from __future__ import annotations

import re
import unicodedata

_NOT_WORD = re.compile(r"[^0-9a-z]+")


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def compact_key(text: str) -> str:
    """Letters and digits only, folded: `INV-2026/07 a` and `inv202607A` are equal."""
    return "".join(filter(str.isalnum, _folded(text)))


def words_key(text: str) -> str:
    """Folded words separated by single spaces."""
    return " ".join("".join(c if c.isalnum() else " " for c in _folded(text)).split())


def slug(text: str) -> str:
    """A lower-case name with hyphens for use in ids and file names; `x` when nothing is left."""
    return _NOT_WORD.sub("-", _folded(text)).strip("-") or "x"


def matches_star(text: str, pattern: str) -> bool:
    """Whether a name fits a pattern in which `*` stands for any letters, none included; the rest means itself."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    place, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True
