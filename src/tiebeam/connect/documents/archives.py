"""The documents inside a ZIP archive. Runs in the confined process; no name in an archive ever becomes a path.

An archive with any sign of an attack is refused whole, with the reason, before its first document is handed on.
"""

from __future__ import annotations

import io
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from tiebeam.connect.documents.result import MIB, Limits, ReadErrorCode, Unreadable

_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OFFICE = (b"[Content_Types].xml", b"opendocument")
_KINDS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_CENTRAL_MARK = b"PK\x01\x02"
_MOST_MARKS = 20_000
_LOCAL_HEADER = 30
_ENCRYPTED = 0x1
_NO_DOCUMENTS = (".csv", ".jsonl")
_SHOWN = 80
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What the standard library makes of archives that are none."""
_PIECE = MIB


def is_archive(head: bytes) -> bool:
    """By the first bytes. Office documents are ZIP archives too, and are not taken apart."""
    return head.startswith(_STARTS) and not any(mark in head[:4096] for mark in _OFFICE)


def unpack(data: bytes, *, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """(path in the archive, content) of each document, in the archive's order. Raises Unreadable before the first."""
    try:
        with _opened(data) as archive:
            members = _documents(archive, limits=limits)
            for member in members:
                _check_content(archive, member, limits=limits)
            for member in members:
                yield member.filename, archive.read(member)
    except _DAMAGE as problem:
        raise _refused("it is damaged; ask the sender for a new copy") from problem


def check_archive(data: bytes, *, limits: Limits) -> None:
    """Raises Unreadable with what is wrong with an archive, if anything is."""
    for _ in unpack(data, limits=limits):
        return


def _refused(why: str, *, code: ReadErrorCode = ReadErrorCode.ARCHIVE_REFUSED) -> Unreadable:
    return Unreadable(code, f"Nothing was taken from this ZIP archive: {why}.")


def _opened(data: bytes) -> zipfile.ZipFile:
    if data.count(_CENTRAL_MARK) > _MOST_MARKS:
        raise _refused("it lists far too many files; send the invoices in several archives")
    return zipfile.ZipFile(io.BytesIO(data))


def _documents(archive: zipfile.ZipFile, *, limits: Limits) -> list[zipfile.ZipInfo]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    for member in members:
        _check_member(member, limits=limits)
    _check_together(members, limits=limits)
    documents = [member for member in members if _is_document(member.filename)]
    if not documents:
        raise _refused("it holds no documents; put invoices (XML or PDF) into it")
    return documents


def _shown(member: zipfile.ZipInfo) -> str:
    return repr(member.orig_filename[:_SHOWN])


def _check_member(member: zipfile.ZipInfo, *, limits: Limits) -> None:
    mode = member.external_attr >> 16
    if member.flag_bits & _ENCRYPTED:
        raise _refused(
            f"{_shown(member)} is protected by a password; ask the sender for an open one",
            code=ReadErrorCode.ARCHIVE_ENCRYPTED,
        )
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        raise _refused(f"{_shown(member)} is a link or a device, not a file; send the file itself")
    if not _stays_inside(member.orig_filename):
        raise _refused(f"the name {_shown(member)} points outside the archive; do not unpack it by hand either")
    if member.compress_type not in _KINDS:
        raise _refused(f"{_shown(member)} is packed in a way that is not read here; pack it again as a plain ZIP")
    if member.file_size > limits.max_bytes:
        raise _refused(
            f"{_shown(member)} has {member.file_size / MIB:.1f} MiB; the limit is {limits.max_bytes / MIB:.0f} MiB"
        )


def _stays_inside(name: str) -> bool:
    """Names are never used as paths here; one that tries to reach outside still shows what the archive is for."""
    is_plain = all(ord(letter) >= 32 and letter != "\x7f" for letter in name)
    is_relative = not name.startswith("/") and name[1:2] != ":" and "\\" not in name
    return is_plain and is_relative and ".." not in name.split("/")


def _check_together(members: Sequence[zipfile.ZipInfo], *, limits: Limits) -> None:
    if len(members) > limits.archive_members:
        raise _refused(f"it holds {len(members)} files; the limit is {limits.archive_members}; send several archives")
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if total > limits.archive_total_bytes:
        raise _refused(f"unpacked it has {total // MIB} MiB; the limit is {limits.archive_total_bytes // MIB} MiB")
    if total > MIB and total > packed * limits.archive_ratio:
        raise _refused(f"it grows to more than {limits.archive_ratio} times its size, as only a bomb does")
    seen: set[str] = set()
    for member in members:
        key = unicodedata.normalize("NFC", member.filename).casefold()
        if key in seen:
            raise _refused(f"it holds {_shown(member)} twice, so nobody can say which one counts")
        seen.add(key)
    end = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.header_offset < end:
            raise _refused("its files share the same bytes, as only a bomb's do")
        end = member.header_offset + _LOCAL_HEADER + member.compress_size


def _check_content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, limits: Limits) -> None:
    """Unpacks piece by piece and keeps nothing: the told size is not believed, and the checksum is checked."""
    came = 0
    with archive.open(member) as content:
        while piece := content.read(_PIECE):
            came += len(piece)
            if came > limits.max_bytes:
                raise _refused(f"{_shown(member)} is larger than it says; do not unpack it by hand either")


def _is_document(name: str) -> bool:
    path = PurePosixPath(name)
    is_hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not is_hidden and path.suffix.lower() not in _NO_DOCUMENTS
