"""The confined side: a process without credentials that reads one document after the other within limits.

Started by `Reader` as `python -m tiebeam.connect.documents.worker`; it ends when its input ends, so it cannot outlive
the process that started it.
"""

from __future__ import annotations

import os
import resource
import sys
from importlib import import_module
from typing import BinaryIO

from tiebeam.connect.documents.framing import frame, read_exactly, read_frame
from tiebeam.connect.documents.json_form import to_json
from tiebeam.connect.documents.pdf_open import load_pdfium
from tiebeam.connect.documents.read import read_bytes
from tiebeam.connect.documents.result import Limits, ReadErrorCode, ReadResult, Unreadable

_OPEN_FILES = 24


def main() -> None:
    requests: BinaryIO = os.fdopen(os.dup(0), "rb")
    answers: BinaryIO = os.fdopen(os.dup(1), "wb")
    _silence()
    limits = Limits(**read_frame(requests)["limits"])
    _load_parsers()
    _confine(limits)
    answers.write(frame({"ready": True}))
    answers.flush()
    while True:
        try:
            request = read_frame(requests)
            data = read_exactly(requests, int(request["size"]))
        except EOFError:
            return
        result, retire = _read(data, name=str(request["name"]), limits=limits)
        answers.write(frame({"result": to_json(result), "retire": retire}))
        answers.flush()
        if retire:
            return


def _silence() -> None:
    """Stray prints of native libraries must not mix with the answers, and nothing may read the requests."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)


def _load_parsers() -> None:
    """Before the limits close in: loading code later would count against a document."""
    for name in ("xml_invoice", "pdf_invoice"):
        import_module(f"tiebeam.connect.documents.{name}")
    load_pdfium()


def _confine(limits: Limits) -> None:
    memory = limits.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _allow_cpu(seconds: float) -> None:
    """RLIMIT_CPU counts the whole life of the process, so each document gets its share on top of what was used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime + seconds) + 2, hard))


def _read(data: bytes, *, name: str, limits: Limits) -> tuple[ReadResult, bool]:
    """The result, and whether this process should end because its memory may be in a bad state."""
    _allow_cpu(limits.seconds)
    try:
        return read_bytes(data, name=name, limits=limits), False
    except MemoryError:
        problem = out_of_memory(limits)
    except Exception as error:  # noqa: BLE001 - whatever a document provokes must end as a reason, not as a lost document
        problem = Unreadable(
            ReadErrorCode.CRASHED,
            f"The document made the reader fail ({type(error).__name__}); read it by hand and report the file.",
        )
    return problem.as_result(name=name, size=len(data)), True


def out_of_memory(limits: Limits) -> Unreadable:
    return Unreadable(
        ReadErrorCode.OUT_OF_MEMORY,
        f"Reading the document would take more than {limits.memory_bytes // 1_048_576} MiB of memory; "
        "it was stopped. Ask the sender for a plain copy.",
    )


if __name__ == "__main__":
    sys.exit(main())
