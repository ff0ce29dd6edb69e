"""What reading one document gave: an invoice with its evidence, or a reason and whatever could be found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from tiebeam.connect.documents.model import Invoice

MIB = 1024 * 1024
TEXT_LIMIT = 20_000
"""Characters of plain text kept for a person."""
QUOTE_LIMIT = 300


class ReadErrorCode(StrEnum):
    """Why a document could not be read. Stable: faces and recipes may branch on it."""

    EMPTY = "empty"
    NOT_AN_INVOICE = "not_an_invoice"
    UNSUPPORTED = "unsupported"
    SEVERAL_INVOICES = "several_invoices"
    XML_MALFORMED = "xml_malformed"
    XML_ENTITY = "xml_entity"
    XML_FIELDS_MISSING = "xml_fields_missing"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    TOO_MANY_PAGES = "too_many_pages"
    PDF_MALFORMED = "pdf_malformed"
    PDF_ENCRYPTED = "pdf_encrypted"
    PDF_NO_TEXT = "pdf_no_text"
    PDF_FIELDS_MISSING = "pdf_fields_missing"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    ARCHIVE_REFUSED = "archive_refused"
    ARCHIVE_ENCRYPTED = "archive_encrypted"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one document may take. What lies above is refused with a reason, not tried."""

    max_bytes: int = 20 * MIB
    seconds: float = 20.0
    """Wall-clock time for one document, counted from the moment a ready worker has it."""
    memory_bytes: int = 768 * MIB
    """Address space of a worker process."""
    xml_depth: int = 100
    xml_nodes: int = 400_000
    attachment_bytes: int = 10 * MIB
    """The largest embedded XML of a hybrid PDF."""
    attachments: int = 50
    pdf_pages: int = 60
    pdf_characters: int = 300_000
    picture_pixels: int = 6_000_000
    """The most of one picture of a page; a page that would have more is drawn smaller."""
    archive_bytes: int = 100 * MIB
    archive_members: int = 500
    archive_total_bytes: int = 200 * MIB
    """All files of an archive together, unpacked; each one is bounded by `max_bytes`."""
    archive_ratio: int = 200


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where one field was read: `place` is a path in the XML or `page 1 at x0,y0,x1,y1` in points from the top left."""

    field: str
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class ReadResult:
    """`invoice` or `error` is None, never both.

    `syntax` is one of UBL Invoice, UBL CreditNote, CII, CII v1, FatturaElettronica, PDF; `found` holds the values
    that an unreadable document still showed, by field name of `Invoice` (`seller.name` for parts).
    """

    name: str
    invoice: Invoice | None = None
    error: str | None = None
    error_code: str | None = None
    syntax: str | None = None
    found: dict[str, str] = field(default_factory=dict[str, str])
    evidence: tuple[Evidence, ...] = ()
    text: str = ""
    size: int = 0
    """Bytes of the document."""
    pages: int | None = None
    embedded: str | None = None
    """File name of the XML inside a hybrid PDF."""

    @property
    def is_readable(self) -> bool:
        return self.invoice is not None


class Unreadable(Exception):
    """Raised inside the readers; the front door turns it into a `ReadResult`."""

    def __init__(
        self,
        code: ReadErrorCode,
        reason: str,
        *,
        found: dict[str, str] | None = None,
        evidence: tuple[Evidence, ...] = (),
        syntax: str | None = None,
        text: str = "",
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.found = found or {}
        self.evidence = evidence
        self.syntax = syntax
        self.text = text

    def as_result(self, *, name: str, size: int) -> ReadResult:
        return ReadResult(
            name=name,
            error=self.reason,
            error_code=self.code.value,
            syntax=self.syntax,
            found=self.found,
            evidence=self.evidence,
            text=bounded(self.text),
            size=size,
        )


def bounded(text: str) -> str:
    """At most 20 000 characters, saying so where something was cut."""
    if len(text) <= TEXT_LIMIT:
        return text
    return text[: TEXT_LIMIT - 30].rstrip() + "\n… (cut here)"


def with_warning(result: ReadResult, warning: str) -> ReadResult:
    if result.invoice is None:
        return result
    return replace(result, invoice=replace(result.invoice, warnings=(*result.invoice.warnings, warning)))
