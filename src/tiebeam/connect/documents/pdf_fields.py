"""Labels on the pages and the values that stand beside or below them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tiebeam.connect.documents.pdf_labels import Labels, token_of
from tiebeam.connect.documents.pdf_numbers import is_number
from tiebeam.connect.documents.pdf_words import Page, Words, joined

T = TypeVar("T")

_BELOW = 2.4
"""Of the font size: how far below its label a value may stand."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A label in a phrase. A kind that ends in `?` may mean it, but often does not."""

    kinds: tuple[str, ...]
    label: Words
    rest: tuple[Words, ...]
    """The words after the label up to the next label of the phrase."""
    phrase: Words
    line: int
    position: int
    """Of the phrase in its line."""
    starts: bool
    """Whether the phrase begins with this label."""
    is_closed: bool
    """Whether a colon ends the label."""


@dataclass(frozen=True, slots=True)
class Candidate(Generic[T]):
    value: T
    score: float
    quote: str
    place: str


class Marks:
    """All labels of a document with their lines."""

    def __init__(self, pages: Sequence[Page], *, labels: Labels) -> None:
        self.lines: list[Words] = [line for page in pages for line in page.lines]
        self.labels = labels
        self.marks: list[Mark] = []
        self._labelled: set[tuple[int, int]] = set()
        self._stated: set[tuple[int, int]] = set()
        self._begun: set[tuple[int, int]] = set()
        for number, line in enumerate(self.lines):
            for position, phrase in enumerate(line.parts):
                found = list(_marks_in(phrase, line=number, position=position, labels=labels))
                self.marks.extend(found)
                if found and found[0].starts:
                    self._begun.add((number, position))
                if found and found[0].starts and any(not kind.endswith("?") for kind in found[0].kinds):
                    self._labelled.add((number, position))
                    if _is_stated(found[0]):
                        self._stated.add((number, position))

        self._drop_values_that_look_like_labels()

    def _drop_values_that_look_like_labels(self) -> None:
        """In `Your order   PO 2026 071` the word PO belongs to the value."""
        values = {
            (value.x0, value.y, value.page)
            for mark in self.marks
            if not mark.rest and "order_reference" in mark.kinds
            for value in (self.right_of(mark), self._below(mark, any_phrase=True))
            if value is not None
        }
        for mark in list(self.marks):
            key = (mark.phrase.x0, mark.phrase.y, mark.phrase.page)
            short = mark.starts and not mark.is_closed and len(mark.label.text) <= 5 and "order_reference" in mark.kinds
            if short and key in values and mark.rest and any(c.isdigit() for c in mark.rest[0].text):
                self.marks.remove(mark)
                self._labelled.discard((mark.line, mark.position))
                self._stated.discard((mark.line, mark.position))

    def right_of(self, mark: Mark) -> Words | None:
        parts = self.lines[mark.line].parts
        return parts[mark.position + 1] if mark.position + 1 < len(parts) else None

    def of(self, kind: str) -> Iterator[tuple[Mark, bool]]:
        """Marks that are surely (True) or maybe (False) of a kind."""
        for mark in self.marks:
            if kind in mark.kinds:
                yield mark, True
            elif f"{kind}?" in mark.kinds:
                yield mark, False

    def starts_with_label(self, line: int, position: int) -> bool:
        return (line, position) in self._labelled

    def may_start_with_label(self, line: int, position: int) -> bool:
        return (line, position) in self._begun

    def states_label(self, line: int, position: int) -> bool:
        """Whether the phrase is a label with or without its value, not a name that begins with such a word."""
        return (line, position) in self._stated

    def values(self, mark: Mark) -> Iterator[tuple[float, Words]]:
        """What may be the value of a label, with a score for its place: after it, to the right, or below."""
        if mark.rest:
            yield 2.0, joined(mark.rest)
            return
        line = self.lines[mark.line]
        right = mark.position + 1
        if right < len(line.parts) and not self.starts_with_label(mark.line, right):
            distance = line.parts[right].x0 - mark.label.x1
            yield 2.0 - distance / 300, line.parts[right]
        below = self.below(mark)
        if below is not None:
            yield 1.0, below

    def below(self, mark: Mark) -> Words | None:
        """The phrase right under the label, unless that is another label: then this one has no value."""
        return self._below(mark, any_phrase=False)

    def _below(self, mark: Mark, *, any_phrase: bool) -> Words | None:
        label = mark.phrase if mark.starts else mark.label
        for number in range(mark.line + 1, min(mark.line + 12, len(self.lines))):
            line = self.lines[number]
            if line.page != label.page or line.y - label.y > _BELOW * max(label.size, line.size):
                return None
            for position, phrase in enumerate(line.parts):
                if phrase.x0 < label.x1 and phrase.x1 > label.x0 and line.y > label.y:
                    is_label = self.starts_with_label(number, position) and not any_phrase
                    return None if is_label else phrase
        return None

    def best(
        self, kind: str, *, fit: Callable[[str], T | None], veto: Callable[[Mark], bool] | None = None
    ) -> list[Candidate[T]]:
        """Fitting values of a kind, the most credible first."""
        found: list[Candidate[T]] = []
        for mark, sure in self.of(kind):
            if veto is not None and veto(mark):
                continue
            for place_score, words in self.values(mark):
                value = fit(words.text)
                if value is None:
                    continue
                score = (10.0 if sure else 5.0) + place_score + (1.5 if mark.starts else 0.0)
                score += (0.5 if mark.label.page == 1 else 0.0) + (0.3 if mark.is_closed else 0.0)
                quote = f"{mark.label.text} {words.text}"
                found.append(Candidate(value=value, score=score, quote=quote, place=words.place))
                break
        return sorted(found, key=lambda candidate: -candidate.score)


