"""One document in this process. Untrusted documents go through `Reader`, which does this in a confined process."""

from __future__ import annotations

from dataclasses import replace

from tiebeam.connect.documents.archives import check_archive, is_archive
from tiebeam.connect.documents.posing import posing_in
from tiebeam.connect.documents.result import Limits, ReadErrorCode, ReadResult, Unreadable, with_warning
from tiebeam.connect.documents.sniff import Kind, refuse, sniff


def read_bytes(data: bytes, *, name: str, limits: Limits | None = None) -> ReadResult:
    """Never raises on what a document says: whatever is wrong with it becomes a reason in the result."""
    limits = limits or Limits()
    try:
        return _with_warnings(_read(data, name=name, limits=limits))
    except Unreadable as problem:
        return problem.as_result(name=name, size=len(data))
    except RecursionError:
        return Unreadable(ReadErrorCode.TOO_DEEP, "The document is nested too deeply.").as_result(
            name=name, size=len(data)
        )


def _with_warnings(result: ReadResult) -> ReadResult:
    for warning in () if result.invoice is None else posing_in(result.invoice):
        result = with_warning(result, warning)
    return result


def _read(data: bytes, *, name: str, limits: Limits) -> ReadResult:
    kind = sniff(data)
    if kind is Kind.ZIP and is_archive(data[:4096]):
        # It comes here when it was refused as an archive, or lay in another one: the reason is told either way.
        check_archive(data, limits=limits)
    if len(data) > limits.max_bytes:
        raise too_large(len(data), limits=limits)
    match kind:
        case Kind.XML:
            from tiebeam.connect.documents.xml_invoice import read_xml

            return read_xml(data, name=name, limits=limits)
        case Kind.PDF:
            from tiebeam.connect.documents.pdf_invoice import read_pdf

            return replace(read_pdf(data, name=name, limits=limits), size=len(data))
        case _:
            raise refuse(kind)


def too_large(size: int, *, limits: Limits) -> Unreadable:
    return Unreadable(
        ReadErrorCode.TOO_LARGE,
        f"The file is {size / 1_048_576:.1f} MiB; the limit is {limits.max_bytes / 1_048_576:.0f} MiB. "
        "Ask for a smaller file, or raise the limit.",
    )
