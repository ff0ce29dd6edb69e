"""Anchors as lines of a file that only ever grows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tiebeam.connect.anchors.place import Load
from tiebeam.errors import Conflict
from tiebeam.verifier import canonical, parsed, read_anchors

_TAIL = 4096
"""More than one line is long."""


class AnchorsDiffer(Conflict):
    """The file of anchors and this database tell different histories: one of them was changed, or is another's."""

    code = "anchors_differ"


class FilePlace:
    """One JSON object a line. `name` tells the file from one of the same path on another machine."""

    def __init__(self, path: Path, *, name: str) -> None:
        self._path = path
        self.name = name

    def kept(self) -> Mapping[int, Mapping[str, Any]]:
        """The anchors that lie there, by number, none before the first. Raises Unreadable and OSError."""
        if not self._path.exists():
            return {}
        with self._path.open("rb") as file:
            return read_anchors(file)

    def bring(self, load: Load, *, written: int) -> Iterator[int]:
        """Raises AnchorsDiffer when the file does not end with an anchor of this database, or is gone; and OSError."""
        last = self._last(load, written)
        while anchors := load(last):
            if anchors[0]["number"] != last + 1:
                raise self._differ(f"anchor {last + 1} is missing in the database")
            text = "".join(f"{canonical(dict(anchor))}\n" for anchor in anchors)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("ab") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            last = anchors[-1]["number"]
            yield last
        yield last

    def _last(self, load: Load, written: int) -> int:
        """The number of the file's last anchor, which is one of ours; 0 for a file that is to begin."""
        line, has_end = self._last_line()
        if line is None:
            if written:
                raise self._differ(f"it is gone or empty, though anchors up to {written} were written there")
            return 0
        if not has_end:
            return self._mended(load, line)
        try:
            anchor = parsed(line)
            number, digest = int(anchor["number"]), str(anchor["hash"])
        except (ValueError, KeyError, TypeError):
            raise self._differ("its last line is no anchor") from None
        ours = load(number - 1)
        if not ours or (ours[0]["number"], ours[0]["hash"]) != (number, digest):
            raise self._differ(f"its last line is anchor {number} of another history")
        if number < written:
            raise self._differ(f"it ends with anchor {number}, though {written} was written there")
        return number

    def _mended(self, load: Load, torn: bytes) -> int:
        """A crash leaves the beginning of a line behind, which is taken back; anything else is not ours to touch."""
        whole = self._path.read_bytes()
        following = load(whole.count(b"\n"))
        if not following or not canonical(dict(following[0])).encode().startswith(torn):
            raise self._differ("its last line is cut off, and is not the beginning of the next anchor")
        os.truncate(self._path, len(whole) - len(torn))
        return self._last(load, 0)

    def _last_line(self) -> tuple[bytes | None, bool]:
        """The last line without its end, and whether it has one; (None, True) for a file that is empty or not there."""
        if not self._path.exists():
            return None, True
        with self._path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            tail = file.read()
        if not tail:
            return None, True
        has_end = tail.endswith(b"\n")
        return tail.removesuffix(b"\n").rpartition(b"\n")[2], has_end

    def _differ(self, what: str) -> AnchorsDiffer:
        return AnchorsDiffer(
            f"the file of anchors {str(self._path)!r} is not continued: {what}. Keep it, find out what happened with "
            f"'tiebeam journal verify --anchors {self._path}', then name another file in [anchors]",
            path=str(self._path),
        )
