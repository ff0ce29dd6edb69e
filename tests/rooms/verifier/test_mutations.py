"""Whatever single thing is changed in an export, the verifier finds it (ids: B14, F12)."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.journal_book import sealed, zipped
from tests.rooms.verifier.generate import book, packs
from tiebeam.verifier import Check, Unreadable, canonical, check_pack, lines_of, read_anchors

BOOK = book()
BOOK.add_first_format("old", "noted", {"share": 1.0, "n": 3})
BOOK.redact("run:run_1", 3, "payload.comment", reason="asked for")
BOOK.anchor()
LINES = BOOK.lines()
WHOLE = sealed(LINES)
EXTERNAL = read_anchors(io.BytesIO(BOOK.external().encode()))

with zipfile.ZipFile(io.BytesIO(next(packs())[2])) as _pack:
    MEMBERS = {name: _pack.read(name) for name in _pack.namelist()}
MANIFEST = json.loads(MEMBERS["manifest.json"])
EXTERNAL_OF_PACK = read_anchors(io.BytesIO(book().external().encode()))

Path = tuple[str | int, ...]


def _paths(value: Any, path: Path = ()) -> list[Path]:
    """Every place of a line: its fields, and what lies in them."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [*([path] if path else []), *(one for key, item in inner for one in _paths(item, (*path, key)))]


# The header tells of itself when it was made and what it withholds; nothing but the last line binds that.
PLACES = [
    (number, path)
    for number, line in enumerate(LINES)
    for path in _paths(line)
    if number or path[0] in {"type", "scope"}
]


def is_sound(data: bytes) -> bool:
    check = Check(EXTERNAL)
    try:
        check.journal(lines_of(io.BytesIO(data)))
    except Unreadable:
        return False
    return bool(check.report("journal")["sound"])


def _other(value: Any, draw: int) -> Any:
    """Another value of the same kind, or of another."""
    match value:
        case bool():
            return not value
        case str() if draw % 3 and value:
            place = draw % len(value)
            return value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]
        case int() | float():
            return [value + 1, str(value), True, -value - 1][draw % 4]
        case list():
            return [*value, draw] if draw % 2 else []
        case dict():
            return {**value, "more": draw}
        case _:
            return [None, "", 7, {}][draw % 4]


def test_the_export_itself_is_sound() -> None:
    assert is_sound(WHOLE)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PLACES), st.integers(0, 10_000), st.booleans())
def test_any_single_field_that_is_changed_or_removed_is_found(
    place: tuple[int, Path], draw: int, is_removed: bool
) -> None:
    number, path = place
    lines = json.loads(json.dumps(LINES))
    holder = lines[number]
    for step in path[:-1]:
        holder = holder[step]
    if is_removed:
        del holder[path[-1]]
    else:
        holder[path[-1]] = _other(holder[path[-1]], draw)
    if json.dumps(lines) == json.dumps(LINES):
        return
    # The last line is computed anew: the finding must not hang on it.
    assert not is_sound(sealed(lines))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(range(len(LINES))), st.sampled_from(["drop", "twice", "swap"]))
def test_any_line_that_is_dropped_doubled_or_moved_is_found(number: int, how: str) -> None:
    lines = json.loads(json.dumps(LINES))
    if how == "drop":
        del lines[number]
    elif how == "twice":
        lines.insert(number, lines[number])
    else:
        lines[number - 1], lines[number] = lines[number], lines[number - 1]
    assert not is_sound(sealed(lines))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 7))
def test_any_single_bit_that_is_flipped_is_found(place: int, bit: int) -> None:
    data = bytearray(WHOLE)
    data[place] ^= 1 << bit
    assert not is_sound(bytes(data))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(WHOLE) - 1))
def test_any_cut_is_found(length: int) -> None:
    assert not is_sound(WHOLE[:length])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_nothing_that_is_read_makes_it_fall_over(data: bytes) -> None:
    assert not is_sound(data)
    header = WHOLE[: WHOLE.index(b"\n") + 1]
    assert not is_sound(header + data)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(_paths(MANIFEST)), st.integers(0, 10_000), st.booleans())
def test_any_change_of_a_packs_manifest_is_found(path: Path, draw: int, is_removed: bool) -> None:
    manifest = json.loads(json.dumps(MANIFEST))
    holder = manifest
    for step in path[:-1]:
        holder = holder[step]
    if is_removed:
        del holder[path[-1]]
    else:
        holder[path[-1]] = _other(holder[path[-1]], draw)
    if json.dumps(manifest) == json.dumps(MANIFEST):
        return
    check = Check(EXTERNAL_OF_PACK, is_pack=True)
    try:
        check_pack(io.BytesIO(zipped({**MEMBERS, "manifest.json": canonical(manifest).encode()})), check)
    except Unreadable:
        return
    assert check.findings
