"""PDF invoices: the embedded XML of a hybrid PDF where there is one, else what the pages print."""

from __future__ import annotations

from dataclasses import replace

from tiebeam.connect.documents.pdf_open import embedded_invoice, open_pdf
from tiebeam.connect.documents.result import Limits, ReadErrorCode, ReadResult, Unreadable, bounded
from tiebeam.connect.documents.xml_invoice import read_xml


def read_pdf(data: bytes, *, name: str, limits: Limits) -> ReadResult:
    """Raises Unreadable; see `ReadErrorCode`."""
    document = open_pdf(data, limits=limits)
    try:
        embedded = embedded_invoice(document, limits=limits)
        text = bounded("\n".join(page.get_textpage().get_text_bounded().replace("\r", "") for page in document))
        if embedded is not None:
            file, xml = embedded
            result = read_xml(xml, name=name, limits=limits)
            return replace(result, pages=len(document), embedded=file, text=text)
        raise Unreadable(ReadErrorCode.PDF_FIELDS_MISSING, "The PDF has no embedded invoice.", text=text)
    finally:
        document.close()
