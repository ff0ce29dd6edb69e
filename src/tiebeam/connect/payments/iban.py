"""International bank account numbers (ISO 13616)."""

from __future__ import annotations

import re

from tiebeam.errors import Invalid

_SHAPE = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
# Lengths from the SWIFT IBAN registry, release 99; a country that is not listed is checked by its digits alone.
_LENGTHS = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
    "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21,
    "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22,
    "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26, "UA": 29, "VA": 22,
}  # fmt: skip


class InvalidAccount(Invalid):
    """An account number that no bank would accept."""

    code = "invalid_account"


def check_iban(text: str) -> str:
    """The IBAN in capitals without spaces. Raises InvalidAccount on a wrong shape, length or check digits."""
    iban = "".join(text.split()).upper()
    if not _SHAPE.fullmatch(iban):
        raise InvalidAccount(f"{text!r} is not an IBAN: two letters, two digits and up to 30 letters or digits")
    expected = _LENGTHS.get(iban[:2])
    if expected is not None and len(iban) != expected:
        raise InvalidAccount(f"the IBAN {iban!r} has {len(iban)} characters; {iban[:2]} accounts have {expected}")
    digits = "".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])
    if int(digits) % 97 != 1:
        raise InvalidAccount(f"the check digits of the IBAN {iban!r} are wrong; ask the supplier to confirm it")
    return iban


def check_bic(text: str) -> str:
    """The bank identifier in capitals. Raises InvalidAccount when it is not 8 or 11 characters of ISO 9362."""
    bic = "".join(text.split()).upper()
    if not _BIC.fullmatch(bic):
        raise InvalidAccount(f"{text!r} is not a BIC: 8 or 11 letters and digits")
    return bic
