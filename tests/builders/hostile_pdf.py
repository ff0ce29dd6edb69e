"""PDFs that would act, blow up, or never end; and files that are two kinds at once."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from random import Random

from tests.builders.hostile_archives import zip_of
from tests.builders.hostile_tools import DATA, Hostile, squeezed, ubl
from tests.builders.pdf_pages import pdf_of, pdf_with_content, stream

_UNREAD = ("pdf_no_text", "pdf_malformed", "pdf_fields_missing", "timeout", "out_of_memory", "crashed", "too_large")
_CATALOG = b"<< /Type /Catalog /Pages 2 0 R %s >>"
_ONE_PAGE = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] %s >>"
_IMAGE = (
    b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter "
)
_WORDS = b"BT /F 12 Tf 20 200 Td (Invoice No. 1 Total 100.00 EUR) Tj ET"


def pdfs(rng: Random, *, port: int) -> Iterator[Hostile]:
    yield from _acting(port=port)
    yield from _shapes()
    yield from _contents(rng)
    yield from _bombs()
    yield from _hybrids()
    yield from _polyglots()


def _pdf(catalog: bytes = b"", page: bytes = b"/Contents 4 0 R", *rest: bytes) -> bytes:
    return pdf_of([_CATALOG % catalog, _ONE_PAGE, _PAGE % page, *(rest or (stream(_WORDS),))])


def _acting(*, port: int) -> Iterator[Hostile]:
    server = b"http://127.0.0.1:%d/x" % port
    actions = {
        "JavaScript": b"<< /S /JavaScript /JS (app.alert(1);this.submitForm('%s')) >>" % server,
        "launching a program": b"<< /S /Launch /F << /F (/bin/sh) /P (-c 'touch /dev/shm/owned') >> >>",
        "opening an address": b"<< /S /URI /URI (%s) >>" % server,
        "going to a share": rb"<< /S /GoToR /F (\\127.0.0.1\share\x.pdf) /D [0 /Fit] >>",
        "sending a form": b"<< /S /SubmitForm /F << /FS /URL /F (%s) >> >>" % server,
        "importing data": b"<< /S /ImportData /F (/etc/passwd) >>",
        "itself, for ever": b"<< /S /URI /URI (x) /Next 1 0 R >>",
    }
    for what, action in actions.items():
        yield Hostile(f"pdf action: {what}", "action.pdf", _pdf(b"/OpenAction " + action), _UNREAD)
        on_page = b"/Contents 4 0 R /AA << /O " + action + b" >>"
        yield Hostile(f"pdf page action: {what}", "action.pdf", _pdf(b"", on_page), _UNREAD)
    form = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xdp>&e;</xdp>'
    yield Hostile(
        "pdf form: XFA with an entity",
        "xfa.pdf",
        _pdf(b"/AcroForm << /XFA 5 0 R >>", b"/Contents 4 0 R", stream(_WORDS), stream(form)),
        _UNREAD,
    )
    outside = stream(_WORDS, b"/F (/etc/passwd) /FFilter /FlateDecode")
    yield Hostile("pdf stream: kept in another file", "outside.pdf", _pdf(b"", b"/Contents 4 0 R", outside), _UNREAD)
    program = b"<< /Type /Filespec /F (../../owned.exe) /UF (../../owned.exe) /EF << /F 6 0 R >> >>"
    names = b"/Names << /EmbeddedFiles << /Names [(owned.exe) 5 0 R] >> >>"
    embedded = _pdf(
        names, b"/Contents 4 0 R", stream(_WORDS), program, stream(b"MZ" + b"\x00" * 99, b"/Type /EmbeddedFile")
    )
    yield Hostile("pdf attachment: a program", "program.pdf", embedded, _UNREAD)


def _shapes() -> Iterator[Hostile]:
    looped = pdf_of(
        [
            _CATALOG % b"",
            b"<< /Type /Pages /Kids [2 0 R 2 0 R 3 0 R] /Count 3 /Parent 2 0 R >>",
            _PAGE % b"/Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >>",
            stream(b"/X Do"),
            stream(b"/X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >>"),
        ]
    )
    yield Hostile("pdf pages: contain themselves", "loop.pdf", looped, _UNREAD)
    for box in (b"0 0 1e38 1e38", b"0 0 -5 -5", b"NaN 0 1 1", b"0 0 0 0", b"0 0 99999999 1", b"%d 0 1 1" % 10**400):
        data = pdf_with_content(_WORDS, box=b"/MediaBox [%s]" % box)
        yield Hostile("pdf page: of an odd size", "size.pdf", data, _UNREAD)
    claimed = pdf_of([_CATALOG % b"", b"<< /Type /Pages /Kids [3 0 R] /Count 2147483647 >>", _PAGE % b""])
    yield Hostile("pdf pages: two thousand million", "count.pdf", claimed, (*_UNREAD, "too_many_pages"))
    honest = _pdf()
    place = honest.rindex(b"startxref")
    for what, tail in {
        "points at itself": b"startxref\n%d\n%%%%EOF" % place,
        "points behind the end": b"startxref\n999999999999\n%%EOF",
        "is negative": b"startxref\n-1\n%%EOF",
        "is missing": b"",
    }.items():
        yield Hostile(f"pdf table of places: {what}", "xref.pdf", honest[:place] + tail, _UNREAD)
    circle = honest.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % honest.index(b"xref"))
    yield Hostile("pdf table of places: a circle", "prev.pdf", circle, _UNREAD)


def _contents(rng: Random) -> Iterator[Hostile]:
    for opening, closing in ((b"[", b"]"), (b"<< /A ", b" >>")):
        deep = _pdf(b"/X " + opening * 100_000 + closing * 100_000)
        yield Hostile("pdf objects: nested deep", "deep.pdf", deep, _UNREAD)
    yield Hostile("pdf objects: a long name", "name.pdf", _pdf(b"/" + b"A" * 2_000_000 + b" 1"), _UNREAD)
    yield Hostile("pdf operators: never restored", "stack.pdf", pdf_with_content(b"q " * 1_000_000), _UNREAD)
    yield Hostile(
        "pdf operators: odd numbers", "numbers.pdf", pdf_with_content(b"1e400 NaN -0 9" + b"9" * 5000 + b" cm"), _UNREAD
    )
    noise = pdf_with_content(rng.randbytes(20_000).replace(b"endstream", b""))
    yield Hostile("pdf operators: noise", "noise.pdf", noise, _UNREAD)
    for filtered in (b"/JBIG2Decode", b"/JPXDecode", b"/DCTDecode", b"/CCITTFaxDecode", b"/LZWDecode", b"/Crypt"):
        image = stream(
            rng.randbytes(3000),
            _IMAGE + filtered,
        )
        page = b"/Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >>"
        yield Hostile(
            f"pdf image: damaged {filtered.decode()[1:]}",
            "image.pdf",
            _pdf(b"", page, stream(b"9 0 0 9 0 0 cm /X Do"), image),
            _UNREAD,
        )
    described = b"/FontDescriptor << /FontFile2 5 0 R >>"
    font = b"/Contents 4 0 R /Resources << /Font << /F << /Type /Font /Subtype /TrueType %s >> >> >>" % described
    yield Hostile("pdf font: noise", "font.pdf", _pdf(b"", font, stream(_WORDS), stream(rng.randbytes(3000))), _UNREAD)


def _bombs() -> Iterator[Hostile]:
    for megabytes in (60, 900):
        content = _pdf(b"", b"/Contents 4 0 R", stream(squeezed(megabytes), b"/Filter /FlateDecode"))
        yield Hostile(f"pdf bomb: {megabytes} MiB of page", "page.pdf", content, _UNREAD)
    twice = zlib.compress(squeezed(300, filler=b"0"), 9)
    doubled = _pdf(b"", b"/Contents 4 0 R", stream(twice, b"/Filter [/FlateDecode /FlateDecode]"))
    yield Hostile("pdf bomb: deflated twice", "twice.pdf", doubled, _UNREAD)
    filters = b"/Filter [" + b"/FlateDecode " * 3000 + b"]"
    yield Hostile(
        "pdf bomb: filters without end", "filters.pdf", _pdf(b"", b"/Contents 4 0 R", stream(b"x", filters)), _UNREAD
    )
    objects = stream(squeezed(500, filler=b"1 "[:1]), b"/Type /ObjStm /N 100000000 /First 10 /Filter /FlateDecode")
    yield Hostile(
        "pdf bomb: a stream of objects", "objects.pdf", _pdf(b"", b"/Contents 4 0 R", stream(_WORDS), objects), _UNREAD
    )
    predictor = b"/Filter /FlateDecode /DecodeParms << /Predictor 15 /Columns 2147483647 /Colors 32 >>"
    yield Hostile(
        "pdf bomb: a predictor",
        "predictor.pdf",
        _pdf(b"", b"/Contents 4 0 R", stream(zlib.compress(b"x" * 99), predictor)),
        _UNREAD,
    )


def _attached(data: bytes) -> bytes:
    names = b"/Names << /EmbeddedFiles << /Names [(factur-x.xml) 5 0 R] >> >>"
    place = b"<< /Type /Filespec /F (factur-x.xml) /UF (factur-x.xml) /EF << /F 6 0 R >> >>"
    return _pdf(
        names, b"/Contents 4 0 R", stream(_WORDS), place, stream(data, b"/Type /EmbeddedFile /Filter /FlateDecode")
    )


def _hybrids() -> Iterator[Hostile]:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    entity = zlib.compress(ubl(prolog=laughs, number="&b;"))
    yield Hostile("hybrid: an entity bomb inside", "factur-x.pdf", _attached(entity), ("xml_entity",))
    yield Hostile("hybrid: a bomb inside", "factur-x.pdf", _attached(squeezed(800)), (*_UNREAD, "empty", "unsupported"))
    deep = zlib.compress(b"<a>" * 50_000 + b"</a>" * 50_000)
    yield Hostile("hybrid: deep XML inside", "factur-x.pdf", _attached(deep), ("too_deep", "xml_malformed"))
    yield Hostile(
        "hybrid: a PDF inside",
        "factur-x.pdf",
        _attached(zlib.compress(_pdf())),
        (*_UNREAD, "xml_malformed", "unsupported"),
    )
    include = ubl(
        note='<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    )
    yield Hostile("hybrid: XInclude inside", "factur-x.pdf", _attached(zlib.compress(include)), DATA)


def _polyglots() -> Iterator[Hostile]:
    pdf, packed = _pdf(), zip_of({"R-1.xml": ubl()})
    yield Hostile("polyglot: PDF and ZIP", "both.pdf", pdf + packed, _UNREAD)
    yield Hostile("polyglot: GIF and PDF", "both.gif", b"GIF89a/*" + pdf, _UNREAD)
    yield Hostile(
        "polyglot: page and XML", "both.xml", b"<html>" + ubl().partition(b"?>")[2] + b"</html>", ("unsupported",)
    )
    yield Hostile("polyglot: XML and PDF", "both.xml", ubl(note="%PDF-1.4") + b"<!--" + pdf + b"-->", DATA)
    yield Hostile("polyglot: PDF and XML", "both.pdf", pdf + ubl(), _UNREAD)
    yield Hostile("polyglot: PNG and ZIP", "both.png", b"\x89PNG\r\n\x1a\n" + packed, ("unsupported",))
    yield Hostile("polyglot: script and PDF", "both.sh", b"#!/bin/sh\ntouch /dev/shm/owned\nexit\n" + pdf, _UNREAD)
    yield Hostile(
        "polyglot: text of a mail and PDF",
        "both.eml",
        b"From: a@b.example\r\n\r\n" + base64.b64encode(pdf),
        ("unsupported",),
    )
