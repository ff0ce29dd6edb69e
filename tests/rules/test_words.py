"""What must not stand in the repository's text: unfinished work, places of one machine, numbers of a tracker."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.rules.source_tree import ROOT, repository_files

TEXT = {".py", ".md", ".toml", ".html", ".css", ".js", ".sh", ".svg", ".txt", ".mako", ".lock", ""}
FORBIDDEN = {
    "unfinished work": r"\b(TODO|FIXME|XXX|HACK)\b|\bNotImplemented(Error)?\b",
    "a place on one machine": r"(?<![\w.])(/work/|/tmp/\w|/root/|/home/\w)",
    "a number of a tracker": r"\b[Ii]ssue #?\d+\b|\b[Pp]ull request #?\d+\b|\bsee #\d+\b",
    "a word on who wrote it": r"\bCo-Authored-By\b|\b(coding|language) assistant\b|\bthis session's\b",
}


@pytest.mark.parametrize("kind", sorted(FORBIDDEN))
def test_no_text_of_ours_holds(kind: str) -> None:
    pattern = re.compile(FORBIDDEN[kind])
    found = [
        f"{path.relative_to(ROOT)}:{number} {line.strip()[:100]}"
        for path in repository_files()
        if path.suffix in TEXT and path.name != "LICENSE" and path != Path(__file__)
        for number, line in enumerate(_lines(path), start=1)
        if pattern.search(line)
    ]

    assert not found, "\n".join(["", *found])


def test_the_patterns_find_what_they_name() -> None:
    assert re.search(FORBIDDEN["unfinished work"], "# TODO: later")
    assert re.search(FORBIDDEN["a place on one machine"], "see /work/main")
    assert re.search(FORBIDDEN["a number of a tracker"], "fixes issue 12")
    assert not re.search(FORBIDDEN["a number of a tracker"], "invoice #12, colour #333")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()
