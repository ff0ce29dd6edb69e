"""The header row of a table of invoice lines: which column means what, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from tiebeam.connect.documents.pdf_labels import Labels, token_of
from tiebeam.connect.documents.pdf_numbers import currency_in, is_number
from tiebeam.connect.documents.pdf_words import Words, joined

_CELL_GAP = 0.45
"""Of the font size: a gap wider than this inside a phrase of the header parts two columns."""
_ENOUGH_GAPS = 8
_AMOUNTS = frozenset({"net", "gross", "unit_price"})
_THINGS = frozenset({"description", "quantity", "sku"})


@dataclass(frozen=True, slots=True)
class Column:
    kind: str
    """A field of a line, or `other` for a column that is not understood."""
    x0: float
    x1: float
    label: str


@dataclass(frozen=True, slots=True)
class HeaderRow:
    columns: tuple[Column, ...]
    first_line: int
    last_line: int

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(column.kind for column in self.columns)


def header_at(lines: Sequence[Words], start: int, *, labels: Labels) -> HeaderRow | None:
    """The table header that begins on this line, alone or stacked over the next one or two."""
    best: tuple[int, HeaderRow] | None = None
    for height in (1, 2, 3):
        found = _stacked(lines, start, height=height, labels=labels)
        if found is not None and (best is None or found[0] > best[0]):
            best = found
    if best is None:
        return None
    for later in range(start + 1, best[1].last_line + 1):
        for height in range(1, best[1].last_line - later + 2):
            inner = _stacked(lines, later, height=height, labels=labels)
            if inner is not None and inner[0] > best[0]:
                return None  # The line above the header belongs to something else.
    return best[1]


def _stacked(lines: Sequence[Words], start: int, *, height: int, labels: Labels) -> tuple[int, HeaderRow] | None:
    rows = lines[start : start + height]
    if len(rows) < height or not _stackable(rows):
        return None
    columns = _columns(rows, labels=labels, space=_space(lines[max(0, start - 10) : start + 10]))
    score = _score(columns)
    if score is None:
        return None
    return score, HeaderRow(columns=columns, first_line=start, last_line=start + height - 1)


def _space(lines: Sequence[Words]) -> float:
    """The usual gap between words around here, in parts of the font size: 0.28, or 0.6 in fonts of one width."""
    gaps = [(b.x0 - a.x1) / b.size for line in lines for phrase in line.parts for a, b in pairwise(phrase.parts)]
    return median(gaps) if len(gaps) >= _ENOUGH_GAPS else 0.0


def _stackable(rows: Sequence[Words]) -> bool:
    for above, below in pairwise(rows):
        if above.page != below.page or below.y - above.y > 1.7 * max(above.size, below.size):
            return False
    return not any(is_number(phrase.text) for row in rows for phrase in row.parts)


def _score(columns: Sequence[Column]) -> int | None:
    kinds = [column.kind for column in columns if column.kind != "other"]
    known = set(kinds)
    if len(known) < 3 or not known & _AMOUNTS or not known & _THINGS:
        return None
    others = len(columns) - len(kinds)
    return None if others > len(kinds) else 2 * len(known) - 2 * others - (len(kinds) - len(known))


def _columns(rows: Sequence[Words], *, labels: Labels, space: float) -> tuple[Column, ...]:
    cells = (
        [cell for row in rows for phrase in row.parts for cell in _cells(phrase, labels=labels, space=space)]
        if len(rows) == 1
        else []
    )
    stacks = [[cell] for cell in cells] if cells else _stacks(rows, labels=labels, space=space)
    stacks = sorted(stacks, key=lambda stack: min(cell.x0 for cell in stack))
    texts = [[word.text for cell in stack for word in cell.words or (cell,)] for stack in stacks]
    meant = [_kinds([_token(text) for text in each], labels=labels) for each in texts]
    taken = [kinds[0] for kinds in meant if len(kinds) == 1]
    columns: list[Column] = []
    for stack, kinds in zip(stacks, meant, strict=True):
        free = [kind for kind in kinds if kind not in taken]
        kind = (free or kinds or ["other"])[0]
        if kind == "tax_rate" and any(column.kind == kind for column in columns):
            kind = "tax_amount"  # Rate and amount under the same word: the second is the amount.
        if len(kinds) > 1:
            taken.append(kind)
        label = " ".join(cell.text for cell in stack)
        columns.append(Column(kind, min(cell.x0 for cell in stack), max(cell.x1 for cell in stack), label))
    return tuple(columns)


def _token(word: str) -> str:
    """Currency codes and percent signs in a header say nothing about which column it is."""
    return "" if currency_in(word.strip("()[]")) else token_of(word)


def _kinds(tokens: Sequence[str], *, labels: Labels) -> list[str]:
    """What a column may be by its heading; empty where that is not understood."""
    filled = [token for token in tokens if token]
    length, kinds = labels.at(filled, 0) if filled else (0, [])
    return [] if len(filled) - length > 3 else kinds


def _cells(phrase: Words, *, labels: Labels, space: float) -> Iterable[Words]:
    """A phrase of the header holds several columns where they stand close together: the cheapest way to cut it."""
    words = tuple(part for word in phrase.parts for part in _unglued(word, labels=labels))
    tokens = [_token(word.text) for word in words]
    wide = [b.x0 - a.x1 > max(_CELL_GAP, 1.3 * space) * b.size for a, b in pairwise(words)]
    if labels.is_whole(tokens) and not any(wide):
        yield phrase
        return
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(words) + 1):
        options: list[tuple[float, int]] = []
        for start in range(max(0, end - 7), end):
            cut = 0.0 if start == 0 or wide[start - 1] else 1.5
            inside = 2.5 * sum(wide[start : end - 1])
            options.append((best[start][0] + cut + inside + _strangeness(tokens[start:end], labels=labels), start))
        best.append(min(options))
    cuts: list[int] = []
    end = len(words)
    while end:
        cuts.append(best[end][1])
        end = cuts[-1]
    cuts.reverse()
    for start, end in zip(cuts, [*cuts[1:], len(words)], strict=True):
        yield joined(words[start:end])


def _unglued(word: Words, *, labels: Labels) -> tuple[Words, ...]:
    """`QuantitéPrix`: headings that touch are parted where a capital follows a small letter."""
    if labels.at([_token(word.text)], 0)[0]:
        return (word,)
    cut = next((i for i in range(2, len(word.text)) if word.text[i - 1].islower() and word.text[i].isupper()), None)
    if cut is None:
        return (word,)
    middle = word.x0 + (word.x1 - word.x0) * cut / len(word.text)
    return replace(word, text=word.text[:cut], x1=middle), replace(word, text=word.text[cut:], x0=middle)


def _strangeness(tokens: Sequence[str], *, labels: Labels) -> float:
    """How little a run of words looks like one heading."""
    filled = [token for token in tokens if token]
    if not filled:
        return 1.5
    if labels.is_whole(filled):
        return 0.0
    length, _ = labels.at(filled, 0)
    if not length:
        return 3.0
    holds_another = any(labels.at(filled, start)[0] for start in range(length, len(filled)))
    return 1.0 + 0.6 * (len(filled) - length) + (1.0 if holds_another else 0.0)


def _stacks(rows: Sequence[Words], *, labels: Labels, space: float) -> list[list[Words]]:
    """Phrases that stand over each other, top to bottom."""
    stacks: list[list[Words]] = []
    for row in rows:
        for phrase in (cell for part in row.parts for cell in _cells(part, labels=labels, space=space)):
            home = next(
                (s for s in stacks if any(p.x0 < phrase.x1 and phrase.x0 < p.x1 for p in s)),
                None,
            )
            if home is None:
                stacks.append([phrase])
            else:
                home.append(phrase)
    return stacks
