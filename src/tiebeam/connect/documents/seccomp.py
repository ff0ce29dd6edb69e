"""The system calls a reading process may still make, as a filter in the kernel that nothing in the process can lift.

An allow-list: what is not named here is refused with EPERM, so a call that a later kernel brings is refused too.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_FLAG_TSYNC = 1
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _IF_EQUAL, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16
_PROT_EXEC = 4
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CAPABILITY_VERSION = 0x20080522


class Machine(NamedTuple):
    """One processor architecture: its mark in the filter's data and the column of the tables below."""

    audit_arch: int
    column: int
    seccomp: int
    """Number of the call `seccomp` itself."""
    capset: int


_MACHINES = {
    "x86_64": Machine(0xC000003E, 0, 317, 126),
    "amd64": Machine(0xC000003E, 0, 317, 126),
    "aarch64": Machine(0xC00000B7, 1, 277, 91),
    "arm64": Machine(0xC00000B7, 1, 277, 91),
}

# name: (x86_64, aarch64); None where the architecture has no such call.
_FREE: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "stat": (4, None),
    "fstat": (5, 80),
    "lstat": (6, None),
    "poll": (7, None),
    "lseek": (8, 62),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "access": (21, None),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "exit": (60, 93),
    "uname": (63, 160),
    "getcwd": (79, 17),
    "readlink": (89, None),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "times": (100, 153),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "time": (201, None),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "getdents64": (217, 61),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "newfstatat": (262, 79),
    "readlinkat": (267, 78),
    "faccessat": (269, 48),
    "ppoll": (271, 73),
    "getcpu": (309, 168),
    "getrandom": (318, 278),
    "statx": (332, 291),
    "rseq": (334, 293),
}
_OPENAT = (257, 56)
_MMAP, _MPROTECT = (9, 222), (10, 226)
_TGKILL, _PRLIMIT = (234, 131), (302, 261)
_NEWER_FORMS = (435, 437, 439)
"""clone3, openat2, faccessat2: the C library falls back to the older form when told that they do not exist."""


class SeccompUnavailable(Exception):
    """The kernel or the processor has no filter that we can install; the text says which."""


def install(*, may_open: bool) -> None:
    """Confine every thread of this process for good. Raises SeccompUnavailable.

    `may_open` leaves opening files for reading, for where something else bounds which; without it nothing is opened.
    """
    name = platform.machine().lower()
    machine = _MACHINES.get(name)
    if machine is None or struct.calcsize("P") != 8:
        raise SeccompUnavailable(f"the processor architecture {name!r} is not one whose system calls are known here")
    lib = ctypes.CDLL(None, use_errno=True)
    if lib.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise SeccompUnavailable(f"no_new_privs is refused: {os.strerror(ctypes.get_errno())}")
    _drop_capabilities(lib, machine)
    code = b"".join(_program(machine, may_open=may_open))
    rows = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(rows))
    if lib.syscall(machine.seccomp, _SECCOMP_SET_MODE_FILTER, _FLAG_TSYNC, program) != 0:
        raise SeccompUnavailable(f"the kernel takes no seccomp filter: {os.strerror(ctypes.get_errno())}")


def _drop_capabilities(lib: ctypes.CDLL, machine: Machine) -> None:
    """Started by root, the process could otherwise raise its own limits again."""
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    if lib.syscall(machine.capset, header, bytes(24)) != 0:
        raise SeccompUnavailable(f"capabilities cannot be given up: {os.strerror(ctypes.get_errno())}")


def _row(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def _refuse(number: int) -> bytes:
    return _row(_RETURN, _ERRNO | number)


def _program(machine: Machine, *, may_open: bool) -> Iterator[bytes]:
    """Classic BPF. A call by the numbers of another architecture (such as 32 bit) ends the process."""
    yield _row(_LOAD, _ARCH_AT)
    yield _row(_IF_EQUAL, machine.audit_arch, yes=1)
    yield _row(_RETURN, _KILL_PROCESS)
    yield _row(_LOAD, _NUMBER_AT)
    column = machine.column
    for numbers in _FREE.values():
        number = numbers[column]
        if number is not None:
            yield from _when(number, (_row(_RETURN, _ALLOW),))
    for numbers in (_MMAP, _MPROTECT):
        yield from _when(numbers[column], _unless_bits(2, _PROT_EXEC))
    yield from _when(_TGKILL[column], _if_equal(0, os.getpid()))
    yield from _when(_PRLIMIT[column], _if_equal(0, 0))
    yield from _when(_OPENAT[column], _unless_bits(2, _WRITING) if may_open else (_refuse(errno.EACCES),))
    for number in _NEWER_FORMS:
        yield from _when(number, (_refuse(errno.ENOSYS),))
    yield _refuse(errno.EPERM)


def _when(number: int, then: Iterable[bytes]) -> Iterator[bytes]:
    rows = tuple(then)
    yield _row(_IF_EQUAL, number, no=len(rows))
    yield from rows


def _argument(place: int) -> bytes:
    """The lower half, which is all the kernel looks at for flags and process ids; both machines are little-endian."""
    return _row(_LOAD, _ARGUMENTS_AT + 8 * place)


def _unless_bits(place: int, bits: int) -> tuple[bytes, ...]:
    return (_argument(place), _row(_IF_ANY_BIT, bits, no=1), _refuse(errno.EACCES), _row(_RETURN, _ALLOW))


def _if_equal(place: int, value: int) -> tuple[bytes, ...]:
    return (_argument(place), _row(_IF_EQUAL, value, no=1), _row(_RETURN, _ALLOW), _refuse(errno.EPERM))
