"""Documents that want to harm: each ends as a reason within limits, in the confined process, never as an exception."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.builders.pdf_invoices import LANGUAGES, Layout, render, sample
from tiebeam.connect.documents import Limits, Reader, read_bytes

pytestmark = pytest.mark.deep

_UBL = (
    '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" '
    'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">{}</Invoice>'
)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(workers=1, limits=Limits(seconds=10)) as opened:
        yield opened


def _laughs() -> bytes:
    rows = ['<!ENTITY a0 "ha">'] + [f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12)]
    return (
        "<?xml version='1.0'?><!DOCTYPE x [" + "".join(rows) + "]>" + _UBL.format("<cbc:ID>&a11;</cbc:ID>")
    ).encode()


def _outside() -> bytes:
    head = '<!-- a --><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    return (head + _UBL.format("<cbc:ID>&f;</cbc:ID>")).encode()


_CASES = {
    "billion laughs": (_laughs(), "xml_entity"),
    "an external entity": (_outside(), "xml_entity"),
    "an external entity in UTF-16": (_outside().decode().encode("utf-16"), "xml_entity"),
    "an external DTD": (b'<!DOCTYPE Invoice SYSTEM "http://example.org/x.dtd"><Invoice/>', "xml_entity"),
    "entities hidden by UTF-7": (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-', "unsupported"),
    "deep nesting": (b"<a>" * 5000 + b"</a>" * 5000, "too_deep"),
    "nesting just too deep": (b"<a>" * 150 + b"</a>" * 150, "too_deep"),
    "a huge attribute": (b'<Invoice x="' + b"A" * 12_000_000 + b'"/>', "too_large"),
    "a huge text": (b"<Invoice>" + b"A" * 12_000_000 + b"</Invoice>", "too_large"),
    "a million elements": (b"<a>" + b"<b/>" * 1_000_000 + b"</a>", "too_large"),
    "an order": (b"<Order xmlns='urn:oasis:names:specification:ubl:schema:xsd:Order-2'/>", "not_an_invoice"),
    "an invoice without content": (_UBL.format("").encode(), "xml_fields_missing"),
    "nothing": (b"", "empty"),
    "white space": (b" \n\t ", "empty"),
    "an image": (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "unsupported"),
    "an old office file": (b"\xd0\xcf\x11\xe0" + b"\0" * 64, "unsupported"),
    "a web page": (b"<!DOCTYPE html><html><body>invoice</body></html>", "unsupported"),
    "JSON": (b'{"invoice": 1}', "unsupported"),
    "a broken PDF": (b"%PDF-1.7\n" + b"garbage " * 50, "pdf_malformed"),
}


# ids: WF-01, B7
@pytest.mark.parametrize("case", _CASES)
def test_a_hostile_or_foreign_document_is_refused_with_a_reason(reader: Reader, case: str) -> None:
    """CA-05"""
    data, code = _CASES[case]
    result = reader.read(data, name="invoice.xml")
    assert (result.invoice, result.error_code) == (None, code), result.error
    assert result.error
    assert result.error.endswith(".")


def test_archives_and_office_files_are_told_apart(reader: Reader) -> None:
    """CA-05"""
    for name, word in (("invoice.xml", "ZIP"), ("[Content_Types].xml", "office")):
        memory = io.BytesIO()
        with zipfile.ZipFile(memory, "w") as archive:
            archive.writestr(name, "<Invoice/>")
        result = reader.read(memory.getvalue(), name="a.pdf")
        assert result.error_code == "unsupported"
        assert result.error is not None
        assert word in result.error


def test_a_file_of_100_megabytes_is_refused_unread(reader: Reader, tmp_path: Path) -> None:
    """CA-05"""
    path = tmp_path / "big.xml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    result = reader.read(path, name="big.xml")
    assert result.error_code == "too_large"
    assert result.size == 100 * 1024 * 1024


def _pdf(objects: list[bytes], *, root: int = 1) -> bytes:
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.7\n")
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(b"trailer << /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, root, start))
    return out.getvalue()


def _stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n" % (len(data), extra) + data + b"\nendstream"


def _bomb(megabytes: int) -> bytes:
    squeezer = zlib.compressobj(9)
    zeros = b" " * 1_048_576
    return b"".join(squeezer.compress(zeros) for _ in range(megabytes)) + squeezer.flush()


def _with_attachment(data: bytes) -> bytes:
    return _pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(factur-x.xml) 4 0 R] >> >> >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] >>",
            b"<< /Type /Filespec /F (factur-x.xml) /UF (factur-x.xml) /EF << /F 5 0 R >> >>",
            _stream(data, b"/Type /EmbeddedFile /Filter /FlateDecode"),
        ]
    )


def _with_content(data: bytes) -> bytes:
    return _pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R >>",
            _stream(data, b"/Filter /FlateDecode"),
        ]
    )


@pytest.mark.parametrize("megabytes", [60, 2000])
def test_a_flate_bomb_inside_a_pdf_is_stopped(reader: Reader, megabytes: int) -> None:
    """CA-05: in the attachment and in the page, below and above the memory limit."""
    bomb = _bomb(megabytes)
    for data in (_with_attachment(bomb), _with_content(bomb)):
        assert len(data) < 5_000_000
        result = reader.read(data, name="bomb.pdf")
        assert result.invoice is None
        assert result.error_code in {
            "too_large", "out_of_memory", "timeout", "pdf_no_text", "pdf_malformed", "pdf_fields_missing", "crashed",
        }, result.error  # fmt: skip
    assert reader.read(render(*_sample()), name="after.pdf").invoice is not None


def _sample() -> tuple[object, Layout]:
    import random

    return sample(random.Random(1), language=LANGUAGES[0]), Layout()


def test_a_pdf_whose_pages_contain_themselves_does_not_hang(reader: Reader) -> None:
    """CA-05"""
    looped = _pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R 2 0 R 3 0 R] /Count 3 /Parent 2 0 R >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R"
            b" /Resources << /XObject << /X 5 0 R >> >> >>",
            _stream(b"/X Do"),
            _stream(
                b"/X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >>"
            ),
        ]
    )
    result = reader.read(looped, name="loop.pdf")
    assert result.invoice is None
    assert result.error


def test_a_protected_pdf_and_a_pdf_of_many_pages_are_refused(reader: Reader) -> None:
    """CA-05"""
    from fpdf import FPDF

    locked = FPDF()
    locked.add_page()
    locked.set_encryption(owner_password="o", user_password="u")
    assert reader.read(bytes(locked.output()), name="a.pdf").error_code == "pdf_encrypted"
    long = FPDF()
    for _ in range(70):
        long.add_page()
    assert reader.read(bytes(long.output()), name="a.pdf").error_code == "too_many_pages"
    empty = FPDF()
    empty.add_page()
    assert reader.read(bytes(empty.output()), name="a.pdf").error_code == "pdf_no_text"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
@example(b"%PDF-1.4")
@example(b"<\x00")
@example(b"\xff\xfe")
def test_random_bytes_get_a_reason(data: bytes) -> None:
    """CA-05"""
    for prefix in (b"", b"%PDF-1.7\n", b"<?xml version='1.0'?>", b"\xef\xbb\xbf<Invoice>"):
        assert read_bytes(prefix + data, name="x").error


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_pdf_with_one_byte_changed_is_read_or_refused(place: int, value: int) -> None:
    """CA-05"""
    data = bytearray(render(*_sample()))
    data[place % len(data)] = value
    result = read_bytes(bytes(data), name="x.pdf")
    assert (result.error is None) != (result.invoice is None)


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"])
def test_a_good_invoice_is_read_in_every_usual_encoding_and_under_any_name(codec: str) -> None:
    """CA-05: the content counts, not the ending of the name."""
    declared = {"iso-8859-1": "ISO-8859-1", "utf-8-sig": "UTF-8"}.get(codec, "UTF-16")
    body = (
        "<cbc:ID>Ä-1</cbc:ID><cac:LegalMonetaryTotal xmlns:cac='urn:x'>"
        "<cbc:TaxInclusiveAmount>1.10</cbc:TaxInclusiveAmount>"
        "</cac:LegalMonetaryTotal>"
    )
    text = f'<?xml version="1.0" encoding="{declared}"?>' + _UBL.format(body)
    result = read_bytes(text.encode(codec), name="invoice.pdf")
    assert result.invoice is not None, result.error
    assert result.invoice.number == "Ä-1"


def test_several_invoices_in_one_italian_file_are_not_reduced_to_the_first() -> None:
    """CA-05: never dropped."""
    inner = "<DatiGenerali><DatiGeneraliDocumento><Numero>{}</Numero></DatiGeneraliDocumento></DatiGenerali>"
    body = f"<FatturaElettronicaBody>{inner}</FatturaElettronicaBody>"
    text = f'<p:FatturaElettronica xmlns:p="urn:x">{body.format("F1")}{body.format("F2")}</p:FatturaElettronica>'
    result = read_bytes(text.encode(), name="lotto.xml")
    assert result.error_code == "several_invoices"
    assert result.found["numbers"] == "F1, F2"
    assert os.linesep not in (result.error or "")
