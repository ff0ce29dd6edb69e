"""The files a journal is made of. Tests put a layer here that forgets what was not synced."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol


class AppendFile(Protocol):
    """A file that only grows."""

    def write(self, data: bytes) -> int:
        """Append in one go; returns how many bytes were taken. Raises OSError."""
        ...

    def sync(self) -> None:
        """Return once everything written is on the disk. Raises OSError."""
        ...

    def close(self) -> None: ...


class Files(Protocol):
    """Where journals put their files."""

    def create(self, path: Path) -> AppendFile:
        """A new file. Raises OSError, also when it is there already."""
        ...

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder outlive the machine's power."""
        ...


class _DiskFile:
    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)

    def write(self, data: bytes) -> int:
        return os.write(self._handle, data)

    def sync(self) -> None:
        # Not every system has the cheaper one.
        getattr(os, "fdatasync", os.fsync)(self._handle)

    def close(self) -> None:
        os.close(self._handle)


class DiskFiles:
    """The real ones."""

    def create(self, path: Path) -> AppendFile:
        return _DiskFile(path)

    def sync_folder(self, path: Path) -> None:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class Lock:
    """Held by a living process on its journal; the system lets go of it when the process ends, however that happens."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1

    def take(self) -> bool:
        """Whether it is ours now. Raises OSError where the file cannot be made."""
        import fcntl

        handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
