"""ZIP archives among the arrivals: their documents one by one, or the archive itself for a person to look at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.builders.hostile_archives import zip_of
from tests.builders.hostile_tools import ubl
from tiebeam.connect.documents import Reader
from tiebeam.workflow.intake import Archive, Arrival, plain_name
from tiebeam.workflow.intake.unpacking import Unpacking


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(workers=1) as opened:
        yield opened


@pytest.fixture
def unpacking(reader: Reader, tmp_path: Path) -> Unpacking:
    return Unpacking(reader=lambda: reader, archive=Archive(tmp_path / "documents", max_bytes=20 * 1024 * 1024))


def contents(arrivals: list[Arrival]) -> list[bytes]:
    return [item.path.read_bytes() if item.path else item.data or b"" for item in arrivals]


# ids: CA-05, WF-01
def test_a_file_gives_its_documents_in_order_with_the_archive_as_their_source(
    unpacking: Unpacking, tmp_path: Path
) -> None:
    first, second = ubl(), ubl(number="R-2")
    path = tmp_path / "inbox.zip"
    path.write_bytes(zip_of({"2026/R-2.xml": second, "R-1.xml": first, "list.csv": b"x", "__MACOSX/R-1.xml": b"x"}))
    given = Arrival("inbox.zip", path=path, source=str(path), channel="mail", received_at=date(2026, 3, 2))

    found = unpacking.opened([Arrival("a.xml", data=first), given, Arrival("z.xml", data=second)])

    assert [item.name for item in found] == ["a.xml", "R-2.xml", "R-1.xml", "z.xml"]
    assert contents(found) == [first, second, first, second]
    assert [item.source for item in found[1:3]] == [f"{path}!/2026/R-2.xml", f"{path}!/R-1.xml"]
    assert {(item.channel, item.received_at) for item in found[1:3]} == {("mail", date(2026, 3, 2))}


# ids: CA-05
def test_what_was_uploaded_names_the_archive_it_lay_in(unpacking: Unpacking) -> None:
    (found,) = unpacking.opened([Arrival("post.zip", data=zip_of({"deep/er/R-1.xml": ubl()}))])
    assert (found.name, found.source, found.inside) == ("R-1.xml", "", "post.zip!/deep/er/R-1.xml")


# ids: CA-05, B7
@pytest.mark.parametrize("name", ["../../owned.xml", "/etc/owned.xml"])
def test_a_refused_archive_stays_one_document_and_nothing_of_it_is_kept(
    unpacking: Unpacking, tmp_path: Path, name: str
) -> None:
    item = Arrival("slip.zip", data=zip_of({"good.xml": ubl(), name: ubl()}))
    assert unpacking.opened([item]) == [item]
    assert not (tmp_path / "documents").exists()
    assert not (tmp_path / "owned.xml").exists()


# ids: CA-05
def test_an_archive_inside_an_archive_is_one_document(unpacking: Unpacking, reader: Reader) -> None:
    inner = zip_of({"R-1.xml": ubl()})
    nested, plain = unpacking.opened([Arrival("a.zip", data=zip_of({"inner.zip": inner, "R-2.xml": ubl()}))])
    assert (nested.name, plain.name) == ("inner.zip", "R-2.xml")
    assert nested.path is not None
    result = reader.read(nested.path, name=nested.name)
    assert result.error == (
        "This is a ZIP archive, not an invoice document. Unpack it and hand in the files one by one."
    )


def test_an_office_document_is_not_taken_apart(unpacking: Unpacking) -> None:
    item = Arrival("letter.docx", data=zip_of({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}))
    assert unpacking.opened([item]) == [item]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("a\r\nb\x1b[2J\u202e\u200b.xml", "ab[2J.xml"),
        ("", "document"),
        ("\x00", "document"),
        ("n" * 5000, "n" * 200),
        ("Rechnung Größe 7.pdf", "Rechnung Größe 7.pdf"),
    ],
)
def test_a_name_from_outside_keeps_its_last_part_and_what_prints(given: str, kept: str) -> None:
    assert plain_name(given) == kept
