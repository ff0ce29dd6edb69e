"""ids: EC-21 — calls of providers over kept connections, on both event loops."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.rooms.connect.upstreams.far import CHUNKED, OK, Line, always, calling, far, on_both_loops, once
from tiebeam.connect.upstreams import Failed, Unreachable


def test_bytes_go_through_unchanged_and_one_connection_serves_many_calls() -> None:
    async def test() -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: 7\r\nConnection: keep-alive\r\n"
        async with far(always(answer + b"Content-Length: 8\r\n\r\n", '{"ü":1}'.encode())) as there:
            async with calling(there.port) as caller:
                for number in range(5):
                    body = b'{"a": %d, "b" : "\\u00fc"}' % number
                    got = await caller.send(body, content_type="application/json", cookie="c", x_api_key="k")
                    assert got.status == 200
                    assert got.headers == [
                        (b"content-type", b"application/json"),
                        (b"x-request-id", b"7"),
                        (b"content-length", b"8"),
                    ]
                    assert await got.read() == '{"ü":1}'.encode()
                assert caller.pool.connections(caller.target) == 1
            assert there.connections == 1
            head, _, sent = there.requests[4].partition(b"\r\n\r\n")
            assert sent == b'{"a": 4, "b" : "\\u00fc"}'
            assert head.split(b"\r\n") == [
                b"POST /v1/chat/completions HTTP/1.1",
                f"host: 127.0.0.1:{there.port}".encode(),
                b"user-agent: tiebeam",
                b"accept-encoding: identity",
                b"content-type: application/json",
                b"content-length: 24",
            ]

    on_both_loops(test)


def test_chunks_come_as_they_are_sent_and_the_connection_is_kept() -> None:
    async def test() -> None:
        go_on = asyncio.Event()

        async def behave(line: Line) -> None:
            while True:
                await line.request()
                await line.say(CHUNKED + b"5\r\nfirst\r\n")
                await go_on.wait()
                await line.say(b"6;x=y\r\nsecond\r\n0\r\nX-Trailer: t\r\n\r\n")

        async with far(behave) as there, calling(there.port) as caller:
            for _ in range(2):
                go_on.clear()
                answer = await caller.send()
                pieces = answer.chunks
                assert await anext(pieces) == b"first"
                assert not answer.is_whole
                go_on.set()
                assert await anext(pieces) == b"second"
                assert [piece async for piece in pieces] == []
                assert answer.is_whole
                assert answer.headers == []
            assert there.connections == 1

    on_both_loops(test)


def test_interim_answers_are_passed_over() -> None:
    async def test() -> None:
        interim = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
        async with far(always(b"HTTP/1.1 100 Continue\r\n\r\n" + interim, interim + OK)) as there:
            async with calling(there.port) as caller:
                for _ in range(2):
                    answer = await caller.send()
                    assert (answer.status, await answer.read()) == (200, b"ok")
                    assert answer.headers == [(b"content-length", b"2")]
            assert there.connections == 1

    on_both_loops(test)


def test_any_status_is_an_answer() -> None:
    async def test() -> None:
        said = b"HTTP/1.1 429 Slow\r\nretry-after: 3\r\ncontent-length: 2\r\n\r\nno"
        async with far(always(said)) as there, calling(there.port) as caller:
            answer = await caller.send()
            assert (answer.status, answer.header(b"retry-after"), await answer.read()) == (429, b"3", b"no")
        async with far(always(b"HTTP/1.1 204 None\r\n\r\n")) as there, calling(there.port) as caller:
            assert await caller.read() == b""
            assert await caller.read() == b""
            assert there.connections == 1

    on_both_loops(test)


def test_an_answer_that_ends_with_its_connection_is_whole() -> None:
    async def test() -> None:
        async with far(once(b"HTTP/1.1 200 OK\r\n\r\n", b"all of ", b"it")) as there, calling(there.port) as caller:
            assert await caller.read() == b"all of it"
            assert await caller.read() == b"all of it"
            assert there.connections == 2

    on_both_loops(test)


def test_a_connection_the_server_closed_meanwhile_is_not_used_again() -> None:
    async def test() -> None:
        async with far(once(OK)) as there, calling(there.port) as caller:
            for _ in range(3):
                assert await caller.read() == b"ok"
                await asyncio.sleep(0.05)
            assert len(there.requests) == there.connections == 3

    on_both_loops(test)


def test_a_kept_connection_closed_without_a_byte_is_tried_again_on_another() -> None:
    """The server reads the second request of its first connection and closes: as if it had closed before."""

    async def test() -> None:
        async def behave(line: Line) -> None:
            await line.request()
            await line.say(OK)
            if len(line.requests) == 1:
                await line.request()
                return
            while True:
                await line.request()
                await line.say(OK)

        async with far(behave) as there, calling(there.port) as caller:
            assert await caller.read(b"1") == b"ok"
            assert await caller.read(b"2") == b"ok"
            assert [one[-1:] for one in there.requests] == [b"1", b"2", b"2"]

    on_both_loops(test)


@pytest.mark.parametrize("said", [b"", b"HTT", b"HTTP/1.1 200 OK\r\ncontent-le"])
def test_a_request_that_was_sent_is_never_sent_again(said: bytes) -> None:
    async def test() -> None:
        async def behave(line: Line) -> None:
            await line.request()
            await line.say(said)

        async with far(behave) as there, calling(there.port) as caller:
            with pytest.raises(Failed, match="closed the connection"):
                await caller.read()
            assert len(there.requests) == 1

    on_both_loops(test)


def test_connections_are_shared_out_up_to_the_limit_and_waited_for() -> None:
    async def test() -> None:
        async def behave(line: Line) -> None:
            while True:
                await line.request()
                await asyncio.sleep(0.005)
                await line.say(OK)

        async with far(behave) as there, calling(there.port, max_connections=3) as caller:
            answers = await asyncio.gather(*(caller.read() for _ in range(20)))
            assert answers == [b"ok"] * 20
            assert there.connections == 3

    on_both_loops(test)


def test_a_call_that_finds_no_free_connection_in_time_was_not_sent() -> None:
    async def test() -> None:
        async def behave(line: Line) -> None:
            await line.request()
            await asyncio.sleep(60)

        async with far(behave) as there, calling(there.port, max_connections=1, connect_seconds=0.3) as caller:
            first = asyncio.create_task(caller.read())
            await asyncio.sleep(0.02)
            with pytest.raises(Unreachable, match="max_connections"):
                await caller.read()
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            assert len(there.requests) == 1

    on_both_loops(test)


def test_cancelled_calls_give_their_connection_back() -> None:
    """# ids: EC-21, complaint: 18"""

    async def test() -> None:
        async def behave(line: Line) -> None:
            while True:
                await line.request()
                await asyncio.sleep(0.003)
                await line.say(CHUNKED + b"2\r\nok\r\n")
                await asyncio.sleep(0.003)
                await line.say(b"0\r\n\r\n")

        async with far(behave) as there, calling(there.port, max_connections=4) as caller:
            calls = [asyncio.create_task(caller.read()) for _ in range(60)]
            for number, call in enumerate(calls):
                await asyncio.sleep(0.0005)
                if number % 3:
                    call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            assert await asyncio.gather(*(caller.read() for _ in range(12))) == [b"ok"] * 12

    on_both_loops(test)


