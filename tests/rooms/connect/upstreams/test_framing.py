"""ids: EC-21 — however an answer is cut into pieces on its way, the same comes out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tiebeam.connect.upstreams import Failed, Limits
from tiebeam.connect.upstreams.connection import Connection

BODY = st.binary(max_size=60)


class Wire:
    """A transport that takes down what is done with it."""

    def __init__(self) -> None:
        self.sent = b""
        self.is_cut = False

    def get_extra_info(self, name: str) -> Any:
        return None

    def write(self, data: bytes) -> None:
        self.sent += data

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.is_cut

    def abort(self) -> None:
        self.is_cut = True


def chunked(pieces: Sequence[bytes]) -> bytes:
    return b"".join(b"%x;a=b\r\n%b\r\n" % (len(one), one) for one in pieces if one) + b"0\r\nx-trailer: 1\r\n\r\n"


def answers() -> st.SearchStrategy[tuple[bytes, bytes]]:
    """(as it is sent, the body within)."""
    measured = BODY.map(lambda body: (b"Content-Length: %d\r\n\r\n" % len(body) + body, body))
    in_chunks = st.lists(BODY, max_size=5).map(
        lambda pieces: (b"Transfer-Encoding: Chunked\r\n\r\n" + chunked(pieces), b"".join(pieces))
    )
    interim = st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Hints\r\nlink: a\r\n\r\n"])
    return st.tuples(interim, measured | in_chunks).map(
        lambda found: (found[0] + b"HTTP/1.1 200 OK\r\nX-One: 1\r\n" + found[1][0], found[1][1])
    )


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    edges = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[one:two] for one, two in pairwise(edges)]


async def exchange(pieces: Sequence[bytes], *, ends: bool = False) -> tuple[bytes | str, bool]:
    """What comes of an answer in those pieces, and whether the connection is free for the next."""
    freed: list[Connection] = []
    loop = asyncio.get_running_loop()
    connection = Connection("far", Limits(), loop=loop, free=freed.append, gone=lambda _: None)
    connection.attach(Wire())  # type: ignore[arg-type]  # as much of a transport as is used
    waiting = connection.ask(b"POST / HTTP/1.1\r\n\r\n", b"")
    for piece in pieces:
        connection.data_received(piece)
    if ends:
        connection.eof_received()
        connection.connection_lost(None)
    try:
        answer = await asyncio.wait_for(waiting, 1)
        assert answer.header(b"x-one") == b"1"
        return await asyncio.wait_for(answer.read(), 1), bool(freed)
    except Failed as problem:
        return problem.message, bool(freed)
    finally:
        connection.close()


@settings(max_examples=150, deadline=None)
@given(answers(), st.lists(st.integers(0, 1_000), max_size=12))
def test_a_whole_answer_is_the_same_in_any_pieces_and_the_connection_serves_the_next(
    answer: tuple[bytes, bytes], places: Sequence[int]
) -> None:
    sent, body = answer
    assert asyncio.run(exchange(cut(sent, places))) == (body, True)


@settings(max_examples=150, deadline=None)
@given(answers(), st.lists(st.integers(0, 1_000), max_size=5), st.integers(1, 1_000))
def test_an_answer_that_lost_its_end_is_never_whole(
    answer: tuple[bytes, bytes], places: Sequence[int], lost: int
) -> None:
    sent, _ = answer
    kept = sent[: max(len(sent) - lost, 0)]
    found, is_free = asyncio.run(exchange(cut(kept, places), ends=True))
    assert isinstance(found, str)
    assert not is_free


@settings(max_examples=100, deadline=None)
@given(answers(), st.binary(min_size=1, max_size=40))
def test_more_than_the_answer_ends_the_connection_and_changes_nothing_of_it(
    answer: tuple[bytes, bytes], more: bytes
) -> None:
    sent, body = answer
    found, is_free = asyncio.run(exchange([sent + more]))
    assert found == body
    # Empty lines before a next answer are no answer.
    assert not is_free or not more.strip(b"\r\n")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=6))
def test_no_bytes_whatsoever_do_more_than_fail(pieces: Sequence[bytes]) -> None:
    found, is_free = asyncio.run(exchange(pieces, ends=True))
    assert isinstance(found, str)
    assert not is_free
