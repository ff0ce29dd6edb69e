"""Characters that a tokeniser may lengthen.

A token stands for at least one byte of the text a model is given. Some tokenisers first bring that text into a form of
compatibility (Unicode NFKC), in which "½" is three characters and U+FDFA is eighteen; so the bytes
after it are counted.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

# Stretches in which any character grows, as Unicode 14 to 16 have them; a test walks through all of Unicode.
_GROWS = re.compile(
    "[\u00a8-\u00be\u013f-\u0149\u01c4-\u01c6\u02d8-\u02dd\u0344-\u0385\u0587\u0675-\u0678\u0958-\u095f\u09dc-\u09df"
    "\u0a33-\u0a5e\u0b5c-\u0b5d\u0e33\u0eb3\u0edc-\u0edd\u0f43-\u0fb9\u1fc1-\u1fee\u2033-\u2057\u2150-\u2189"
    "\u222c-\u2230\u247d-\u2487\u2a0c\u2adc\u309b-\u309f\u30ff\u3200-\u33fe\ufa6c-\ufad7\ufb13-\ufefc"
    "\U0001d15e-\U0001d1c0\U0001f12a-\U0001f248]"
)


_ASCII = bytes(range(128))


def growth(text: bytes) -> int:
    """How many bytes the text, in UTF-8, gains at most when it is brought into NFKC."""
    found = _GROWS.findall(text.translate(None, _ASCII).decode())
    if not found:
        return 0
    return sum(times * _gained(one) for one, times in Counter(found).items())


def _gained(one: str) -> int:
    return max(0, len(unicodedata.normalize("NFKC", one).encode()) - len(one.encode()))
