"""Text that fits a box; SVG does not break lines."""

from __future__ import annotations

_MOST_LINES = 3


def shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: max(length - 1, 1)]}…"


def lines_of(label: str, letters: int) -> list[str]:
    """At most three lines that fit a box, broken between words."""
    lines: list[str] = [""]
    for word in label.split():
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) <= letters or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1]} …"]
    return [shortened(line, letters + 1) for line in lines]
