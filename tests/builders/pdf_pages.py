"""PDFs written by hand, object by object, for pages that no library would write."""

from __future__ import annotations

import io


def pdf_of(objects: list[bytes], *, root: int = 1) -> bytes:
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


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n" % (len(data), extra) + data + b"\nendstream"


def pdf_with_content(content: bytes, *, box: bytes = b"/MediaBox [0 0 300 300]") -> bytes:
    """One page that draws `content`."""
    return pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R %s /Contents 4 0 R >>" % box,
            stream(content),
        ]
    )


def pdf_with_pages(count: int) -> bytes:
    """Empty pages."""
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 3 + count))
    pages = [b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] >>"] * count
    return pdf_of(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count), *pages]
    )
