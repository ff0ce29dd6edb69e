"""ids: EC-21 — providers that lie, stall, flood or break off harm nobody but themselves."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time

import pytest

from tests.rooms.connect.upstreams.far import CHUNKED, OK, Line, always, calling, far, on_both_loops, once
from tiebeam.connect.upstreams import AnswerOverLimit, Failed, TooSlow, Unreachable
from tiebeam.connect.upstreams.answer import HIGH_WATER

EVIL = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil"


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        b"\x00\x01\x02\x03" * 50,
        b"HTTP/2 200 OK\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok!",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 40 + OK,
        CHUNKED + b"zz\r\nok\r\n0\r\n\r\n",
        CHUNKED + b"fffffffffffffffff\r\nok",
        CHUNKED + b"2\r\nokay then\r\n",
        CHUNKED + b"2\r\nok\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nearly",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\nok",
    ],
)
def test_an_answer_that_is_not_sound_fails_and_says_so(said: bytes) -> None:
    async def test() -> None:
        async with far(once(said)) as there, calling(there.port) as caller:
            with pytest.raises(Failed):
                await caller.read()
            with pytest.raises(Failed):
                await caller.read()
            assert len(there.requests) == 2

    on_both_loops(test)


def test_what_came_before_an_answer_broke_off_is_given_out() -> None:
    async def test() -> None:
        async with far(once(CHUNKED + b"5\r\nfirst\r\n")) as there, calling(there.port) as caller:
            answer = await caller.send()
            got = [await anext(answer.chunks)]
            with pytest.raises(Failed, match="in the middle of its answer"):
                got.append(await anext(answer.chunks))
            assert got == [b"first"]

    on_both_loops(test)


@pytest.mark.parametrize(
    ("settings", "said", "words"),
    [
        ({"first_byte_seconds": 0.1}, b"", "begin to answer within 0.1"),
        ({"idle_seconds": 0.1}, CHUNKED + b"2\r\nok\r\n", "fell silent for 0.1"),
        ({"total_seconds": 0.1}, b"", "within 0.1 seconds"),
        ({"total_seconds": 0.1}, CHUNKED + b"2\r\nok\r\n", "end its answer within 0.1"),
    ],
)
def test_a_silent_server_is_not_waited_for(settings: dict[str, float], said: bytes, words: str) -> None:
    async def test() -> None:
        async def behave(line: Line) -> None:
            await line.request()
            await line.say(said)
            await asyncio.sleep(60)

        began = time.monotonic()
        async with far(behave) as there, calling(there.port, **settings) as caller:
            with pytest.raises(TooSlow, match=words):
                await caller.read()
        assert 0.09 < time.monotonic() - began < 2

    on_both_loops(test)


@pytest.mark.parametrize(
    ("settings", "begin", "drop"),
    [
        ({"first_byte_seconds": 0.15}, b"HTTP/1.1 200 OK\r\nx-slow: ", b"a"),
        ({"total_seconds": 0.15}, CHUNKED, b"1\r\na\r\n"),
        ({"total_seconds": 0.15}, CHUNKED + b"2;", b"x"),
    ],
)
def test_a_trickle_of_bytes_does_not_hold_a_call_for_ever(
    settings: dict[str, float], begin: bytes, drop: bytes
) -> None:
    async def test() -> None:
        async def behave(line: Line) -> None:
            await line.request()
            await line.say(begin)
            while True:
                await asyncio.sleep(0.02)
                await line.say(drop)

        async with far(behave) as there, calling(there.port, **settings) as caller:
            with pytest.raises(TooSlow):
                await caller.read()

    on_both_loops(test)


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"HTTP/1.1 200 ", b"O" * 10_000),
        (b"HTTP/1.1 200 OK\r\nx-long: ", b"a" * 10_000),
        (b"HTTP/1.1 200 OK\r\n", b"x-many: 0123456789\r\n" * 500),
        (CHUNKED + b"2;", b"extension" * 1_000),
        (CHUNKED + b"2\r\nok\r\n0\r\nx-trailer: ", b"t" * 10_000),
        (CHUNKED + b"2\r\nok\r\n0\r\n", b"x-trailer: 0123456789\r\n" * 500),
        (CHUNKED, b"0" * 10_000),
    ],
)
def test_heads_framing_and_trailers_without_end_are_cut_off(begin: bytes, more: bytes) -> None:
    async def test() -> None:
        async def behave(line: Line) -> None:
            await line.request()
            await line.say(begin)
            while True:
                await line.say(more)

        async with far(behave) as there, calling(there.port) as caller:
            with pytest.raises(Failed):
                await caller.read()

    on_both_loops(test)


def test_an_answer_above_its_limit_is_cut_off() -> None:
    async def test() -> None:
        said = b"HTTP/1.1 200 OK\r\ncontent-length: 3000\r\n\r\n" + b"a" * 3_000
        async with far(always(said)) as there, calling(there.port, largest=2_000) as caller:
            with pytest.raises(AnswerOverLimit, match="larger than 2000 bytes"):
                await caller.read()

    on_both_loops(test)


def test_a_server_that_speaks_first_is_not_asked() -> None:
    async def test() -> None:
        async def behave(line: Line) -> None:
            await line.say(OK)
            await line.request()

        async with far(behave) as there, calling(there.port) as caller:
            answers = await asyncio.gather(caller.read(), return_exceptions=True)
            # The early bytes may arrive a moment after the request left; then they are an answer to it.
            assert isinstance(answers[0], Unreachable) or answers[0] == b"ok"
            assert len(there.requests) <= 1

    on_both_loops(test)


@pytest.mark.parametrize("parts", [(OK + EVIL,), (OK, EVIL)])
def test_an_answer_nobody_asked_for_is_never_taken_for_the_next_ones(parts: tuple[bytes, ...]) -> None:
    async def test() -> None:
        said = asyncio.Event()

        async def behave(line: Line) -> None:
            await line.request()
            for part in parts:
                await asyncio.sleep(0.005)
                await line.say(part)
            said.set()
            await line.request()

        async with far(behave) as there, calling(there.port) as caller:
            for _ in range(4):
                said.clear()
                assert await caller.read() == b"ok"
                await said.wait()
            assert there.connections == 4

    on_both_loops(test)


def test_an_answer_before_the_request_was_taken_whole_counts_and_ends_the_connection() -> None:
    async def test() -> None:
        async def behave(line: Line) -> None:
            await line.reader.readuntil(b"\r\n\r\n")
            await line.say(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")
            await asyncio.sleep(60)

        async with far(behave) as there, calling(there.port) as caller:
            for _ in range(2):
                answer = await caller.send(b"x" * 30_000_000)
                assert (answer.status, await answer.read()) == (413, b"no")
            assert there.connections == 2

    on_both_loops(test)


def test_fifty_megabytes_in_one_chunk_are_passed_on_without_being_held() -> None:
    """# ids: EC-21 — a reader that takes its time stops the server, not our memory."""
    size = 50_000_000

    async def test() -> None:
        sent = 0

        async def behave(line: Line) -> None:
            nonlocal sent
            await line.request()
            await line.say(CHUNKED + b"%x\r\n" % size)
            piece = b"a" * 500_000
            while sent < size:
                await line.say(piece)
                sent += len(piece)
            await line.say(b"\r\n0\r\n\r\n")

        async with far(behave) as there, calling(there.port, idle_seconds=0.1) as caller:
            answer = await caller.send()
            # Longer than the silence that a server may keep: it is we who are silent.
            await asyncio.sleep(0.3)
            assert sent < 20_000_000
            got = largest = 0
            async for piece in answer.chunks:
                got += len(piece)
                largest = max(largest, len(piece))
            assert got == size
            assert largest <= 2 * HIGH_WATER

    on_both_loops(test)


