"""Files that must exist once, whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from tiebeam.errors import Conflict
from tiebeam.kit import sha256_hex, slug

_NAME_LENGTH = 80


class SpoolConflict(Conflict):
    """The key already names a file with other content; nothing was overwritten."""

    code = "spool_conflict"


def spool_name(key: str, *, suffix: str) -> str:
    """A file name for `key` that is readable, safe on every file system and different for different keys."""
    return f"{slug(key)[:_NAME_LENGTH]}-{sha256_hex(key)[:12]}{suffix}"


def put_once(folder: Path, *, name: str, data: bytes) -> Path:
    """Write `data` durably as `folder/name`. The same content again is a no-op.

    The file appears under its name only when all of it is on disk: a reader never sees half a file, and a crash
    leaves at most a hidden `.part` file. Raises SpoolConflict when the name holds other content.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name
    part = folder / f".{name}.{secrets.token_hex(4)}.part"
    try:
        with part.open("xb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        # A hard link fails when the name exists, where a rename would silently replace the file.
        with contextlib.suppress(FileExistsError):
            os.link(part, target)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(folder)
    if target.read_bytes() != data:
        raise SpoolConflict(
            f"{target.name!r} already exists with other content; it was left as it is. "
            "Look at the file, then use a new key or remove it."
        )
    return target


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
