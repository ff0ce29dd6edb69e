"""The confined side: a process without credentials that reads one document after the other within limits.

Started by `Reader` as `python -m tiebeam.connect.documents.worker`; it ends when its input ends, so it cannot outlive
the process that started it.
"""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import asdict
from importlib import import_module
from typing import Any, BinaryIO

from tiebeam.connect.documents.framing import frame, read_exactly, read_frame
from tiebeam.connect.documents.json_form import to_json
from tiebeam.connect.documents.pdf_open import load_pdfium
from tiebeam.connect.documents.pdf_picture import page_sizes, picture_of_page
from tiebeam.connect.documents.pictures import PageAbsent, picture_to_wire
from tiebeam.connect.documents.read import read_bytes
from tiebeam.connect.documents.result import Limits, ReadErrorCode, Unreadable

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
        answer = _answer(request, data, limits=limits)
        answers.write(frame(answer))
        answers.flush()
        if answer.get("retire"):
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


def _answer(request: dict[str, Any], data: bytes, *, limits: Limits) -> dict[str, Any]:
    """`result`, `pages` or `picture` as asked; else `absent` or `refused`. With `retire` this process should end,
    because its memory may be in a bad state."""
    _allow_cpu(limits.seconds)
    retire = False
    try:
        return _carried_out(request, data, limits=limits)
    except PageAbsent as absent:
        return {"absent": absent.pages}
    except Unreadable as refused:
        problem = refused
    except MemoryError:
        problem, retire = out_of_memory(limits), True
    except Exception as error:  # noqa: BLE001 - whatever a document provokes must end as a reason, not as a lost document
        reason = f"The document made the reader fail ({type(error).__name__}); read it by hand and report the file."
        problem, retire = Unreadable(ReadErrorCode.CRASHED, reason), True
    return {"refused": {"code": problem.code.value, "reason": problem.reason}, "retire": retire}


def _carried_out(request: dict[str, Any], data: bytes, *, limits: Limits) -> dict[str, Any]:
    match request["verb"]:
        case "pages":
            return {"pages": [asdict(size) for size in page_sizes(data, limits=limits)]}
        case "picture":
            page, width = int(request["page"]), int(request["width"])
            return {"picture": picture_to_wire(picture_of_page(data, page=page, width=width, limits=limits))}
        case _:
            return {"result": to_json(read_bytes(data, name=str(request["name"]), limits=limits))}


def out_of_memory(limits: Limits) -> Unreadable:
    return Unreadable(
        ReadErrorCode.OUT_OF_MEMORY,
        f"Reading the document would take more than {limits.memory_bytes // 1_048_576} MiB of memory; "
        "it was stopped. Ask the sender for a plain copy.",
    )


if __name__ == "__main__":
    sys.exit(main())
