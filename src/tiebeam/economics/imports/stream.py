"""JSON read one element at a time: a list, a page with a list in it, one object, or an object a line."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from json import JSONDecodeError, JSONDecoder
from typing import Any, TextIO

_CHUNK = 262_144
_LONGEST = 64_000_000
"""One element, in characters; more is no record of anything."""
_LISTS = ("data", "logs", "response", "items", "value")
_SPACE = " \t\r\n\ufeff"


def _no_number(name: str) -> Any:
    raise JSONDecodeError(f"{name} is no number", name, 0)


class JsonReader:
    """`line` is the line of the element at hand; `around` what a page says besides its list."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._decoder = JSONDecoder(parse_float=Decimal, parse_constant=_no_number)
        self._text = ""
        self._at = 0
        self.line = 1
        self.at_end = False
        self.around: dict[str, Any] = {}

    def elements(self) -> Iterator[tuple[int, Any]]:
        """Each element with its line. Raises JSONDecodeError where the text breaks off or is no JSON."""
        found = 0
        while self._peek():
            if self._peek() == "[":
                yield from self._list()
            elif self._peek() == "{" and not found and self._begins_page():
                yield from self._page()
            else:
                yield self.line, self._value()
            found += 1
            if self._peek() == ",":
                raise JSONDecodeError("Expecting the end or another object", self._text, self._at)

    def _begins_page(self) -> bool:
        """Whether the object at hand holds one of the lists that pages hold, before anything that is nested."""
        self._fill(4096)
        end = self._text.find("[", self._at)
        start = self._text[self._at : end if end >= 0 else self._at]
        return start.count("{") == 1 and any(start.rstrip(" \t\r\n:").endswith(f'"{name}"') for name in _LISTS)

    def _page(self) -> Iterator[tuple[int, Any]]:
        self._take("{")
        while self._peek() != "}":
            name = self._value()
            self._take(":")
            if self._peek() == "[" and name in _LISTS:
                yield from self._list()
            else:
                self.around[str(name)] = self._value()
            if self._peek() != "}":
                self._take(",")
        self._take("}")

    def _list(self) -> Iterator[tuple[int, Any]]:
        self._take("[")
        while self._peek() != "]":
            yield self.line, self._value()
            if self._peek() != "]":
                self._take(",")
        self._take("]")

    def _value(self) -> Any:
        self._peek()
        wanted = _CHUNK
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except JSONDecodeError:
                if self.at_end or len(self._text) - self._at > _LONGEST:
                    raise
            else:
                # A number at the very end of what was read may go on.
                if end < len(self._text) or self.at_end:
                    self._move(end)
                    return value
            # Twice as much each time, so that a long element is not decoded over and over.
            self._fill(wanted)
            wanted *= 2

    def _take(self, letter: str) -> None:
        if self._peek() != letter:
            raise JSONDecodeError(f"Expecting {letter!r}", self._text, self._at)
        self._move(self._at + 1)

    def _peek(self) -> str:
        """The next letter that is no space; empty at the end."""
        while True:
            at, text = self._at, self._text
            while at < len(text) and text[at] in _SPACE:
                at += 1
            self._move(at)
            if at < len(text):
                return text[at]
            if self.at_end:
                return ""
            self._fill(_CHUNK)

    def _move(self, end: int) -> None:
        self.line += self._text.count("\n", self._at, end)
        self._at = end

    def _fill(self, most: int) -> None:
        if self.at_end:
            return
        more = self._file.read(max(most, _CHUNK))
        self.at_end = not more
        self._text = self._text[self._at :] + more
        self._at = 0
