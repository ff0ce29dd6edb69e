"""The confined side: a process without credentials that reads one document after the other within limits.

Started by `Reader` as `python -m tiebeam.connect.documents.worker`; it ends when its input ends, so it cannot outlive
the process that started it.
"""

from __future__ import annotations

import base64
import os
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from importlib import import_module
from typing import Any, BinaryIO

from tiebeam.connect.documents.archives import unpack
from tiebeam.connect.documents.confinement import NotConfined, confine
from tiebeam.connect.documents.framing import frame, read_exactly, read_frame
from tiebeam.connect.documents.json_form import to_json
from tiebeam.connect.documents.pdf_picture import page_sizes, picture_of_page
from tiebeam.connect.documents.pictures import PageAbsent, picture_to_wire
from tiebeam.connect.documents.read import read_bytes
from tiebeam.connect.documents.result import Limits, ReadErrorCode, Unreadable
from tiebeam.connect.documents.warming import warm_up
from tiebeam.errors import TiebeamError

_MOST_FILES = 4096
"""Descriptors up to here are closed at the start, whatever the process that started us had open."""

Parser = Callable[[bytes], dict[str, Any]]


def main() -> None:
    requests: BinaryIO = os.fdopen(os.dup(0), "rb")
    answers: BinaryIO = os.fdopen(os.dup(1), "wb")
    _silence()
    os.closerange(max(requests.fileno(), answers.fileno()) + 1, _MOST_FILES)
    terms = read_frame(requests)
    limits = Limits(**terms["limits"])
    parsers = {verb: _parser(place) for verb, place in terms["parsers"].items()}
    warm_up(limits)
    try:
        held = confine(limits, unconfined=bool(terms["unconfined"]), landlock=bool(terms["landlock"]))
    except NotConfined as problem:
        _say(answers, {"ready": False, "why": str(problem)})
        return
    _say(answers, {"ready": True, "confinement": asdict(held)})
    while True:
        try:
            request = read_frame(requests)
            data = read_exactly(requests, int(request["size"]))
        except EOFError:
            return
        if any(_say(answers, answer) for answer in _answers(request, data, limits=limits, parsers=parsers)):
            return


def _say(answers: BinaryIO, answer: dict[str, Any]) -> bool:
    """True when the process should end after this answer."""
    answers.write(frame(answer))
    answers.flush()
    return bool(answer.get("retire"))


def _silence() -> None:
    """Stray prints of native libraries must not mix with the answers, and nothing may read the requests."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)


def _parser(place: str) -> Parser:
    """The function at `package.module:name`, named by the process that started us."""
    module, _, name = place.partition(":")
    parser: Parser = getattr(import_module(module), name)
    return parser


def _allow_cpu(seconds: float) -> None:
    """RLIMIT_CPU counts the whole life of the process, so each document gets its share on top of what was used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime + seconds) + 2, hard))


def _answers(
    request: dict[str, Any], data: bytes, *, limits: Limits, parsers: Mapping[str, Parser]
) -> Iterator[dict[str, Any]]:
    """All but the last carry `more`. The last is what was asked for, or `absent` or `refused`; with `retire` this
    process should end, because its memory may be in a bad state."""
    _allow_cpu(limits.seconds)
    retire = False
    try:
        yield from _carried_out(request, data, limits=limits, parsers=parsers)
        return
    except PageAbsent as absent:
        yield {"absent": absent.pages}
        return
    except Unreadable as refused:
        problem = refused
    except TiebeamError as refused:
        problem = Unreadable(ReadErrorCode.UNSUPPORTED, refused.message)
    except MemoryError:
        problem, retire = out_of_memory(limits), True
    except Exception as error:  # noqa: BLE001 - whatever a document provokes must end as a reason, not as a lost document
        reason = f"The document made the reader fail ({type(error).__name__}); read it by hand and report the file."
        problem, retire = Unreadable(ReadErrorCode.CRASHED, reason), True
    yield {"refused": {"code": problem.code.value, "reason": problem.reason}, "retire": retire}


def _carried_out(
    request: dict[str, Any], data: bytes, *, limits: Limits, parsers: Mapping[str, Parser]
) -> Iterator[dict[str, Any]]:
    match request["verb"]:
        case "read":
            yield {"result": to_json(read_bytes(data, name=str(request["name"]), limits=limits))}
        case "pages":
            yield {"pages": [asdict(size) for size in page_sizes(data, limits=limits)]}
        case "picture":
            page, width = int(request["page"]), int(request["width"])
            yield {"picture": picture_to_wire(picture_of_page(data, page=page, width=width, limits=limits))}
        case "unpack":
            for name, content in unpack(data, limits=limits):
                yield {"more": True, "name": name, "data": base64.b64encode(content).decode("ascii")}
            yield {}
        case verb:
            yield {"parsed": parsers[verb](data)}


def out_of_memory(limits: Limits) -> Unreadable:
    return Unreadable(
        ReadErrorCode.OUT_OF_MEMORY,
        f"Reading the document would take more than {limits.memory_bytes // 1_048_576} MiB of memory; "
        "it was stopped. Ask the sender for a plain copy.",
    )


if __name__ == "__main__":
    sys.exit(main())
