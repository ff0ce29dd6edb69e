"""ZIP archives with names that climb, files that are links, and more inside than fits."""

from __future__ import annotations

import io
import stat
import struct
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from random import Random

from tests.builders.hostile_tools import DATA, Hostile, ubl

REFUSED = ("archive_refused",)
_LINK = (stat.S_IFLNK | 0o777) << 16


def zip_of(files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED, mode: int = 0) -> bytes:
    return zip_listing(list(files.items()), method=method, mode=mode)


def zip_listing(files: list[tuple[str, bytes]], *, method: int = zipfile.ZIP_DEFLATED, mode: int = 0) -> bytes:
    """As `zip_of`, where a name may come twice."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in files:
            info = zipfile.ZipInfo("x")
            info.filename, info.compress_type, info.external_attr = name, method, mode
            archive.writestr(info, data)
    return memory.getvalue()


def archives(rng: Random) -> Iterator[Hostile]:
    yield from _names()
    yield from _kinds()
    yield from _bombs(rng)
    yield from _damage(rng)


def _names() -> Iterator[Hostile]:
    for name in (
        "../../etc/cron.d/owned.xml",
        "a/../../owned.xml",
        "/etc/owned.xml",
        "C:/owned.xml",
        "..\\..\\owned.xml",
        "\\\\127.0.0.1\\share\\owned.xml",
        "a\r\nb.xml",
        "\x1b[2J.xml",
    ):
        yield Hostile("archive slip", "slip.zip", zip_of({name: ubl(), "good.xml": ubl()}), REFUSED)
    yield Hostile("archive: names of 5,000 letters", "long.zip", zip_of({"n" * 5000 + ".xml": ubl()}), DATA)
    yield Hostile("archive: a name turned round", "bidi.zip", zip_of({"invoice\u202elmx.exe": ubl()}), DATA)
    yield Hostile(
        "archive: a name twice", "twice.zip", zip_listing([("a.xml", ubl()), ("a.xml", ubl(number="R-2"))]), REFUSED
    )
    yield Hostile("archive: a name in two cases", "case.zip", zip_of({"a.xml": ubl(), "A.XML": ubl()}), REFUSED)
    composed = zip_of({"\u00e9.xml": ubl(), "e\u0301.xml": ubl()})
    yield Hostile("archive: a name in two forms", "forms.zip", composed, REFUSED)


def _kinds() -> Iterator[Hostile]:
    yield Hostile("archive: a link", "link.zip", zip_of({"a.xml": b"/etc/passwd"}, mode=_LINK), REFUSED)
    device = (stat.S_IFCHR | 0o666) << 16
    yield Hostile("archive: a device", "device.zip", zip_of({"a.xml": b""}, mode=device), REFUSED)
    yield Hostile("archive: nothing inside", "empty.zip", zip_of({}), REFUSED)
    yield Hostile(
        "archive: only lists", "lists.zip", zip_of({"orders.csv": b"a", "__MACOSX/a.xml": b"", ".x": b""}), REFUSED
    )
    inner = ubl()
    for _ in range(10):
        inner = zip_of({"inner.zip": inner})
    yield Hostile("archive: archives ten deep", "nested.zip", inner, ("unsupported",))
    locked = bytearray(zip_of({"a.xml": ubl()}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + place] |= 1
    yield Hostile("archive: a password", "locked.zip", bytes(locked), ("archive_encrypted",))
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield Hostile("archive: packed oddly", "odd.zip", zip_of({"a.xml": ubl()}, method=method), REFUSED)


def _bombs(rng: Random) -> Iterator[Hostile]:
    yield Hostile("archive bomb: one file", "bomb.zip", zip_of({"a.xml": b"\x00" * 19_000_000}), REFUSED)
    yield Hostile(
        "archive bomb: many files", "bombs.zip", zip_of({f"{n}.xml": b" " * 2_000_000 for n in range(120)}), REFUSED
    )
    yield Hostile("archive bomb: too large a file", "large.zip", zip_of({"a.xml": b" " * 22_000_000}), REFUSED)
    count = rng.randrange(600, 900)
    yield Hostile(
        "archive bomb: hundreds of files", "count.zip", zip_of({f"{n}.xml": b"<a/>" for n in range(count)}), REFUSED
    )
    yield Hostile("archive bomb: files over files", "overlap.zip", _overlapping(), REFUSED)
    yield Hostile("archive bomb: a listing without end", "listing.zip", _listing(60_000), REFUSED)
    yield Hostile("archive bomb: says it is small", "lying.zip", _lying(), REFUSED)


def _central(name: bytes, *, crc: int, packed: int, size: int, at: int) -> bytes:
    head = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, crc, packed, size, len(name), 0, 0, 0, 0, 0, at
    )
    return head + name


def _end(count: int, *, size: int, at: int) -> bytes:
    return struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, size, at, 0)


def _overlapping() -> bytes:
    """Many names for the same bytes: no ratio of one file gives it away."""
    one = zip_of({"0.xml": ubl(note="x" * 500_000)})
    info = zipfile.ZipFile(io.BytesIO(one)).infolist()[0]
    body = one[: one.index(b"PK\x01\x02")]
    rows = b"".join(
        _central(b"%d.xml" % n, crc=info.CRC, packed=info.compress_size, size=info.file_size, at=0) for n in range(100)
    )
    return body + rows + _end(100, size=len(rows), at=len(body))


def _listing(count: int) -> bytes:
    rows = b"".join(_central(b"%d" % n, crc=0, packed=0, size=0, at=0) for n in range(count))
    return b"PK\x03\x04" + b"\x00" * 26 + rows + _end(count % 65536, size=len(rows), at=30)


def _lying() -> bytes:
    data = bytearray(zip_of({"a.xml": b" " * 15_000_000}))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(mark) + place
        data[start : start + 4] = struct.pack("<I", 100)
    return bytes(data)


def _damage(rng: Random) -> Iterator[Hostile]:
    honest = zip_of({"a.xml": ubl(), "b.xml": ubl(number="R-2")})
    torn = honest[: rng.randrange(60, len(honest) - 30)]
    yield Hostile("archive: torn", "torn.zip", torn, REFUSED)
    wrong = bytearray(zip_of({"a.xml": ubl()}, method=zipfile.ZIP_STORED))
    wrong[200] ^= 0xFF
    yield Hostile("archive: a wrong checksum", "checksum.zip", bytes(wrong), REFUSED)
    renamed = honest.replace(b"a.xml", b"z.xml", 1)
    yield Hostile("archive: two tables that differ", "tables.zip", renamed, REFUSED)
    yield Hostile("archive: only its end", "end.zip", _end(0, size=0, at=0), REFUSED)
    yield Hostile("archive: noise", "noise.zip", b"PK\x03\x04" + rng.randbytes(3000), REFUSED)
    yield Hostile("archive: a comment", "comment.zip", _commented(honest), DATA)


def _commented(data: bytes) -> bytes:
    memory = io.BytesIO(data)
    with zipfile.ZipFile(memory, "a") as archive:
        archive.comment = b"<script>alert(1)</script>\x1b[2J"
    return memory.getvalue()
