"""Opening PDFs: what is encrypted, damaged or too long is refused; embedded files are measured before they are read."""

from __future__ import annotations

from typing import Any, TypeAlias

from tiebeam.connect.documents.result import Limits, ReadErrorCode, Unreadable

PdfDocument: TypeAlias = Any
"""A pypdfium2 document; its types are incomplete."""

_KNOWN_NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml", "order-x.xml")


def load_pdfium() -> None:
    """Loads the native library, so that a confined process has it before its limits close in."""
    import pypdfium2.raw

    pypdfium2.raw.FPDF_GetLastError()


def open_pdf(data: bytes, *, limits: Limits) -> PdfDocument:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as problem:
        raise _unopened(str(problem).lower()) from problem
    pages = len(document)
    if pages == 0:
        document.close()
        raise Unreadable(ReadErrorCode.PDF_NO_TEXT, "The PDF has no pages; ask the sender for a new copy.")
    if pages > limits.pdf_pages:
        document.close()
        raise Unreadable(ReadErrorCode.TOO_MANY_PAGES, f"The PDF has {pages} pages; the limit is {limits.pdf_pages}.")
    return document


def _unopened(problem: str) -> Unreadable:
    if "password" in problem or "security" in problem:
        return Unreadable(
            ReadErrorCode.PDF_ENCRYPTED, "The PDF is protected by a password; ask the sender for an open one."
        )
    return damaged()


def damaged() -> Unreadable:
    return Unreadable(
        ReadErrorCode.PDF_MALFORMED, "The PDF is damaged and cannot be opened; ask the sender for a new copy."
    )


def embedded_invoice(document: PdfDocument, *, limits: Limits) -> tuple[str, bytes] | None:
    """Name and bytes of the XML invoice inside a hybrid PDF; the standard names come first, other XML files after."""
    import pypdfium2

    try:
        attachments = [document.get_attachment(i) for i in range(min(document.count_attachments(), limits.attachments))]
        named = [(attachment.get_name(), attachment) for attachment in attachments]
    except (pypdfium2.PdfiumError, UnicodeDecodeError):
        return None  # A damaged list of attachments is the same as none: the pages are read instead.
    xml = [(name, attachment) for name, attachment in named if name.lower().endswith(".xml")]
    xml.sort(key=lambda pair: pair[0].lower() not in _KNOWN_NAMES)
    for name, attachment in xml:
        data = _content(attachment, name=name, limits=limits)
        if name.lower() in _KNOWN_NAMES or _looks_like_invoice(data):
            return name, data
    return None


def _content(attachment: Any, *, name: str, limits: Limits) -> bytes:
    import ctypes

    import pypdfium2
    import pypdfium2.raw

    size = ctypes.c_ulong()
    pypdfium2.raw.FPDFAttachment_GetFile(attachment, None, 0, size)
    if size.value > limits.attachment_bytes:
        raise Unreadable(
            ReadErrorCode.TOO_LARGE,
            f"The file {name[:80]!r} inside the PDF has {size.value / 1_048_576:.1f} MiB; "
            f"the limit is {limits.attachment_bytes / 1_048_576:.0f} MiB.",
        )
    try:
        return bytes(attachment.get_data())
    except pypdfium2.PdfiumError as problem:
        raise Unreadable(
            ReadErrorCode.PDF_MALFORMED, f"The file {name[:80]!r} inside the PDF is damaged; ask for a new copy."
        ) from problem


def _looks_like_invoice(data: bytes) -> bool:
    head = data[:20_000]
    return any(
        root in head
        for root in (b"CrossIndustryInvoice", b"CrossIndustryDocument", b":Invoice-2", b"FatturaElettronica")
    )
