"""Pages as pictures: what a person sees, within limits, and a reason where there is nothing to see."""

from __future__ import annotations

import random
import struct
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.pdf_invoices import LANGUAGES, Layout, render, sample
from tests.builders.pdf_pages import pdf_of, pdf_with_content, pdf_with_pages, stream
from tiebeam.connect.documents import Limits, NoPages, PageMissing, PictureRefused, Reader
from tiebeam.connect.documents.png import png_of
from tiebeam.errors import Invalid, TiebeamError

_LIMITS = Limits(seconds=10)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(workers=1, limits=_LIMITS) as opened:
        yield opened


@pytest.fixture(scope="module")
def invoice() -> bytes:
    return render(sample(random.Random(1), language=LANGUAGES[0]), Layout())


def pixels_of(png: bytes) -> tuple[int, int, int, bytes]:
    """Width, height, channels and the unfiltered rows of a PNG as we write it."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    place, data, head = 8, b"", b""
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        kind, body = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", png[place + 8 + length : place + 12 + length])[0]
        head = body if kind == b"IHDR" else head
        data += body if kind == b"IDAT" else b""
        place += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", head[:10])
    channels = {0: 1, 2: 3}[colour]
    raw = zlib.decompress(data)
    rows = [raw[start : start + 1 + channels * width] for start in range(0, len(raw), 1 + channels * width)]
    assert (depth, len(rows), {row[0] for row in rows}) == (8, height, {0})
    return width, height, channels, b"".join(row[1:] for row in rows)


@given(
    width=st.integers(1, 9),
    height=st.integers(1, 9),
    padding=st.integers(0, 5),
    is_grey=st.booleans(),
    data=st.data(),
)
def test_a_png_holds_exactly_the_pixels_given(
    width: int, height: int, padding: int, is_grey: bool, data: st.DataObject
) -> None:
    """CA-05"""
    if is_grey:
        rows = [bytes(one for one in data.draw(st.binary(min_size=width, max_size=width)) for _ in "rgb")] * height
    else:
        rows = [data.draw(st.binary(min_size=3 * width, max_size=3 * width)) for _ in range(height)]
    given_pixels = b"".join(row + b"\xff" * padding for row in rows)

    found = pixels_of(png_of(given_pixels, width=width, height=height, stride=3 * width + padding))

    shown = found[3] if found[2] == 3 else bytes(one for one in found[3] for _ in "rgb")
    assert (found[0], found[1], shown) == (width, height, b"".join(rows))


def test_too_few_bytes_are_no_picture() -> None:
    with pytest.raises(ValueError, match="no picture"):
        png_of(b"\0" * 11, width=2, height=2, stride=6)


def test_a_page_is_drawn_as_it_looks(reader: Reader, invoice: bytes) -> None:
    """CA-05: black text on white paper, grey enough for one channel."""
    picture = reader.picture(invoice, name="a.pdf", page=1)
    (size,) = reader.pages(invoice, name="a.pdf")
    width, height, channels, pixels = pixels_of(picture.png)

    assert (width, height) == (picture.width, picture.height)
    assert (picture.page, picture.pages, width) == (1, 1, 1000)
    assert abs(height - 1000 * size.height / size.width) <= 1
    assert channels == 1
    assert 0.5 < pixels.count(255) / len(pixels) < 0.999
    assert min(pixels) < 64


def test_colours_stay_in_their_order(reader: Reader) -> None:
    red = pdf_with_content(b"1 0 0 rg 0 0 300 300 re f")
    width, _, channels, pixels = pixels_of(reader.picture(red, name="red.pdf", page=1, width=60).png)
    assert (width, channels, pixels[:3]) == (60, 3, b"\xff\0\0")


def test_files_and_bytes_give_the_same_picture(reader: Reader, invoice: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(invoice)
    from_file, from_bytes = (reader.picture(one, name="a.pdf", page=1, width=200) for one in (path, invoice))
    assert from_file == from_bytes


def test_evidence_lies_on_the_ink_also_on_a_page_that_begins_elsewhere(reader: Reader) -> None:
    """CA-05: coordinates of evidence meet the picture when the visible part of the page does not begin at 0,0."""
    content = b"0 0 0 rg 140 220 20 20 re f"
    data = pdf_with_content(content, box=b"/MediaBox [0 0 500 500] /CropBox [100 200 400 500]")
    (size,) = reader.pages(data, name="cut.pdf")
    width, _, _, pixels = pixels_of(reader.picture(data, name="cut.pdf", page=1, width=300).png)

    # Evidence counts from the top by the page's height and from the left of its coordinates.
    x0, y0 = 140, size.height - 240
    across, down = int(x0 - size.left) + 5, int(y0 - size.top) + 5

    assert (size.width, size.height) == (300, 300)
    assert pixels[down * width + across] == 0
    assert pixels[(down - 10) * width + across] == 255


@pytest.mark.parametrize("page", [0, -1, 2, 10**9])
def test_a_page_that_does_not_exist_is_missing_with_a_reason(reader: Reader, invoice: bytes, page: int) -> None:
    with pytest.raises(PageMissing, match=f"'a.pdf' has one page, so there is no page {page}"):
        reader.picture(invoice, name="a.pdf", page=page)


@pytest.mark.parametrize("width", [0, -5, 49, 2001, 10**9])
def test_a_width_out_of_range_is_refused(reader: Reader, invoice: bytes, width: int) -> None:
    with pytest.raises(Invalid, match="50 to 2000 pixels"):
        reader.picture(invoice, name="a.pdf", page=1, width=width)


_WITHOUT = {
    "XML": (b"<Invoice/>", NoPages, "unsupported"),
    "nothing": (b"", NoPages, "empty"),
    "a letter": (b"{\\rtf1 hello}", NoPages, "unsupported"),
    "a damaged PDF": (b"%PDF-1.7\n" + b"garbage " * 50, PictureRefused, "pdf_malformed"),
    "thousands of pages": (pdf_with_pages(5_000), PictureRefused, "too_many_pages"),
    "no pages": (pdf_with_pages(0), PictureRefused, "pdf_malformed"),
}


@pytest.mark.parametrize("case", _WITHOUT)
def test_what_cannot_be_shown_says_why_with_a_stable_code(reader: Reader, case: str) -> None:
    """CA-05"""
    data, kind, code = _WITHOUT[case]
    for ask in (
        lambda: reader.picture(data, name="it", page=1),
        lambda: reader.pages(data, name="it"),
    ):
        with pytest.raises(TiebeamError) as caught:
            ask()
        assert type(caught.value) is kind
        assert caught.value.data["reason_code"] == code
        assert caught.value.message.startswith("'it' ")


def test_xml_has_no_picture_and_the_status_says_so(reader: Reader) -> None:
    with pytest.raises(NoPages, match="its fields and text are shown") as caught:
        reader.picture(b"<Invoice/>", name="a.xml", page=1)
    assert caught.value.status == 415


@pytest.mark.parametrize(
    "box",
    [b"0 0 14400 14400", b"0 0 1000000 1000000", b"0 0 226 20000", b"0 0 3 3", b"0 0 1e30 1e30", b"0 0 0 0", b"a b"],
)
def test_a_page_of_any_size_stays_within_the_pixels_allowed(reader: Reader, box: bytes) -> None:
    """CA-05: a page as large as a field costs no more than one of paper."""
    data = pdf_with_content(b"0 0 50 50 re f", box=b"/MediaBox [" + box + b"]")
    picture = reader.picture(data, name="large.pdf", page=1, width=2000)
    assert picture.width * picture.height <= 1.1 * _LIMITS.picture_pixels
    assert picture.width <= 2001


def outcome_of(reader: Reader, data: bytes) -> str:
    """`drawn` or the reason why not; a drawn page must keep the limit of pixels."""
    try:
        picture = reader.picture(data, name="it", page=1)
    except PictureRefused as refused:
        return str(refused.data["reason_code"])
    assert picture.width * picture.height <= 1.1 * reader.limits.picture_pixels
    return "drawn"


def test_a_thread_of_a_page_is_refused_or_drawn_small(reader: Reader) -> None:
    data = pdf_with_content(b"", box=b"/MediaBox [0 0 100000000 1]")
    assert outcome_of(reader, data) in {"drawn", "too_large", "pdf_malformed"}


def _with_image(side: int, *, megabytes: int) -> bytes:
    squeezer = zlib.compressobj(9)
    zeros = b"\0" * 1_048_576
    squeezed = b"".join(squeezer.compress(zeros) for _ in range(megabytes)) + squeezer.flush()
    image = b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8" % (side, side)
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R"
            b" /Resources << /XObject << /I 5 0 R >> >> >>",
            stream(b"q 300 0 0 300 0 0 cm /I Do Q"),
            stream(squeezed, image + b" /ColorSpace /DeviceRGB /Filter /FlateDecode"),
        ]
    )


def test_an_image_that_inflates_beyond_the_memory_ends_within_limits_and_the_next_page_is_drawn(
    invoice: bytes,
) -> None:
    """CA-05: a few hundred kilobytes that want to become a gigabyte."""
    limits = Limits(seconds=4, memory_bytes=400 * 1024 * 1024)
    bomb = _with_image(18_000, megabytes=950)
    assert len(bomb) < 1_500_000
    with Reader(workers=1, limits=limits) as reader:
        began = time.monotonic()
        # `drawn` where the library refuses the image itself and draws the page without it.
        assert outcome_of(reader, bomb) in {"drawn", "out_of_memory", "timeout", "crashed"}
        assert time.monotonic() - began < limits.seconds + 3
        assert reader.picture(invoice, name="a.pdf", page=1).pages == 1


def _drawing(number: int) -> bytes:
    return b"/Resources << /XObject << /F %d 0 R >> >>" % number


def test_a_page_that_draws_for_ever_is_stopped(invoice: bytes) -> None:
    """CA-05: no hang. Each form draws the next ten times."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 300 300] "
    nested = [stream(b"/F Do " * 10, form + _drawing(number)) for number in range(6, 14)]
    data = pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R " + _drawing(5) + b" >>",
            stream(b"/F Do"),
            *nested,
            stream(b"0 0 m 300 300 l S " * 50, form),
        ]
    )
    with Reader(workers=1, limits=Limits(seconds=1)) as reader:
        began = time.monotonic()
        with pytest.raises(PictureRefused) as caught:
            reader.picture(data, name="slow.pdf", page=1)
        assert caught.value.data["reason_code"] == "timeout"
        assert time.monotonic() - began < 4
        assert reader.picture(invoice, name="a.pdf", page=1).pages == 1


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0, 10_000), replacement=st.binary(max_size=12))
def test_damage_anywhere_never_raises_anything_else(
    reader: Reader, invoice: bytes, place: int, replacement: bytes
) -> None:
    """CA-05"""
    cut = place % len(invoice)
    damaged_pdf = invoice[:cut] + replacement + invoice[cut + len(replacement) + 1 :]
    try:
        picture = reader.picture(damaged_pdf, name="x.pdf", page=1, width=100)
    except (NoPages, PageMissing, PictureRefused):
        return
    assert picture.png.startswith(b"\x89PNG")
