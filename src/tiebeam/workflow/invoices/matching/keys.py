"""Comparable forms of order numbers, VAT ids and names."""

from __future__ import annotations

import re
from functools import lru_cache

from tiebeam.kit import compact_key, words_key

_LOOKALIKE = str.maketrans({"o": "0", "i": "1", "l": "1", "s": "5", "b": "8", "z": "2"})
_RUN = re.compile(r"[a-z]+|\d+")
_SUFFIXED = re.compile(r"((?:NO|CHE)?\d{9})(?:MVA|MWST|TVA|IVA)")
_PREFIXED = re.compile(r"[A-Z]{2}(?=.*\d)")

REFERENCE_WORDS = frozenset(
    [
        "your",
        "our",
        "order",
        "orders",
        "purchase",
        "po",
        "no",
        "nr",
        "number",
        "ref",
        "reference",
        "our",
        "ihre",
        "bestellung",
        "bestellnummer",
        "auftrag",
        "commande",
        "bon",
        "pedido",
        "ordine",
        "inkoop",
        "bestelling",
        "ordre",
        "the",
        "of",
        "date",
        "dated",
        "vom",
        "du",
        "for",
    ]
)
"""Words people put around an order number."""

_LEGAL_FORMS = frozenset(
    [
        "ltd",
        "limited",
        "plc",
        "llc",
        "inc",
        "incorporated",
        "corp",
        "corporation",
        "co",
        "company",
        "gmbh",
        "ag",
        "kg",
        "ohg",
        "ug",
        "se",
        "bv",
        "nv",
        "vof",
        "ab",
        "as",
        "asa",
        "aps",
        "oy",
        "oyj",
        "sa",
        "sas",
        "sarl",
        "srl",
        "spa",
        "sl",
        "kft",
        "zrt",
        "sro",
        "doo",
        "dd",
        "sp",
        "zoo",
        "the",
        "and",
        "und",
    ]
)


def number_key(text: str) -> str:
    """Letters and digits, folded, with letters that look like digits as those digits: `PO-2O26/117` = `po 2026 117`."""
    return compact_key(text).translate(_LOOKALIKE)


@lru_cache(maxsize=20_000)
def number_shape(text: str) -> tuple[str, tuple[int, ...]]:
    """The letters and the whole numbers of an order number, without words around it and leading zeros.

    `Your order: po-2026-117` and `PO-2026-00117` have one shape.
    """
    words = words_key(text).split()
    kept = [word for word in words if word not in REFERENCE_WORDS] or words
    runs = [run for word in kept for run in _RUN.findall(word)]
    letters = "".join(run for run in runs if not run.isdigit() and run not in REFERENCE_WORDS)
    return letters, tuple(int(run[-30:]) for run in runs if run.isdigit())


def vat_key(text: str) -> str:
    """Upper-case letters and digits, without the `MVA` or `MWST` that Norwegian and Swiss ids may end in."""
    key = compact_key(text).upper()
    registered = _SUFFIXED.fullmatch(key)
    return registered[1] if registered else key


def bare_vat(key: str) -> str:
    """Without a country prefix, for registers that leave it out."""
    return key[2:] if _PREFIXED.match(key) else key


def account_key(text: str) -> str:
    return compact_key(text).upper()


@lru_cache(maxsize=20_000)
def name_key(text: str) -> str:
    """Folded words without legal forms, sorted only by their place; the whole name where nothing else is left."""
    words = words_key(text).replace("b v", "bv").replace("g m b h", "gmbh").split()
    kept = [word for word in words if word not in _LEGAL_FORMS]
    return " ".join(kept or words)