def _is_stated(mark: Mark) -> bool:
    return mark.is_closed or not mark.rest or any(letter.isdigit() for letter in mark.rest[0].text)


def _marks_in(phrase: Words, *, line: int, position: int, labels: Labels) -> Iterable[Mark]:
    words = phrase.parts
    tokens = [token_of(word.text) for word in words]
    spans: list[tuple[int, int, list[str]]] = []
    index = 0
    while index < len(words):
        length, kinds = labels.at(tokens, index)
        follows = bool(spans) and spans[-1][1] == index
        if follows and "order_reference" in kinds and "order_reference" in spans[-1][2]:
            break  # `PO number: PO 2026 071`: the second one is the value.
        if length and _may_start(index, words=words, kinds=kinds, spans=spans):
            spans.append((index, index + length, kinds))
            index += length
        else:
            index += 1
    for number, (start, end, kinds) in enumerate(spans):
        stop = spans[number + 1][0] if number + 1 < len(spans) else len(words)
        rest = words[end:stop]
        while rest and not token_of(rest[0].text) and not any(c.isalnum() or c in "€$£-−(" for c in rest[0].text):
            rest = rest[1:]
        closed = words[end - 1].text.endswith(":") or (end < len(words) and words[end].text.startswith(":"))
        label = joined(words[start:end])
        leads = all(is_number(word.text.strip("()")) or word.text in "%+" for word in words[:start])
        yield Mark(tuple(kinds), label, rest, phrase, line, position, leads, closed)


def _may_start(
    index: int, *, words: Sequence[Words], kinds: Sequence[str], spans: Sequence[tuple[int, int, list[str]]]
) -> bool:
    """Inside a phrase only clear labels count: after a colon's value or a separator, or of a sure kind."""
    if all(is_number(word.text.strip("()")) or word.text in "%+" for word in words[:index]):
        return index == 0 or bool({"tax", "vat_id"} & set(kinds))  # `25 % moms` is a label with its rate in front.
    if words[index - 1].text[-1] in ":|•·–—-/,;(":
        return True
    if spans and spans[-1][1] == index:
        return all(not kind.endswith("?") for kind in kinds) and not words[index - 1].text.endswith(":")
    return all(not kind.endswith("?") for kind in kinds) and kinds[0] not in {
        "buyer",
        "seller",
        "other",
        "net",
        "tax",
        "charge",
    }
