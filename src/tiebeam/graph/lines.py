"""Where each key of a TOML text stands. `tomllib` forgets it, and a finding without a line is hard to act on."""

from __future__ import annotations

import re
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_PLAIN = re.compile(r"[^,\]}\n#]+")
_BASIC = re.compile(r'"(?:\\.|[^"\\\n])*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_BASIC = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''.*?'{3,5}", re.DOTALL)


def key_lines(text: str) -> dict[KeyPath, int]:
    """Line (from 1) of every table, key and list item of a text that `tomllib` accepts."""
    return _Scan(text).run()


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """The line of `path`, or of the nearest enclosing key that stands in the file; 1 when none does."""
    for length in range(len(path), 0, -1):
        if (line := lines.get(path[:length])) is not None:
            return line
    return 1


class _Scan:
    """One pass over valid TOML; it only needs to know where values end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines: dict[KeyPath, int] = {}
        self._counts: dict[KeyPath, int] = {}
        self._line = 1
        self._counted = 0

    def run(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while True:
            self._skip(_GAP)
            if self._at >= len(self._text):
                return self._lines
            table = self._header() if self._text[self._at] == "[" else self._pair(table, within=table)

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if found := pattern.match(self._text, self._at):
            self._at = found.end()

    def _header(self) -> KeyPath:
        line = self._here()
        listed = self._text.startswith("[[", self._at)
        self._at += 2 if listed else 1
        names = self._key()
        self._at += 2 if listed else 1
        path: KeyPath = ()
        for name in names[:-1]:
            self._lines.setdefault((*path, name), line)
            path = self._current((*path, name))
        path = (*path, names[-1])
        self._lines.setdefault(path, line)
        if listed:
            self._counts[path] = self._counts.get(path, 0) + 1
            path = self._current(path)
            self._lines[path] = line
        return path

    def _current(self, path: KeyPath) -> KeyPath:
        count = self._counts.get(path)
        return path if count is None else (*path, count - 1)

    def _key(self) -> list[str]:
        names: list[str] = []
        while True:
            self._skip(_BLANK)
            start = self._at
            quote = self._text[self._at]
            self._skip(_BASIC if quote == '"' else _LITERAL if quote == "'" else _BARE)
            names.append(self._text[start : self._at].strip("\"'"))
            self._skip(_BLANK)
            if self._at >= len(self._text) or self._text[self._at] != "." or self._at == start:
                return names
            self._at += 1

    def _pair(self, table: KeyPath, *, within: KeyPath) -> KeyPath:
        line = self._here()
        path = table
        for name in self._key():
            path = (*path, name)
            self._lines.setdefault(path, line)
        self._at += 1
        self._value(path)
        return within

    def _value(self, path: KeyPath) -> None:
        self._skip(_BLANK)
        start = self._text[self._at : self._at + 3]
        match start[:1]:
            case '"':
                self._skip(_LONG_BASIC if start == '"""' else _BASIC)
            case "'":
                self._skip(_LONG_LITERAL if start == "'''" else _LITERAL)
            case "[":
                self._list(path)
            case "{":
                self._inline(path)
            case _:
                self._skip(_PLAIN)

    def _list(self, path: KeyPath) -> None:
        self._at += 1
        for place in range(len(self._text)):
            self._skip(_GAP)
            if self._text[self._at] == "]":
                break
            self._lines[(*path, place)] = self._here()
            self._value((*path, place))
            self._skip(_GAP)
            if self._text[self._at] == ",":
                self._at += 1
        self._at += 1

    def _inline(self, path: KeyPath) -> None:
        self._at += 1
        while True:
            self._skip(_GAP)
            if self._text[self._at] == "}":
                self._at += 1
                return
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._pair(path, within=path)
