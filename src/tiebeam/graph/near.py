"""What somebody may have meant by a name that nobody declared."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MOST_LISTED = 20


def nearest(name: str, known: Iterable[str]) -> str:
    """A fix: the nearest known name, or all of them where none is near."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return f"use one of {', '.join(names[:_MOST_LISTED]) or 'none'}{more}."
