"""Which files a reading process may read: the code it is made of and fonts. Nothing may be written anywhere.

Landlock is in Linux since 5.13 where the kernel was built with it; each later version of its interface can refuse more.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_OF = 1
_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILE_RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}
_NET_RIGHTS = 0x3
"""Binding and connecting TCP ports, since version 4."""
_SCOPES = 0x3
"""Abstract sockets and signals to processes outside, since version 6."""
_PR_SET_NO_NEW_PRIVS = 38


class LandlockUnavailable(Exception):
    """This kernel has no Landlock, or it is switched off."""


def restrict(readable: Iterable[Path]) -> None:
    """Refuse this process every file but those below `readable`, for good. Raises LandlockUnavailable."""
    lib = ctypes.CDLL(None, use_errno=True)
    version = int(lib.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_OF))
    if version < 1:
        raise LandlockUnavailable(os.strerror(ctypes.get_errno()))
    rules = _call(lib, _CREATE_RULESET, *_attributes(version), 0)
    try:
        for path in readable:
            # A folder that is not there needs no permission.
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                _allow(lib, rules, path)
        _call_prctl(lib)
        _call(lib, _RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _attributes(version: int) -> tuple[bytes, ctypes.c_size_t]:
    fields = [_FILE_RIGHTS.get(version, _FILE_RIGHTS[5])]
    if version >= 4:
        fields.append(_NET_RIGHTS)
    if version >= 6:
        fields.append(_SCOPES)
    attributes = struct.pack(f"{len(fields)}Q", *fields)
    return attributes, ctypes.c_size_t(len(attributes))


def _allow(lib: ctypes.CDLL, rules: int, path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_PATH", 0))
    try:
        rights = _READ_FILE | _READ_DIR if path.is_dir() else _READ_FILE
        _call(lib, _ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, folder), 0)
    finally:
        os.close(folder)


def _call_prctl(lib: ctypes.CDLL) -> None:
    if lib.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise LandlockUnavailable(f"no_new_privs is refused: {os.strerror(ctypes.get_errno())}")


def _call(lib: ctypes.CDLL, number: int, *arguments: object) -> int:
    answer = int(lib.syscall(number, *arguments))
    if answer < 0:
        raise LandlockUnavailable(os.strerror(ctypes.get_errno()))
    return answer
