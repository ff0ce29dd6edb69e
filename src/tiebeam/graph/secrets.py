"""Secrets that somebody wrote into a declared file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tiebeam.graph.lines import KeyPath, line_of
from tiebeam.graph.problems import Problem
from tiebeam.spec import HOW_TO_REFER, literal_secrets, secret_shape

RULE = "secret"
_FIX = f"{HOW_TO_REFER}, and change the secret: whoever saw the file knows it."


def secret_problems(text: str, content: dict[str, Any], lines: dict[KeyPath, int], *, file: str) -> Iterator[Problem]:
    """One for each place, comments included. The value is never repeated."""
    told: set[int] = set()
    for path, what in literal_secrets(content):
        line = line_of(lines, path)
        told.add(line)
        shown = ".".join(str(part) for part in path)
        yield Problem(file, line, RULE, f"{shown!r} holds {what} itself.", _FIX)
    for number, line in enumerate(text.splitlines(), start=1):
        what = secret_shape(line)
        if what is not None and number not in told:
            yield Problem(file, number, RULE, f"the line holds {what}.", _FIX)
