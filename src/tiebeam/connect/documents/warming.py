"""Loading everything a reading process will need while it may still open files: later it may not."""

from __future__ import annotations

import codecs
import io
import zipfile
from importlib import import_module

from tiebeam.connect.documents.pdf_open import load_pdfium
from tiebeam.connect.documents.pdf_picture import picture_of_page
from tiebeam.connect.documents.read import read_bytes
from tiebeam.connect.documents.result import Limits

_CODECS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "ascii", "latin-1", "cp437", "cp1252", "idna")
_XML = (
    b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>1</ID><LegalMonetaryTotal>'
    b"<TaxInclusiveAmount>1</TaxInclusiveAmount></LegalMonetaryTotal></Invoice>"
)
_SYNTAXES = ("cii", "fatturapa", "ubl", "xml_invoice", "pdf_invoice")


def warm_up(limits: Limits) -> None:
    """Reads, draws and unpacks something small of our own, so that nothing is loaded for the first time later."""
    for name in _SYNTAXES:
        import_module(f"tiebeam.connect.documents.{name}")
    for name in _CODECS:
        codecs.lookup(name)
    load_pdfium()
    read_bytes(_XML, name="warm.xml", limits=limits)
    page = _page()
    read_bytes(page, name="warm.pdf", limits=limits)
    picture_of_page(page, page=1, width=50, limits=limits)
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("warm.xml", _XML)
    read_bytes(memory.getvalue(), name="warm.zip", limits=limits)


def _page() -> bytes:
    """A PDF of one page with a word in a font that is not in it."""
    content = b"BT /F 12 Tf 20 20 Td (Invoice No. 1) Tj ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F 5 0 R >> >>",
    )
    body = b"".join(b"%d 0 obj\n" % place + text + b"\nendobj\n" for place, text in enumerate(objects, start=1))
    return b"%PDF-1.4\n" + body + b"trailer << /Size 7 /Root 1 0 R >>\n%%EOF"
