"""Files of archived runs: one JSON object a line, compressed, written whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tiebeam.errors import TiebeamError
from tiebeam.kit import stored_json
from tiebeam.verifier import parsed

FORMAT = 1


class ArchiveDamaged(TiebeamError):
    """A file of the archive is missing, cut short or changed."""

    code = "archive_damaged"
    status = 500


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> tuple[str, int]:
    """Returns the file's SHA-256 and size. Writing the same lines again gives the same file. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".writing-", delete=False) as partial:
        try:
            with gzip.GzipFile(filename="", fileobj=partial, mode="wb", mtime=0) as packed:
                for line in lines:
                    packed.write(stored_json(line).encode() + b"\n")
            partial.flush()
            os.fsync(partial.fileno())
        except BaseException:
            Path(partial.name).unlink()
            raise
    Path(partial.name).replace(path)
    return sha256_of(path), path.stat().st_size


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Raises ArchiveDamaged."""
    try:
        with gzip.open(path, "rb") as packed:
            for line in packed:
                yield parsed(line)
    except (OSError, EOFError, zlib.error, ValueError) as problem:
        raise _damaged(path, str(problem)) from problem


def sha256_of(path: Path) -> str:
    """Raises ArchiveDamaged when the file is not there."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as source:
            while piece := source.read(1024 * 1024):
                digest.update(piece)
    except OSError as problem:
        raise _damaged(path, problem.strerror or str(problem)) from problem
    return digest.hexdigest()


def _damaged(path: Path, why: str) -> ArchiveDamaged:
    return ArchiveDamaged(
        f"the archive file {str(path)!r} cannot be used: {why}; bring it back from a backup", file=str(path)
    )
