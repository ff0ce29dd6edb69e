"""Pages of lists, from the query of a URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tiebeam.errors import Invalid

LARGEST = 500


@dataclass(frozen=True, slots=True)
class Paging:
    """`page` counts from 1."""

    page: int = 1
    size: int = 50


def paging_of(query: Mapping[str, str]) -> Paging:
    """Raises Invalid when `page` or `size` is no number in its range."""
    return Paging(_number(query, "page", 1, 1_000_000), _number(query, "size", 50, LARGEST))


def _number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= most:
        raise Invalid(f"{name} is {text[:20]!r}; give a number from 1 to {most}")
    return int(text)
