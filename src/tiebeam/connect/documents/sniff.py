"""What a file is, by its content. The name's ending is never believed."""

from __future__ import annotations

from enum import StrEnum

from tiebeam.connect.documents.archives import is_archive
from tiebeam.connect.documents.result import ReadErrorCode, Unreadable


class Kind(StrEnum):
    XML = "XML"
    PDF = "PDF"
    EMPTY = "an empty file"
    ZIP = "a ZIP archive"
    OFFICE = "an office document"
    OLD_OFFICE = "an old office document"
    IMAGE = "an image"
    SIGNED = "a signed envelope (p7m)"
    MAIL = "an e-mail message"
    HTML = "a web page"
    JSON = "JSON"
    OTHER = "an unknown kind of file"


_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM", b"RIFF", b"\x00\x00\x00\x0cjP")
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_PDF_WINDOW = 1024


def sniff(data: bytes) -> Kind:
    head = data[:_PDF_WINDOW]
    if not head.strip(b"\x00\t\n\r "):
        return Kind.EMPTY if len(data) <= _PDF_WINDOW else Kind.OTHER
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        # Before PDF: an archive may begin with a PDF that is stored as it is.
        return Kind.ZIP if is_archive(data[:4096]) else Kind.OFFICE
    if b"%PDF-" in head and not head.lstrip().startswith(b"<"):
        return Kind.PDF
    for magic, kind in (
        (b"\x1f\x8b", Kind.ZIP),
        (b"7z\xbc\xaf", Kind.ZIP),
        (b"Rar!", Kind.ZIP),
        (b"\xd0\xcf\x11\xe0", Kind.OLD_OFFICE),
        (b"{\\rtf", Kind.OFFICE),
    ):
        if head.startswith(magic):
            return kind
    if head.startswith(_IMAGES):
        return Kind.IMAGE
    return _text_kind(data, head=head)


def _text_kind(data: bytes, *, head: bytes) -> Kind:
    if head.startswith((b"0\x82", b"0\x80", b"0\x83", b"0\x84", b"MIAGC")):
        return Kind.SIGNED
    plain = head
    for bom in _BOMS:
        plain = plain.removeprefix(bom)
    plain = plain.replace(b"\x00", b"").lstrip()
    if plain[:200].lower().startswith((b"<!doctype html", b"<html")):
        return Kind.HTML
    if plain.startswith(b"<"):
        return Kind.XML
    if plain.startswith((b"{", b"[")):
        return Kind.JSON
    if plain.startswith((b"Received:", b"Return-Path:", b"From:", b"MIME-Version:", b"Delivered-To:", b"Message-ID:")):
        return Kind.MAIL
    return Kind.OTHER


def refuse(kind: Kind) -> Unreadable:
    """The reason and the way out for a file that is neither XML nor PDF."""
    if kind is Kind.EMPTY:
        return Unreadable(ReadErrorCode.EMPTY, "The file is empty; ask the sender to send it again.")
    advice = {
        Kind.ZIP: "Unpack it and hand in the files one by one.",
        Kind.IMAGE: "Text in images is not read; ask for the PDF or the XML invoice.",
        Kind.SIGNED: "Take the XML out of the signature and hand in that.",
        Kind.MAIL: "Save the attachment and hand in that.",
        Kind.OFFICE: "Export it as PDF, or ask for the XML invoice.",
        Kind.OLD_OFFICE: "Export it as PDF, or ask for the XML invoice.",
    }.get(kind, "Hand in the invoice as XML (UBL, CII, FatturaPA) or as a PDF with text.")
    return Unreadable(ReadErrorCode.UNSUPPORTED, f"This is {kind.value}, not an invoice document. {advice}")
