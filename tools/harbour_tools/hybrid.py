"""Factur-X: a printed page with its invoice inside as XML."""

from __future__ import annotations

import re
from datetime import date

from facturx import generate_from_binary
from tools.harbour_tools.cii import cii_xml
from tools.harbour_tools.facts import Bill
from tools.harbour_tools.pages import page_pdf

# The colon of a PDF time may be written as an octal escape.
_PDF_TIME = re.compile(rb"(D(?::|\\072))\d{14}")
_XMP_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")


def hybrid_pdf(bill: Bill) -> bytes:
    """Checked against the schema of the EN 16931 profile while it is made."""
    made = generate_from_binary(
        page_pdf(bill, style="letter" if bill.supplier.language == "de" else "band"),
        cii_xml(bill),
        flavor="factur-x",
        level="en16931",
        check_xsd=True,
        pdf_metadata={
            "author": bill.supplier.name,
            "keywords": "Factur-X",
            "title": f"{bill.supplier.name} {bill.number}",
            "subject": bill.number,
        },
        xmp_compression=False,
    )
    return _at(made, bill.issued)


def _at(data: bytes, day: date) -> bytes:
    """The library writes the present time; equal stories must give equal bytes, so it becomes the day of issue."""

    def pdf_time(found: re.Match[bytes]) -> bytes:
        return found.group(1) + day.strftime("%Y%m%d").encode() + b"090000"

    def xmp_time(found: re.Match[bytes]) -> bytes:
        return day.isoformat().encode() + b"T09:00:00+00:00"

    return _XMP_TIME.sub(xmp_time, _PDF_TIME.sub(pdf_time, data))
