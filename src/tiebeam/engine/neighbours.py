"""Workers on the same machine: whether their process is still there, without waiting for a silent heartbeat."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

from tiebeam.kit import sha256_hex

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
_NAME = re.compile(r"(?P<home>.+~[0-9a-f]{8})-(?P<pid>\d+)-[0-9a-f]{8}")


def worker_name() -> str:
    """Host and process. Where Linux tells boot and process namespace, they are part of it, so that a number of another
    container or of the time before a restart is never taken for one of ours."""
    return f"{_home() or socket.gethostname()}-{os.getpid()}"


def is_gone(worker_id: str) -> bool:
    """True when the worker ran on this machine and its process is no more; False also when that cannot be known."""
    found = _NAME.fullmatch(worker_id)
    home = _home()
    if found is None or home is None or found["home"] != home:
        return False
    return not Path(f"/proc/{found['pid']}").exists()


def _home() -> str | None:
    try:
        mark = _BOOT.read_text(encoding="ascii") + str(_NAMESPACE.readlink())
    except OSError:
        return None
    return f"{socket.gethostname()}~{sha256_hex(mark)[:8]}"