def test_an_answer_left_in_the_middle_frees_its_connection() -> None:
    async def test() -> None:
        async def behave(line: Line) -> None:
            await line.request()
            await line.say(CHUNKED + b"2\r\nok\r\n")
            await asyncio.sleep(60)

        async with far(behave) as there, calling(there.port, max_connections=1) as caller:
            for _ in range(3):
                answer = await caller.send()
                assert await anext(answer.chunks) == b"ok"
                await answer.aclose()
                with pytest.raises(Failed, match="left before its end"):
                    await anext(answer.chunks)
            assert there.connections == 3

    on_both_loops(test)


def test_a_closed_pool_ends_its_calls_and_takes_no_more() -> None:
    async def test() -> None:
        async def behave(line: Line) -> None:
            await line.request()
            await asyncio.sleep(60)

        async with far(behave) as there, calling(there.port) as caller:
            call = asyncio.create_task(caller.read())
            await asyncio.sleep(0.02)
            await caller.pool.aclose()
            with pytest.raises(Failed):
                await call
            with pytest.raises(Unreachable, match="closed"):
                await caller.read()

    on_both_loops(test)


def test_a_header_cannot_smuggle_another() -> None:
    async def test() -> None:
        async with far(always(OK)) as there, calling(there.port) as caller:
            with pytest.raises(Unreachable, match="line break"):
                await caller.send(b"{}", accept="a\r\nx-evil: 1")
            assert there.requests == []

    on_both_loops(test)


def test_keys_are_read_where_they_are_kept_and_a_new_one_needs_no_restart(tmp_path: Path) -> None:
    """# ids: EC-21"""
    place = tmp_path / "key"
    place.write_text("old-provider-key\n")
    place.chmod(0o600)

    async def test() -> None:
        async def behave(line: Line) -> None:
            while True:
                asked = await line.request()
                is_known = b"authorization: Bearer new-provider-key\r\n" in asked
                status = b"200 OK" if is_known else b"401 No"
                await line.say(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\n\r\n")

        async with far(behave) as there, calling(there.port, folder=tmp_path, secret="file:key") as caller:
            place.write_text("old-provider-key\n")
            assert (await caller.send()).status == 401
            place.write_text("new-provider-key\n")
            assert (await caller.send()).status == 200
            assert (await caller.send()).status == 200

    on_both_loops(test)


def test_without_its_key_a_provider_is_not_called(tmp_path: Path) -> None:
    async def test() -> None:
        async with far(always(OK)) as there, calling(there.port, folder=tmp_path, secret="file:none") as caller:
            with pytest.raises(Unreachable, match="key cannot be read"):
                await caller.read()
            assert there.connections == 0

    on_both_loops(test)
