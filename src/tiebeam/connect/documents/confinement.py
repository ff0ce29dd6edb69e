"""Shutting a reading process in: no network, no programs, no processes, no writing, only its own code to read.

`confine` is called once, after everything was loaded and before the first byte of a document is seen.
"""

from __future__ import annotations

import contextlib
import resource
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiebeam.connect.documents.result import Limits

_OPEN_FILES = 24
_FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/X11/fonts")
"""Read when a page is drawn whose fonts are not in the document."""


class NotConfined(Exception):
    """The process cannot be shut in on this system; the text says why."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What holds a reading process, by what: `seccomp`, `landlock`, `rlimit`, or `none`."""

    network: str
    programs: str
    """Starting programs and processes, and touching other processes."""
    files: str
    """`landlock`: only the reader's own code and fonts can be read; `seccomp`: no file can be opened at all."""
    limits: str
    missing: tuple[str, ...] = ()
    """In words, what does not hold here and why."""

    @property
    def is_whole(self) -> bool:
        return not self.missing


def confine(limits: Limits, *, unconfined: bool = False, landlock: bool = True) -> Confinement:
    """Shut this process in for good and say what took effect.

    On Linux raises NotConfined where the filter of system calls cannot be installed, unless `unconfined` allows that.
    `landlock=False` stands for a kernel without it.
    """
    _limit(limits)
    if not sys.platform.startswith("linux"):
        return _only_limits(f"{sys.platform} offers no filter of system calls that is used here")
    has_landlock = landlock and _restrict_files()
    from tiebeam.connect.documents.seccomp import SeccompUnavailable, install

    try:
        install(may_open=has_landlock)
    except SeccompUnavailable as problem:
        if not unconfined:
            raise NotConfined(str(problem)) from problem
        held = _only_limits(str(problem))
        return Confinement("none", "none", "landlock", held.limits, held.missing[:2]) if has_landlock else held
    return Confinement("seccomp", "seccomp", "landlock" if has_landlock else "seccomp", "rlimit")


def _only_limits(why: str) -> Confinement:
    missing = tuple(
        f"{what} ({why})" for what in ("the network is not shut", "programs can be started", "files can be opened")
    )
    return Confinement("none", "none", "none", "rlimit", missing)


def _limit(limits: Limits) -> None:
    memory = limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Systems without a limit on processes have the filter, or say that it is missing.
    with contextlib.suppress(AttributeError, ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _restrict_files() -> bool:
    from tiebeam.connect.documents.landlock import LandlockUnavailable, restrict

    try:
        restrict(readable_places())
    except LandlockUnavailable:
        return False  # The filter of system calls then refuses to open anything.
    return True


def readable_places() -> tuple[Path, ...]:
    """The standard library, the folders of the packages that are loaded, and fonts."""
    places = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    for name, module in tuple(sys.modules.items()):
        file: Any = getattr(module, "__file__", None)
        if "." not in name and isinstance(file, str) and getattr(module, "__path__", None):
            places.add(Path(file).parent)
    return (*sorted(places), *map(Path, _FONTS))


def confinement_from(form: Mapping[str, Any]) -> Confinement:
    """Raises KeyError and TypeError on anything that is none."""
    named = {name: str(form[name]) for name in ("network", "programs", "files", "limits")}
    return Confinement(**named, missing=tuple(str(text) for text in form["missing"]))
