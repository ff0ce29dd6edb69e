"""Pictures of PDF pages. Runs in the confined process: decoding pictures inside a document is where most harm hides."""

from __future__ import annotations

import math
from typing import Any

from tiebeam.connect.documents.pdf_open import PdfDocument, damaged, open_pdf
from tiebeam.connect.documents.pictures import PageAbsent, PagePicture, PageSize
from tiebeam.connect.documents.png import png_of
from tiebeam.connect.documents.result import Limits, ReadErrorCode, Unreadable
from tiebeam.connect.documents.sniff import Kind, refuse, sniff


def page_sizes(data: bytes, *, limits: Limits) -> tuple[PageSize, ...]:
    """Every page's size as shown. Raises Unreadable."""
    document = _opened(data, limits=limits)
    try:
        return tuple(_size(document, page=number) for number in range(1, len(document) + 1))
    finally:
        document.close()


def picture_of_page(data: bytes, *, page: int, width: int, limits: Limits) -> PagePicture:
    """At most `width` pixels wide and `limits.picture_pixels` in all. Raises Unreadable and PageAbsent."""
    import pypdfium2

    document = _opened(data, limits=limits)
    try:
        pages = len(document)
        if not 1 <= page <= pages:
            raise PageAbsent(pages)
        size = _size(document, page=page)
        scale = min(width / size.width, math.sqrt(limits.picture_pixels / (size.width * size.height)))
        if math.ceil(size.width * scale) * math.ceil(size.height * scale) > 1.1 * limits.picture_pixels:
            raise Unreadable(
                ReadErrorCode.TOO_LARGE, f"Page {page} is far longer than wide; open the original instead."
            )
        bitmap: Any = document[page - 1].render(scale=scale, rev_byteorder=True)
        png = png_of(bytes(bitmap.buffer), width=bitmap.width, height=bitmap.height, stride=bitmap.stride)
        return PagePicture(png=png, page=page, pages=pages, width=bitmap.width, height=bitmap.height)
    except pypdfium2.PdfiumError as problem:
        raise damaged() from problem
    finally:
        document.close()


def _opened(data: bytes, *, limits: Limits) -> PdfDocument:
    match sniff(data):
        case Kind.PDF:
            return open_pdf(data, limits=limits)
        case Kind.XML:
            raise Unreadable(ReadErrorCode.UNSUPPORTED, "XML is written for programs; its fields and text are shown.")
        case other:
            raise refuse(other)


def _size(document: PdfDocument, *, page: int) -> PageSize:
    import pypdfium2

    try:
        opened = document[page - 1]
        width, height = opened.get_size()
        left, bottom, _, _ = opened.get_bbox()
        is_turned = bool(opened.get_rotation())
    except pypdfium2.PdfiumError as problem:
        raise damaged() from problem
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise damaged()
    if is_turned or not (math.isfinite(left) and math.isfinite(bottom)):
        left = bottom = 0.0
    return PageSize(page=page, width=width, height=height, left=left, top=-bottom)
