"""A row whose cells do not multiply was perhaps cut wrongly: its own numbers then show which is which.

Nothing is calculated into an invoice: only numbers that stand in the row are moved to other columns, and only where
quantity times price (less a printed discount) is exactly the amount.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from tiebeam.connect.documents.pdf_columns import Column
from tiebeam.connect.documents.pdf_numbers import currency_in, is_number, parse_number
from tiebeam.connect.documents.pdf_words import Words

_KINDS = ("quantity", "unit_price", "net")
_MOST_NUMBERS = 16
_LONGEST_UNIT = 10


@dataclass(frozen=True, slots=True)
class Span:
    """A number in a row: the words from `start` up to `end`."""

    value: Decimal
    start: int
    end: int
    x0: float
    x1: float


def multiplies(quantity: Decimal | None, price: Decimal | None, net: Decimal | None) -> bool:
    if quantity is None or price is None or net is None:
        return False
    return abs(abs(quantity * price) - abs(net)) <= max(Decimal("0.011"), abs(quantity) * Decimal("0.0051"))


def recut(
    words: Sequence[Words], *, cells: Mapping[str, list[Words]], columns: Sequence[Column], mark: str | None
) -> dict[str, list[Words]] | None:
    """The words of each column where the numbers of the row multiply; None where no numbers of it do."""
    places = {column.kind: column for column in columns}
    if not all(kind in places for kind in _KINDS):
        return None
    read = {kind: _value(cells.get(kind), mark=mark) for kind in _KINDS}
    best: tuple[float, tuple[Span, ...]] | None = None
    spans = list(_spans(words, mark=mark))
    for three in _triples(spans, columns=places):
        kept = sum(read[kind] == span.value for kind, span in zip(_KINDS, three, strict=True))
        if kept < sum(value is not None for value in read.values()) - 1:
            continue
        cost = sum(_distance(span, places[kind]) for kind, span in zip(_KINDS, three, strict=True)) - 200 * kept
        if best is None or cost < best[0]:
            best = cost, three
    return None if best is None else _moved(words, best[1], cells=cells)


def _value(words: Sequence[Words] | None, *, mark: str | None) -> Decimal | None:
    numbers = [word.text for word in words or () if is_number(word.text)]
    whole = parse_number(" ".join(word.text for word in words or ()), mark=mark)
    return whole if whole is not None else parse_number(numbers[0], mark=mark) if len(numbers) == 1 else None


def _spans(words: Sequence[Words], *, mark: str | None) -> Iterator[Span]:
    """Every number, and every run of words that may be one number with spaces between its thousands."""
    for start, first in enumerate(words):
        text = ""
        for end in range(start + 1, min(start + 5, len(words) + 1)):
            if end - 1 > start and words[end - 1].x0 - words[end - 2].x1 > 0.65 * first.size:
                break
            text = f"{text} {words[end - 1].text}".strip()
            if any(c.isalpha() for c in text) and currency_in(text) is None:
                break
            value = parse_number(text, mark=mark)
            if value is not None:
                yield Span(value, start, end, first.x0, words[end - 1].x1)


def _triples(spans: Sequence[Span], *, columns: Mapping[str, Column]) -> Iterator[tuple[Span, Span, Span]]:
    """Quantity, price and amount in the order of their columns."""
    if len(spans) > _MOST_NUMBERS * 2:
        return
    order = sorted(_KINDS, key=lambda kind: columns[kind].x0)
    for three in combinations(spans, 3):
        if three[0].end > three[1].start or three[1].end > three[2].start:
            continue
        named = dict(zip(order, three, strict=True))
        quantity, price, net = (named[kind] for kind in _KINDS)
        if multiplies(quantity.value, price.value, net.value) and net.value:
            yield quantity, price, net


def _distance(span: Span, column: Column) -> float:
    return min(
        abs(span.x0 - column.x0), abs(span.x1 - column.x1), abs((span.x0 + span.x1) - (column.x0 + column.x1)) / 2
    )


def _moved(
    words: Sequence[Words], three: Sequence[Span], *, cells: Mapping[str, list[Words]]
) -> dict[str, list[Words]]:
    own = {kind: list(words[span.start : span.end]) for kind, span in zip(_KINDS, three, strict=True)}
    taken = [word for group in own.values() for word in group]
    after = three[0].end
    if after < len(words) and _is_unit(words[after]) and words[after] not in cells.get("unit", []):
        own["quantity"].append(words[after])
        taken.append(words[after])
    rest = {kind: [w for w in group if w not in taken] for kind, group in cells.items() if kind not in own}
    left = [w for kind in _KINDS for w in cells.get(kind, []) if w not in taken]
    if left and "description" in rest:
        rest["description"] = [w for w in words if w in rest["description"] or (w in left and not is_number(w.text))]
    return {kind: group for kind, group in {**rest, **own}.items() if group}


def _is_unit(word: Words) -> bool:
    bare = word.text.strip(".")
    is_code = bare.isalnum() and len(bare) == 3 and bare[0].isalpha()  # C62, H87: codes of UN/ECE.
    return (bare.isalpha() or is_code) and len(bare) <= _LONGEST_UNIT and currency_in(word.text) is None
