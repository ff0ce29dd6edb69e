"""ids: EC-21, B14 — providers are reached by the rules of every other call: checked addresses, certificates, proxy."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.builders.certificates import certificate_for
from tests.rooms.connect.upstreams.far import HERE, OK, Caller, Line, always, calling, far, on_both_loops, record
from tiebeam.connect.outgoing import Resolver
from tiebeam.connect.upstreams import Unreachable, UpstreamPool
from tiebeam.errors import Invalid
from tiebeam.spec import OutgoingRules


@asynccontextmanager
async def named(
    url: str, rules: OutgoingRules, *, folder: Path = Path(), resolver: Resolver | None = None
) -> AsyncIterator[Caller]:
    pool = UpstreamPool(rules, workspace=folder, resolver=resolver or (lambda host, port: ["127.0.0.1"]))
    try:
        yield Caller(pool, pool.target(record(0, base_url=url)))
    finally:
        await pool.aclose()


def test_a_certificate_must_be_trusted_and_be_of_that_name(tmp_path: Path) -> None:
    _, context = certificate_for("far.example", folder=tmp_path)
    trusting = OutgoingRules(allow=("127.0.0.1",), ca_file="authority.pem")

    async def test() -> None:
        async with far(always(OK), tls=context) as there:
            async with named(f"https://far.example:{there.port}/v1", trusting, folder=tmp_path) as caller:
                assert [await caller.read() for _ in range(3)] == [b"ok"] * 3
                assert there.connections == 1
                assert f"host: far.example:{there.port}\r\n".encode() in there.requests[0]
            async with named(f"https://other.example:{there.port}/v1", trusting, folder=tmp_path) as caller:
                with pytest.raises(Unreachable, match="certificate is not trusted"):
                    await caller.read()
            async with named(f"https://far.example:{there.port}/v1", HERE) as caller:
                with pytest.raises(Unreachable, match="certificate is not trusted"):
                    await caller.read()
            assert len(there.requests) == 3

    on_both_loops(test)


def test_what_lies_behind_a_proxy_is_reached_through_an_encrypted_tunnel(tmp_path: Path) -> None:
    _, context = certificate_for("far.example", folder=tmp_path)
    heads: list[bytes] = []

    async def test() -> None:
        heads.clear()
        async with far(always(OK), tls=context) as there, tunnel(heads, there.port) as port:
            rules = OutgoingRules(
                ca_file="authority.pem",
                proxy=f"http://127.0.0.1:{port}",
                proxy_user="u",
                proxy_password="file:word",
            )
            async with named("https://far.example/v1", rules, folder=tmp_path, resolver=_never) as caller:
                assert [await caller.read() for _ in range(3)] == [b"ok"] * 3
            assert there.connections == 1
        login = base64.b64encode(b"u:a-proxy-password").decode()
        assert [head.decode().split("\r\n") for head in heads] == [
            [
                "CONNECT far.example:443 HTTP/1.1",
                "Host: far.example:443",
                f"Proxy-Authorization: Basic {login}",
                "",
                "",
            ]
        ]

    (tmp_path / "word").write_text("a-proxy-password\n")
    (tmp_path / "word").chmod(0o600)
    on_both_loops(test)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"HTTP/1.1 407 Login\r\n\r\n", "answered 407"),
        (b"HTTP/1.1 200 OK\r\n\r\nand something of my own", "does not speak HTTP"),
        (b"SSH-2.0\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * 30_000, "no end"),
        (b"", "closed the connection"),
    ],
)
def test_a_proxy_that_opens_no_way_is_no_way(said: bytes, words: str) -> None:
    async def test() -> None:
        async def behave(line: Line) -> None:
            await line.reader.readuntil(b"\r\n\r\n")
            await line.say(said)

        async with far(behave) as proxy:
            rules = OutgoingRules(proxy=f"http://127.0.0.1:{proxy.port}")
            async with named("https://far.example/v1", rules) as caller:
                with pytest.raises(Unreachable, match=words):
                    await caller.read()

    on_both_loops(test)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (["10.0.0.1"], r"private network.*\[outgoing\] allow"),
        (["93.184.215.14", "10.0.0.1"], "private network"),
        (["127.0.0.1"], "this machine"),
        (["169.254.169.254"], "metadata service and never"),
        (["::ffff:169.254.169.254"], "metadata service and never"),
        (["not an address"], "knows no address"),
        ([], "knows no address"),
    ],
)
def test_a_name_that_leads_where_nothing_may_go_is_not_called(found: Sequence[str], words: str) -> None:
    async def test() -> None:
        async with named("https://far.example/v1", OutgoingRules(), resolver=lambda host, port: found) as caller:
            with pytest.raises(Unreachable, match=words):
                await caller.read()

    on_both_loops(test)


def test_this_machine_is_called_where_the_upstreams_own_record_vouches_for_it() -> None:
    async def test() -> None:
        async with far(always(OK)) as there:
            async with calling(there.port, rules=OutgoingRules()) as caller:
                with pytest.raises(Unreachable, match=r"this machine.*'127.0.0.1'"):
                    await caller.read()
            async with calling(there.port, rules=OutgoingRules(), private_network=True) as caller:
                assert await caller.read() == b"ok"

    on_both_loops(test)


def test_an_address_that_cannot_be_read_is_told_when_the_record_is_taken_up() -> None:
    pool = UpstreamPool(OutgoingRules(), workspace=Path())
    for url in ("ftp://far.example/v1", "https://user@far.example/v1", "https://far.example:22/v1"):
        with pytest.raises(Invalid, match="base_url of upstream 'far'"):
            pool.target(record(0, base_url=url))
    proxied = UpstreamPool(OutgoingRules(proxy="http://proxy.example:3128"), workspace=Path())
    with pytest.raises(Invalid, match="not encrypted"):
        proxied.target(record(0, base_url="http://far.example/v1"))


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    async def test() -> None:
        async with far(always(OK)) as there:
            url = f"http://far.example:{there.port}/v1"
            rules = OutgoingRules(allow=("127.0.0.0/8", "far.example"))
            async with named(url, rules, resolver=lambda host, port: ["127.9.9.9", "127.0.0.1"]) as caller:
                assert await caller.read() == b"ok"

    on_both_loops(test)


@asynccontextmanager
async def tunnel(heads: list[bytes], onward: int) -> AsyncIterator[int]:
    """A proxy that takes every CONNECT to one server on this machine."""

    async def behave(line: Line) -> None:
        heads.append(await line.reader.readuntil(b"\r\n\r\n"))
        reader, writer = await asyncio.open_connection("127.0.0.1", onward)
        await line.say(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pipe(line.reader, writer), _pipe(reader, line.writer))

    async with far(behave) as proxy:
        yield proxy.port


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


def _never(host: str, port: int) -> list[str]:
    raise AssertionError(f"asked for {host}")
