"""What code that took over a reading process would try. Each runs in there and tells what came of it."""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing import shared_memory
from pathlib import Path
from typing import Any

FOLDER = "tests.builders.probes"
PROBES = {"try": f"{FOLDER}:attempt", "fill": f"{FOLDER}:fill_memory", "loop": f"{FOLDER}:loop_for_ever"}
NEEDED_LATER = (shared_memory,)


def attempt(data: bytes) -> dict[str, Any]:
    """`data` names the attempt and its argument as JSON; the answer is `refused`, or `did` with what it got."""
    asked = json.loads(data)
    try:
        return {"did": repr(_ATTEMPTS[asked["attempt"]](asked.get("at", "")))}
    except OSError as refusal:
        return {"refused": refusal.errno}
    except ValueError as refusal:
        return {"refused": str(refusal)}


def fill_memory(_: bytes) -> dict[str, Any]:
    kept = []
    while True:
        kept.append(bytearray(64 * 1024 * 1024))


def loop_for_ever(_: bytes) -> dict[str, Any]:
    while True:
        pass


def _connect(at: str) -> None:
    with socket.create_connection(("127.0.0.1", int(at)), timeout=2):
        pass


def _unix(at: str) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(at)


def _thread(_: str) -> None:
    try:
        threading.Thread(target=print).start()
    except RuntimeError as refusal:
        raise PermissionError(1, str(refusal)) from refusal


def _call(*arguments: int) -> int:
    lib = ctypes.CDLL(None, use_errno=True)
    answer = lib.syscall(*arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return answer


_X86 = os.uname().machine == "x86_64"
_ATTEMPTS: dict[str, Callable[[str], Any]] = {
    "connect": _connect,
    "listen": lambda _: socket.socket().listen(),
    "pair of sockets": lambda _: socket.socketpair(),
    "unix socket": _unix,
    "look up a name": lambda _: socket.gethostbyname("example.org"),
    "read": lambda at: Path(at).read_bytes()[:20],
    "write": lambda at: Path(at).write_text("taken over"),
    "append": lambda at: os.open(at, os.O_WRONLY | os.O_APPEND),
    "delete": lambda at: Path(at).unlink(),
    "rename": lambda at: Path(at).rename(at + ".moved"),
    "link": lambda at: Path(at + ".link").symlink_to(at),
    "make a folder": lambda at: Path(at + ".d").mkdir(),
    "change rights": lambda at: Path(at).chmod(0o777),
    "fork": lambda _: os.fork(),
    "thread": _thread,
    "exec": lambda _: os.execv(sys.executable, [sys.executable, "-c", "print(1)"]),
    "run": lambda _: subprocess.run(["/bin/true"], check=True),
    "signal": lambda at: os.kill(int(at), signal.SIGUSR1),
    "trace": lambda at: _call(101 if _X86 else 117, 16, int(at), 0, 0),
    "read the memory of": lambda at: _call(310 if _X86 else 270, int(at), 0, 0, 0, 0, 0),
    "io_uring": lambda _: _call(425, 1, 0),
    "bpf": lambda _: _call(321 if _X86 else 280, 0, 0, 0),
    "keys": lambda _: _call(250 if _X86 else 219, 0, -1, 0, 0, 0),
    "mount": lambda _: _call(165 if _X86 else 40, 0, 0, 0, 0, 0),
    "namespace": lambda _: _call(272 if _X86 else 97, 0x10000000),
    "memory file": lambda _: os.memfd_create("x"),
    "code in memory": lambda _: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
    "limits of another": lambda at: resource.prlimit(int(at), resource.RLIMIT_CPU, (60, 60)),
    "raise own limits": lambda _: resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40)),
    "environment": lambda _: dict(os.environ),
    "open files": lambda _: [number for number in range(64) if _is_open(number)],
}


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
