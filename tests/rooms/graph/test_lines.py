"""Each key is found on the line it stands on."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tiebeam.graph import library_root
from tiebeam.graph.lines import KeyPath, key_lines, line_of

TEXT = '''# a comment with [brackets] and = signs
title = "x # no comment"
"quoted key" = 1
long = """
[not.a.table]
a = 1
"""
raw = \'\'\'
b = 2 \'\'\'
many = [
  "one", # first
  { a = 1, b = [1, 2] },
  [3,
   4],
]

[meta]
since = 2026-01-01
deep.down = true

[[step]]
id = "a"
review = { handoff = "x", four_eyes_with = ["b", "c"] }

[[step]]
id = "b"

[step.params]
k = 1

[[step.part]]
n = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("quoted key",), 3),
        (("long",), 4),
        (("raw",), 8),
        (("many", 0), 11),
        (("many", 1, "b", 1), 12),
        (("many", 2, 1), 14),
        (("meta", "since"), 18),
        (("meta", "deep", "down"), 19),
        (("step", 0, "review", "four_eyes_with", 1), 23),
        (("step", 1), 25),
        (("step", 1, "params", "k"), 29),
        (("step", 1, "part", 0, "n"), 32),
        (("step", 0, "absent"), 21),
        (("absent",), 1),
    ],
)
def test_a_key_is_found_where_it_stands(path: KeyPath, line: int) -> None:
    assert line_of(key_lines(TEXT), path) == line


def _paths(value: Any, path: KeyPath = ()) -> list[KeyPath]:
    match value:
        case dict():
            return [found for key, item in value.items() for found in [(*path, key), *_paths(item, (*path, key))]]
        case list():
            return [found for at, item in enumerate(value) for found in [(*path, at), *_paths(item, (*path, at))]]
        case _:
            return []


@pytest.mark.parametrize("file", sorted(library_root().rglob("*.toml")), ids=lambda file: file.name)
def test_every_key_of_every_library_file_has_its_line(file: Any) -> None:
    text = file.read_text(encoding="utf-8")
    lines, rows = key_lines(text), text.splitlines()
    for path in _paths(tomllib.loads(text)):
        assert path in lines, path
        if isinstance(path[-1], str):
            assert path[-1] in rows[lines[path] - 1], path
