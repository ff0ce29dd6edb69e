"""PDF invoices: the embedded XML of a hybrid PDF where there is one, else what the pages print."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tiebeam.connect.documents.result import Limits, ReadErrorCode, ReadResult, Unreadable, bounded
from tiebeam.connect.documents.xml_invoice import read_xml

PdfDocument = Any


def read_pdf(data: bytes, *, name: str, limits: Limits) -> ReadResult:
    """Raises Unreadable; see `ReadErrorCode`."""
    document = open_pdf(data)
    try:
        pages = len(document)
        if pages == 0:
            raise Unreadable(ReadErrorCode.PDF_NO_TEXT, "The PDF has no pages; ask the sender for a new copy.")
        if pages > limits.pdf_pages:
            raise Unreadable(
                ReadErrorCode.TOO_MANY_PAGES, f"The PDF has {pages} pages; the limit is {limits.pdf_pages}."
            )
        embedded = embedded_invoice(document, limits=limits)
        text = bounded("\n".join(page.get_textpage().get_text_bounded().replace("\r", "") for page in document))
        if embedded is not None:
            file, xml = embedded
            result = read_xml(xml, name=name, limits=limits)
            return replace(result, pages=pages, embedded=file, text=text)
        raise Unreadable(ReadErrorCode.PDF_FIELDS_MISSING, "not yet")
    finally:
        document.close()


def open_pdf(data: bytes) -> PdfDocument:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as problem:
        if "password" in str(problem).lower():
            raise Unreadable(
                ReadErrorCode.PDF_ENCRYPTED, "The PDF is protected by a password; ask the sender for an open one."
            ) from problem
        raise Unreadable(
            ReadErrorCode.PDF_MALFORMED, "The PDF is damaged and cannot be opened; ask the sender for a new copy."
        ) from problem


def embedded_invoice(document: PdfDocument, *, limits: Limits) -> tuple[str, bytes] | None:
    for index in range(min(document.count_attachments(), limits.attachments)):
        attachment = document.get_attachment(index)
        file = attachment.get_name()
        if file.lower().endswith(".xml"):
            return file, bytes(attachment.get_data())
    return None
