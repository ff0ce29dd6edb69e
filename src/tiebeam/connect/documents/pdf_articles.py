"""Article numbers that have no column of their own: under the description, in brackets behind it, or in front of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tiebeam.connect.documents.model import InvoiceLine
from tiebeam.connect.documents.pdf_column_labels import column_labels
from tiebeam.connect.documents.pdf_labels import token_of
from tiebeam.connect.documents.pdf_words import Words

_CODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9./_#-]{2,24}")
_MEASURE = re.compile(r"\d+(?:[.,]\d+)?[a-zA-Zµ²³]{0,3}")
_LONGEST_LABEL = 3


def sku_below(after: list[Words]) -> str:
    """`Art.-Nr. FK-1200` under the description is the article number, not more of the name; it is taken out."""
    for words in after:
        found = _labelled([word.text for word in words.parts])
        if found is not None and found[0] == 0 and found[1] == len(words.parts):
            after.remove(words)
            return found[2]
    return ""


def with_article_numbers(lines: Sequence[InvoiceLine]) -> tuple[InvoiceLine, ...]:
    """Lines without an article number get the one in their name: behind a label, or in front where all have one."""
    if not lines or any(line.sku for line in lines):
        return tuple(lines)
    labelled = tuple(_from_label(line) for line in lines)
    if any(line.sku for line in labelled):
        return labelled
    heads = [line.name.split()[0] if line.name else "" for line in lines]
    rests = [len((line.name or "").split()) > 1 for line in lines]
    if not all(rests) or not all(_is_code(head) for head in heads):
        return tuple(lines)
    return tuple(
        replace(line, sku=head, name=(line.name or "")[len(head) :].strip(" -–:,"))
        for line, head in zip(lines, heads, strict=True)
    )


def _is_code(word: str) -> bool:
    return _CODE.fullmatch(word) is not None and (
        _MEASURE.fullmatch(word) is None or (word.isdigit() and len(word) > 3)
    )


def _from_label(line: InvoiceLine) -> InvoiceLine:
    words = (line.name or "").split()
    found = _labelled(words)
    if found is None:
        return line
    start, end, code = found
    name = " ".join((*words[:start], *words[end:])).strip(" ,;-–(")
    return replace(line, sku=code, name=name or line.name)


def _labelled(words: Sequence[str]) -> tuple[int, int, str] | None:
    """Where a label for article numbers begins, where its value ends, and that value."""
    tokens = [token_of(word) for word in words]
    for start in range(len(words)):
        length, kinds = column_labels().at(tokens, start)
        end = start + length
        if not length or length > _LONGEST_LABEL or "sku" not in kinds or "description" in kinds or end >= len(words):
            continue
        value = words[end].strip("()[]:;,")
        is_marked = words[start].startswith(("(", "[")) or words[end - 1].endswith(":") or "no" in tokens[end - 1]
        if _CODE.fullmatch(value) and (is_marked or start == 0):
            return start, end + 1, value
    return None
