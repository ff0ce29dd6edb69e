"""From the characters of a PDF page to words, lines and phrases with their places, in points from the top left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from tiebeam.connect.documents.pdf_open import PdfDocument
from tiebeam.connect.documents.result import Limits, ReadErrorCode, Unreadable

_WORD_GAP = 0.16
"""Of the font size: a gap wider than this ends a word even where no space is written."""
_PHRASE_GAP = 0.85
"""Of the font size: a gap wider than this separates table cells or columns of text."""
_SAME_LINE = 0.3
"""Of the font size: base lines closer than this are one line."""


@dataclass(frozen=True, slots=True)
class Glyph:
    text: str
    x0: float
    x1: float
    y: float
    """The base line, from the top."""
    size: float


@dataclass(frozen=True, slots=True)
class Words:
    """A run of text on one line: a word, a phrase (words with ordinary spaces) or a whole line."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    page: int
    parts: tuple[Words, ...] = ()
    """The words of a phrase, the phrases of a line."""

    @property
    def place(self) -> str:
        top = self.y - self.size * 0.8
        return f"page {self.page} at {self.x0:.0f},{top:.0f},{self.x1:.0f},{self.y + self.size * 0.2:.0f}"

    @property
    def words(self) -> tuple[Words, ...]:
        if self.parts and self.parts[0].parts:
            return tuple(word for phrase in self.parts for word in phrase.parts)
        return self.parts


@dataclass(frozen=True, slots=True)
class Page:
    number: int
    width: float
    height: float
    lines: tuple[Words, ...]

    @property
    def phrases(self) -> tuple[Words, ...]:
        return tuple(phrase for line in self.lines for phrase in line.parts)


def pages_of(document: PdfDocument, *, limits: Limits) -> tuple[Page, ...]:
    """All pages with text. Raises Unreadable where there is more text than any invoice has."""
    pages: list[Page] = []
    left = limits.pdf_characters
    for index in range(len(document)):
        page = document[index]
        width, height = page.get_size()
        glyphs = _glyphs(page, height=height, width=width, most=left)
        left -= len(glyphs)
        lines = tuple(_lines(glyphs, page=index + 1))
        pages.append(Page(number=index + 1, width=width, height=height, lines=lines))
        page.close()
    return tuple(pages)


def _glyphs(page: Any, *, width: float, height: float, most: int) -> list[Glyph]:
    import ctypes

    import pypdfium2.raw as pdfium

    text_page = page.get_textpage()
    count = pdfium.FPDFText_CountChars(text_page)
    if count > most:
        raise Unreadable(
            ReadErrorCode.TOO_LARGE, "The PDF has far more text than an invoice; hand in the invoice alone."
        )
    turn = page.get_rotation()
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    glyphs: list[Glyph] = []
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(text_page, index)
        if code < 32 or code == 0xFFFE or pdfium.FPDFText_IsGenerated(text_page, index) == 1:
            continue
        pdfium.FPDFText_GetLooseCharBox(text_page, index, box)
        pdfium.FPDFText_GetCharOrigin(text_page, index, x, y)
        left, right, base = float(box.left), float(box.right), float(y.value)
        size = abs(float(box.top) - float(box.bottom))
        if turn:
            left, right, base, size = _turned(box, x=x.value, y=y.value, turn=turn, width=width, height=height)
        text = chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
        glyphs.append(Glyph(text, min(left, right), max(left, right), height - base, max(size, 1.0) / 1.15))
    text_page.close()
    return glyphs


def _turned(
    box: Any, *, x: float, y: float, turn: int, width: float, height: float
) -> tuple[float, float, float, float]:
    """The character as seen on a page that is shown turned clockwise by `turn` degrees."""
    match turn:
        case 90:
            return box.bottom, box.top, height - x, abs(box.right - box.left)
        case 180:
            return width - box.right, width - box.left, height - y, abs(box.top - box.bottom)
        case _:
            return width - box.top, width - box.bottom, x, abs(box.right - box.left)


def _lines(glyphs: Iterable[Glyph], *, page: int) -> Iterable[Words]:
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=attrgetter("y", "x0")):
        row = rows[-1] if rows else None
        if row is not None and abs(glyph.y - row[0].y) <= _SAME_LINE * min(glyph.size, row[0].size):
            row.append(glyph)
        else:
            rows.append([glyph])
    for row in rows:
        words = list(_words(sorted(row, key=attrgetter("x0")), page=page))
        if words:
            phrases = [joined(group) for group in _grouped(words)]
            yield _joined(phrases, separator="  ")


def _words(row: Sequence[Glyph], *, page: int) -> Iterable[Words]:
    current: list[Glyph] = []
    for glyph in row:
        last = current[-1] if current else None
        if last is not None and glyph.text == last.text and abs(glyph.x0 - last.x0) < 0.12 * glyph.size:
            continue  # Some programs print a letter twice, slightly apart, to make it bold.
        blank = glyph.text.isspace() or glyph.text in "\u00ad\u200b\ufeff"
        if last is not None and (blank or glyph.x0 - last.x1 > _WORD_GAP * glyph.size or _ends_label(current, glyph)):
            yield _word(current, page=page)
            current = []
        if not blank:
            current.append(glyph)
    if current:
        yield _word(current, page=page)


def _ends_label(current: Sequence[Glyph], glyph: Glyph) -> bool:
    """`Auftragsnummer:EK827674`, `no.4500`: in narrow cells a label and its value touch."""
    if current[-1].text == ":":
        return (
            glyph.text.isalnum() and len(current) > 2 and all(g.text.isalpha() or g.text == "." for g in current[:-1])
        )
    return (
        current[-1].text == "."
        and glyph.text.isdigit()
        and len(current) == 3
        and "".join(g.text for g in current).casefold() in {"no.", "nr."}
    )


def _word(glyphs: Sequence[Glyph], *, page: int) -> Words:
    text = "".join(glyph.text for glyph in glyphs)
    sizes = max(glyph.size for glyph in glyphs)
    return Words(text=text, x0=glyphs[0].x0, x1=glyphs[-1].x1, y=glyphs[0].y, size=sizes, page=page)


def _grouped(words: Sequence[Words]) -> Iterable[list[Words]]:
    group: list[Words] = []
    for word in words:
        if group and word.x0 - group[-1].x1 > _PHRASE_GAP * min(word.size, group[-1].size):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def joined(words: Sequence[Words]) -> Words:
    """Words of one line as a phrase."""
    return _joined(words, separator=" ")


def _joined(parts: Sequence[Words], *, separator: str) -> Words:
    return Words(
        text=separator.join(part.text for part in parts),
        x0=parts[0].x0,
        x1=max(part.x1 for part in parts),
        y=parts[0].y,
        size=max(part.size for part in parts),
        page=parts[0].page,
        parts=tuple(parts),
    )


def text_of_pages(pages: Iterable[Page]) -> str:
    return "\n".join(line.text for page in pages for line in page.lines)