def test_a_server_that_is_not_there_took_nothing() -> None:
    async def test() -> None:
        async with far(always(OK)) as there:
            port = there.port
        async with calling(port) as caller:
            with pytest.raises(Unreachable, match="cannot be reached"):
                await caller.read()

    on_both_loops(test)


def test_after_any_mix_of_ends_every_connection_can_be_used_again() -> None:
    """# complaint: 18"""
    most = 6

    async def test() -> None:
        chance = random.Random(7)
        is_calm, all_here, here = False, asyncio.Event(), 0
        ends = (OK, OK, CHUNKED + b"2\r\nok\r\n0\r\n\r\n", OK + b"junk", b"HTTP/1.1 200", b"garbage\r\n\r\n", b"")

        async def behave(line: Line) -> None:
            nonlocal here
            while True:
                await line.request()
                if is_calm:
                    here += 1
                    if here == most:
                        all_here.set()
                    await all_here.wait()
                    await line.say(OK)
                    continue
                end = chance.choice(ends)
                await line.say(end)
                if not end.startswith((OK, CHUNKED)) or chance.random() < 0.2:
                    await asyncio.sleep(chance.choice((0, 0.01)))
                    return

        async def restless() -> None:
            for _ in range(25):
                with contextlib.suppress(Failed, Unreachable, TimeoutError):
                    async with asyncio.timeout(chance.choice((0.002, 1))):
                        assert await caller.read() == b"ok"

        async with far(behave) as there, calling(there.port, max_connections=most) as caller:
            await asyncio.gather(*(restless() for _ in range(20)))
            is_calm = True
            async with asyncio.timeout(5):
                assert await asyncio.gather(*(caller.read() for _ in range(most))) == [b"ok"] * most

    on_both_loops(test)
