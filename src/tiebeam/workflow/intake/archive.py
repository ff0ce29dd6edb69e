"""The bytes of every document as it arrived, kept once under the hash of its content."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tiebeam.errors import NotFound

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Kept:
    sha256: str
    size: int
    is_archived: bool


class Archive:
    """A folder of files named by their SHA-256. Files above `max_bytes` are hashed, not copied."""

    def __init__(self, folder: Path, *, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def keep_file(self, path: Path) -> Kept:
        """Raises OSError when the file cannot be read."""
        size = path.stat().st_size
        if size > self._max_bytes:
            return Kept(_hash_of(path), size, is_archived=False)
        return self.keep_bytes(path.read_bytes())

    def keep_bytes(self, data: bytes) -> Kept:
        digest = hashlib.sha256(data).hexdigest()
        if len(data) > self._max_bytes:
            return Kept(digest, len(data), is_archived=False)
        target = self._place(digest)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            _write_atomically(target, data)
        return Kept(digest, len(data), is_archived=True)

    def path_of(self, sha256: str) -> Path:
        """Raises NotFound when the content was never archived or is gone."""
        path = self._place(sha256)
        if not path.is_file():
            raise NotFound(f"the archive holds no document with hash {sha256!r}; was the folder {self._folder} moved?")
        return path

    def _place(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


def _write_atomically(target: Path, data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as partial:
        partial.write(data)
        partial.flush()
        os.fsync(partial.fileno())
    Path(partial.name).replace(target)


def _hash_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
