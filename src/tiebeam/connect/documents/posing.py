"""Letters that pose as others: signs nobody sees, signs that turn the reading direction, and look-alike alphabets.

Nothing is converted: what a document says is kept as it says it, and the reader tells what a person would overlook.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from tiebeam.connect.documents.model import Invoice
from tiebeam.kit import hidden_signs, visible

_ALPHABETS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")
"""Alphabets with letters that look like those of another. Scripts that look like no other may stand side by side."""
_FORMS = ("FULLWIDTH", "MATHEMATICAL")
"""Second forms of Latin letters, which no ordinary name is written in."""
_LIKE_CYRILLIC = "АВСЕНІЈКМОРЅТХУаесіјорѕухԁԛԝһ"
_LIKE_GREEK = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονα"
_LIKE_LATIN = frozenset(_LIKE_CYRILLIC + _LIKE_GREEK)
"""Letters of other alphabets that nobody tells from Latin ones by looking."""
_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST = 4
"""Words of this many letters are called look-alikes as a whole; shorter ones are legal forms of real companies."""
_MOST_LETTERS, _MOST_SHOWN, _MOST_WARNINGS = 500, 80, 12


def posing_in(invoice: Invoice) -> tuple[str, ...]:
    """What to warn of, in words; empty for nearly every honest document."""
    found = [warning for what, text in _texts(invoice) if not text.isascii() for warning in _of(what, text)]
    return tuple(dict.fromkeys(found))[:_MOST_WARNINGS]


def _texts(invoice: Invoice) -> Iterator[tuple[str, str]]:
    """What decides whom and what is paid; names of goods mix alphabets honestly."""
    for who, party in (("seller", invoice.seller), ("buyer", invoice.buyer)):
        yield f"The {who}'s name", party.name or ""
        yield f"The {who}'s VAT id", party.vat_id or ""
        yield f"The {who}'s e-mail address", party.email or ""
    yield "The invoice number", invoice.number or ""
    yield "The order reference", invoice.order_reference or ""
    yield "The buyer reference", invoice.buyer_reference or ""
    for iban in invoice.ibans[:20]:
        yield "An account", iban


def _of(what: str, text: str) -> Iterator[str]:
    shown = f"{what} {visible(text[:_MOST_SHOWN])!r}"
    if hidden := hidden_signs(text[:_MOST_LETTERS]):
        signs = ", ".join(hidden[:6])
        yield f"{shown} holds signs that are not seen or turn the reading direction ({signs}); it may pose as another."
    if mixed := _mixed(text[:_MOST_LETTERS]):
        yield f"{shown} mixes alphabets that look alike ({mixed}); compare it letter by letter with what is on file."


def _mixed(text: str) -> str:
    """The letters that do not belong, with their names; empty where all do."""
    words = [(word, {_alphabet(letter) for letter in word}) for word in _WORD.findall(text)]
    is_latin = any(alphabets == {"LATIN"} for _, alphabets in words)
    strange: list[str] = []
    for word, alphabets in words:
        known = alphabets - {""}
        is_posing_word = is_latin and len(word) >= _SHORTEST and _LIKE_LATIN.issuperset(word)
        if "FORM" in known or (len(known) > 1 and "LATIN" in known) or is_posing_word:
            strange += [letter for letter in word if _alphabet(letter) not in {"LATIN", ""}]
    return ", ".join(f"{letter} U+{ord(letter):04X}" for letter in list(dict.fromkeys(strange))[:6])


def _alphabet(letter: str) -> str:
    name = unicodedata.name(letter, "")
    if name.startswith(_FORMS):
        return "FORM"
    return next((one for one in _ALPHABETS if name.startswith(one)), "")
