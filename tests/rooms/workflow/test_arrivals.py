"""Which documents a path holds and in which order they arrived."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiebeam.errors import NotFound
from tiebeam.workflow.intake import Archive, BrokenArrivalList, arrivals_in


def folder(tmp_path: Path, *names: str) -> Path:
    place = tmp_path / "invoices"
    place.mkdir()
    for name in names:
        (place / name).write_bytes(name.encode())
    return place


def test_without_a_list_files_arrive_in_the_order_of_their_names(tmp_path: Path) -> None:
    place = folder(tmp_path, "b.pdf", "a.xml", ".hidden", "notes.csv")
    assert [item.name for item in arrivals_in(place)] == ["a.xml", "b.pdf"]


def test_a_list_beside_the_folder_gives_order_dates_and_channels(tmp_path: Path) -> None:
    place = folder(tmp_path, "A.xml", "B.pdf", "C.xml")
    (tmp_path / "inbox.csv").write_text(
        "doc_id,received_at,channel,file\nA,2026-03-05,peppol,invoices/A.xml\nB,2026-03-04,email,invoices/B.pdf\n"
    )
    found = arrivals_in(place)
    assert [item.name for item in found] == ["B.pdf", "A.xml", "C.xml"]
    assert [item.channel for item in found] == ["email", "peppol", "folder"]
    assert str(found[0].received_at) == "2026-03-04"


def test_a_wrong_date_in_the_list_names_the_line(tmp_path: Path) -> None:
    place = folder(tmp_path, "A.xml")
    (tmp_path / "inbox.csv").write_text("doc_id,received_at\nA,05.03.2026\n")
    with pytest.raises(BrokenArrivalList, match=r"line 2.*YYYY-MM-DD"):
        arrivals_in(place)


def test_a_list_without_names_is_refused(tmp_path: Path) -> None:
    place = folder(tmp_path, "A.xml")
    (tmp_path / "inbox.csv").write_text("when\n2026-03-05\n")
    with pytest.raises(BrokenArrivalList, match="needs a column"):
        arrivals_in(place)


def test_a_path_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file or folder"):
        arrivals_in(tmp_path / "nowhere")


def test_equal_content_is_kept_once_and_unchanged(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "documents", max_bytes=100)
    first = archive.keep_bytes(b"invoice")
    again = archive.keep_bytes(b"invoice")
    assert first == again
    assert archive.path_of(first.sha256).read_bytes() == b"invoice"
    assert len([p for p in (tmp_path / "documents").rglob("*") if p.is_file()]) == 1


def test_a_file_above_the_limit_is_known_by_its_hash_but_not_copied(tmp_path: Path) -> None:
    big = tmp_path / "big.pdf"
    big.write_bytes(b"x" * 101)
    archive = Archive(tmp_path / "documents", max_bytes=100)
    kept = archive.keep_file(big)
    assert (kept.size, kept.is_archived) == (101, False)
    with pytest.raises(NotFound, match="archive holds no document"):
        archive.path_of(kept.sha256)
