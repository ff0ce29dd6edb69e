"""The character set that every bank carries unchanged (EPC217-08: a-z A-Z 0-9 / - ? : ( ) . , ' + and space)."""

from __future__ import annotations

import re
import unicodedata

_SPELLED = str.maketrans(
    {
        "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o",
        "Ø": "O", "å": "a", "Å": "A", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "þ": "th", "œ": "oe",
        "&": "+", "@": "(at)", "_": "-", "–": "-", "—": "-", "’": "'", "‘": "'", "€": "EUR", "#": ".",
    }
)  # fmt: skip
_OTHER = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
_SLASHES = re.compile(r"/{2,}")


def bank_text(text: str, *, longest: int) -> str:
    """`text` in the banks' letters, cut to `longest`; letters with accents lose them, anything else becomes a space.

    A slash at either end and a double slash are dropped, because banks read them as codes.
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_SPELLED))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    single = _SLASHES.sub("/", _OTHER.sub(" ", plain))
    return " ".join(single.split())[:longest].strip("/ ")
