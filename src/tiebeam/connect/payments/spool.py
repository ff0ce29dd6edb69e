"""The folder the bank program collects payment files from."""

from __future__ import annotations

from pathlib import Path

from tiebeam.connect.spool import put_once, spool_name


class PaymentSpool:
    """One file per key, written whole and never overwritten."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, data: bytes) -> Path:
        """The file's path. The same key with the same bytes is a no-op; other bytes raise SpoolConflict."""
        return put_once(self._folder, name=spool_name(key, suffix=".xml"), data=data)

    def find(self, key: str) -> Path | None:
        """The file written for `key`, whether or not this process wrote it."""
        path = self._folder / spool_name(key, suffix=".xml")
        return path if path.is_file() else None
