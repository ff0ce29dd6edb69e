"""Anchors lie in places that the database's administrators do not write to (ids: B14, F12)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.builders.far_server import far_server
from tests.builders.journal_book import Book
from tiebeam.connect.anchors import AnchorEndpointFailed, AnchorsDiffer, EndpointPlace, FilePlace
from tiebeam.connect.outgoing import Outgoing, OutgoingRefused
from tiebeam.connect.secrets import Secret
from tiebeam.verifier import read_anchors


def anchors(count: int, *, word: str = "a") -> list[dict[str, Any]]:
    book = Book()
    for number in range(count):
        book.add("run:1", "noted", {"word": word, "n": number})
        book.anchor()
    return [{key: one[key] for key in one if key not in {"type", "leaf_list"}} for one in book.anchors]


class Database:
    """Gives its anchors in pages of two."""

    def __init__(self, count: int, *, word: str = "a") -> None:
        self.anchors = anchors(count, word=word)

    def load(self, after: int) -> Sequence[Mapping[str, Any]]:
        return self.anchors[after : after + 2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "anchors.jsonl"


def bring(path: Path, database: Database, *, written: int = 0) -> int:
    return list(FilePlace(path, name="file").bring(database.load, written=written))[-1]


def test_a_file_grows_by_what_is_missing(path: Path) -> None:
    assert bring(path, Database(3)) == 3
    assert bring(path, Database(5), written=3) == 5
    assert bring(path, Database(5), written=5) == 5
    with path.open("rb") as kept:
        assert sorted(read_anchors(kept)) == [1, 2, 3, 4, 5]


def test_a_file_that_has_more_than_was_noted_is_continued(path: Path) -> None:
    bring(path, Database(3))
    assert bring(path, Database(4), written=2) == 4


def test_a_line_torn_by_a_crash_is_mended(path: Path) -> None:
    bring(path, Database(2))
    whole = path.read_bytes()
    bring(path, Database(3), written=2)
    torn = path.read_bytes()[: len(whole) + 40]
    path.write_bytes(torn)
    assert bring(path, Database(4), written=2) == 4
    with path.open("rb") as kept:
        assert sorted(read_anchors(kept)) == [1, 2, 3, 4]


def _another_history(path: Path) -> None:
    bring(path.with_name("other"), Database(3, word="b"))
    path.write_bytes(path.with_name("other").read_bytes())


def _changed_line(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"leaves":1', b'"leaves":2').replace(b'"hash":"', b'"hash":"f'))


def _shortened(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))


def _foreign_line(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"hello\n")


def _foreign_beginning(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b'{"at":"2020')


@pytest.mark.parametrize(
    ("tamper", "why"),
    [
        (_another_history, "another history"),
        (_changed_line, "another history"),
        (_shortened, "ends with anchor 2, though 3"),
        (_foreign_line, "no anchor"),
        (_foreign_beginning, "cut off"),
        (Path.unlink, "gone or empty"),
        (lambda path: path.write_bytes(b""), "gone or empty"),
    ],
    ids=["another history", "changed", "shortened", "foreign line", "foreign beginning", "gone", "emptied"],
)
def test_a_file_that_does_not_match_is_not_continued(path: Path, tamper: Any, why: str) -> None:
    bring(path, Database(3))
    tamper(path)
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(AnchorsDiffer, match=why):
        bring(path, Database(5), written=3)
    assert (path.read_bytes() if path.exists() else None) == before


def _answer(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode()


def test_an_endpoint_gets_each_anchor_once_with_the_token() -> None:
    with far_server(lambda _head: _answer("204 No Content")) as server:
        place = EndpointPlace(
            f"http://127.0.0.1:{server.port}/anchors",
            outgoing=Outgoing(allow_private=["127.0.0.1"]),
            secret=lambda: Secret("swordfish-of-the-deep", reference="env:ANCHORS"),
        )
        assert list(place.bring(Database(3).load, written=1)) == [2, 3]
    assert [head.split(b" ")[0] for head in server.heads] == [b"POST", b"POST"]
    assert all(b"Bearer swordfish-of-the-deep" in head for head in server.heads)
    assert "swordfish" not in place.name


def test_an_endpoint_that_refuses_stops_the_delivery_there() -> None:
    answers = iter([_answer("200 OK"), _answer("503 Service Unavailable")])
    with far_server(lambda _head: next(answers)) as server:
        place = EndpointPlace(f"http://127.0.0.1:{server.port}/anchors", outgoing=Outgoing(allow_private=["127.0.0.1"]))
        reached = list[int]()
        with pytest.raises(AnchorEndpointFailed, match="503 to anchor 2"):
            reached.extend(place.bring(Database(3).load, written=0))
        assert len(server.heads) == 2


def test_an_endpoint_on_the_inner_network_must_be_allowed() -> None:
    place = EndpointPlace("http://127.0.0.1:1/anchors", outgoing=Outgoing())
    with pytest.raises(OutgoingRefused):
        list(place.bring(Database(1).load, written=0))


def test_an_anchor_is_told_as_it_is_kept() -> None:
    bodies: list[bytes] = []

    def answer(request: bytes) -> bytes:
        bodies.append(request.partition(b"\r\n\r\n")[2])
        return _answer("200 OK")

    with far_server(answer) as server:
        place = EndpointPlace(f"http://127.0.0.1:{server.port}/anchors", outgoing=Outgoing(allow_private=["127.0.0.1"]))
        list(place.bring(Database(1).load, written=0))
    assert json.loads(bodies[0]) == anchors(1)[0]
