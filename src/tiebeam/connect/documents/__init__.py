"""Documents: from the bytes of an invoice, whatever its syntax, to one `Invoice` with evidence, or to a reason.

`read_bytes` reads in this process; `Reader` reads and pictures in confined processes and is what untrusted
documents go through.
"""

from tiebeam.connect.documents.archives import is_archive
from tiebeam.connect.documents.confinement import Confinement
from tiebeam.connect.documents.json_form import (
    invoice_from_json,
    invoice_to_json,
    reference_fields,
    result_from_json,
    to_json,
)
from tiebeam.connect.documents.model import Invoice, InvoiceLine, Party, TaxSubtotal
from tiebeam.connect.documents.pictures import NoPages, PageMissing, PagePicture, PageSize, PictureRefused
from tiebeam.connect.documents.read import read_bytes
from tiebeam.connect.documents.reader import (
    UNCONFINED_VARIABLE,
    ArchiveRefused,
    ContentRefused,
    Reader,
    ReaderUnavailable,
)
from tiebeam.connect.documents.result import Evidence, Limits, ReadErrorCode, ReadResult

__all__ = [
    "UNCONFINED_VARIABLE",
    "ArchiveRefused",
    "Confinement",
    "ContentRefused",
    "Evidence",
    "Invoice",
    "InvoiceLine",
    "Limits",
    "NoPages",
    "PageMissing",
    "PagePicture",
    "PageSize",
    "Party",
    "PictureRefused",
    "ReadErrorCode",
    "ReadResult",
    "Reader",
    "ReaderUnavailable",
    "TaxSubtotal",
    "invoice_from_json",
    "invoice_to_json",
    "is_archive",
    "read_bytes",
    "reference_fields",
    "result_from_json",
    "to_json",
]
