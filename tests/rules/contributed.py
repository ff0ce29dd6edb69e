"""The worked examples of CONTRIBUTING.md, taken out of the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.rules.source_tree import ROOT

_FENCE = re.compile(r"^```(\w+)(?: (file|in)=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    language: str
    where: str
    """`file`: a whole file; `in`: lines to add to one; empty: commands."""
    path: str
    text: str


def examples(page: Path = ROOT / "CONTRIBUTING.md") -> list[Example]:
    return [Example(*found) for found in _FENCE.findall(page.read_text(encoding="utf-8"))]


def example(path: str) -> Example:
    """The one example for this path."""
    (found,) = [one for one in examples() if one.path == path]
    return found


def commands() -> list[str]:
    """Every line of every shell block, without its remark."""
    lines = [line for one in examples() if one.language == "sh" for line in one.text.splitlines()]
    return [line.partition("#")[0].strip() for line in lines if line.strip()]
