"""PDF invoices: the embedded XML of a hybrid PDF where there is one, else what the pages print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tiebeam.connect.documents.pdf_open import damaged, embedded_invoice, open_pdf
from tiebeam.connect.documents.pdf_pages import read_pages
from tiebeam.connect.documents.pdf_words import Page, pages_of, text_of_pages
from tiebeam.connect.documents.result import Limits, ReadErrorCode, ReadResult, Unreadable, bounded
from tiebeam.connect.documents.xml_invoice import found_in, read_xml


def read_pdf(data: bytes, *, name: str, limits: Limits) -> ReadResult:
    """Raises Unreadable; see `ReadErrorCode`.

    The XML of a hybrid PDF is the invoice. Where it is damaged the pages do not silently take its place: the document
    is unreadable, and what the pages show is handed on as found.
    """
    import pypdfium2

    document = open_pdf(data, limits=limits)
    try:
        embedded = embedded_invoice(document, limits=limits)
        pages = pages_of(document, limits=limits)
    except pypdfium2.PdfiumError as problem:
        raise damaged() from problem
    finally:
        document.close()
    text = bounded(text_of_pages(pages))
    if embedded is None:
        result = _from_pages(pages, name=name, text=text)
    else:
        file, xml = embedded
        result = replace(_from_xml(xml, name=name, file=file, pages=pages, limits=limits), embedded=file)
    return replace(result, pages=len(pages), text=text)


def _from_pages(pages: Sequence[Page], *, name: str, text: str) -> ReadResult:
    if not any(page.lines for page in pages):
        raise Unreadable(
            ReadErrorCode.PDF_NO_TEXT,
            "The PDF holds pictures of pages, no text; ask the sender for the original PDF or the XML invoice.",
            syntax="PDF",
        )
    try:
        reading = read_pages(pages)
    except Unreadable as problem:
        return replace(problem.as_result(name=name, size=0), text=text)
    return ReadResult(name=name, invoice=reading.invoice, syntax="PDF", evidence=reading.evidence)


def _from_xml(xml: bytes, *, name: str, file: str, pages: Sequence[Page], limits: Limits) -> ReadResult:
    try:
        return read_xml(xml, name=name, limits=limits)
    except Unreadable as problem:
        result = problem.as_result(name=name, size=0)
        reason = f"The invoice data {file[:80]!r} inside the PDF cannot be used: {result.error}"
        return replace(result, error=reason, found=_shown(pages) | result.found)


def _shown(pages: Sequence[Page]) -> dict[str, str]:
    """What the pages show, for the person who takes over a hybrid PDF with damaged data."""
    try:
        return found_in(read_pages(pages).invoice)
    except Unreadable as problem:
        return problem.found
