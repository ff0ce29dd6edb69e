"""ids: B14 — requests, over real sockets."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import zlib
from pathlib import Path

import pytest

from tests.builders.certificates import certificate_for
from tests.builders.far_server import FAR, far_server, reply
from tiebeam.connect.outgoing import AnswerTooLarge, Outgoing, OutgoingFailed, OutgoingRefused, OutgoingUnreachable
from tiebeam.connect.outgoing.ways import tls_context
from tiebeam.errors import Invalid

HERE = ("127.0.0.1",)


def test_a_request_arrives_with_its_headers_and_its_answer_comes_back() -> None:
    with far_server(lambda _: reply(b'{"a": 1}', headers=("X-One: 1", "X-One: 2"))) as server:
        answer = Outgoing(allow_private=HERE).request(
            "POST", f"http://127.0.0.1:{server.port}/a?b=c", headers={"Authorization": "Bearer t"}, json={"x": "ü"}
        )
    assert (answer.status, answer.json(), answer.headers["x-one"]) == (200, {"a": 1}, "1, 2")
    head, _, body = server.heads[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert b"authorization: Bearer t" in head
    assert body == '{"x":"ü"}'.encode()


def test_a_name_is_resolved_once_and_the_checked_address_is_what_is_dialled() -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return [FAR] if len(asked) == 1 else ["127.0.0.1"]

    with far_server(lambda _: reply()) as server:
        http = Outgoing(allow_private=["far.example"], resolver=rebinding, connect=server.dial)
        assert http.request("GET", "http://far.example:8080/").status == 200
        assert server.dialled == [(FAR, 8080)]
        assert b"host: far.example:8080" in server.heads[0]
        with pytest.raises(OutgoingRefused, match="this machine"):
            http.request("GET", "http://far.example:8080/")
    assert len(asked) == 2
    assert len(server.dialled) == 1


def test_plain_http_is_refused_unless_a_record_vouches_for_it() -> None:
    with pytest.raises(OutgoingRefused, match=r"not encrypted.*\[outgoing\] allow"):
        Outgoing(resolver=lambda host, port: [FAR]).request("GET", "http://far.example/")


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    with far_server(lambda _: reply()) as server:

        def dial(address: str, port: int, seconds: float) -> socket.socket:
            if address == FAR:
                raise ConnectionRefusedError(111, "Connection refused")
            return server.dial(address, port, seconds)

        http = Outgoing(allow_private=["far.example"], resolver=lambda host, port: [FAR, "1.1.1.1"], connect=dial)
        assert http.request("GET", "http://far.example/").status == 200


def test_environment_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with far_server(lambda _: reply()) as server:
        assert Outgoing(allow_private=HERE).request("GET", f"http://127.0.0.1:{server.port}/").status == 200


# Redirects


def _redirect(location: str, status: str = "302 Found") -> bytes:
    return reply(b"", status=status, headers=(f"Location: {location}",))


def test_a_redirect_is_an_answer_unless_following_was_asked_for() -> None:
    with far_server(lambda _: _redirect("http://169.254.169.254/latest/meta-data/")) as server:
        url = f"http://127.0.0.1:{server.port}/"
        assert Outgoing(allow_private=HERE).request("GET", url).status == 302
        with pytest.raises(OutgoingRefused, match="metadata"):
            Outgoing(allow_private=HERE).request("GET", url, follow=3)


def test_credentials_do_not_travel_to_another_host() -> None:
    headers = {"Authorization": "Bearer t", "Cookie": "c=1", "X-Api-Key": "k", "Accept": "text/plain"}
    with (
        far_server(lambda _: reply(b"there")) as there,
        far_server(lambda _: _redirect(f"http://127.0.0.1:{there.port}/x")) as here,
    ):
        url = f"http://127.0.0.1:{here.port}/"
        answer = Outgoing(allow_private=HERE).request("GET", url, headers=headers, follow=1)
    assert answer.body == b"there"
    assert b"Bearer t" in here.heads[0]
    assert not any(word in there.heads[0].lower() for word in (b"authorization", b"cookie", b"x-api-key"))
    assert b"accept: text/plain" in there.heads[0]


def test_redirects_end() -> None:
    with far_server(lambda _: _redirect("/again")) as server, pytest.raises(OutgoingFailed, match="more than 3 times"):
        Outgoing(allow_private=HERE).request("GET", f"http://127.0.0.1:{server.port}/", follow=3)
    assert len(server.heads) == 4


@pytest.mark.parametrize("location", ["file:///etc/passwd", "gopher://x/", "http://user@127.0.0.1/", "//0x7f.1/"])
def test_a_redirect_to_an_odd_place_is_refused(location: str) -> None:
    with far_server(lambda _: _redirect(location)) as server, pytest.raises(OutgoingRefused):
        Outgoing(allow_private=HERE).request("GET", f"http://127.0.0.1:{server.port}/", follow=3)


def test_a_posting_is_never_redirected() -> None:
    moved = _redirect("/again", "307 Temporary Redirect")
    with far_server(lambda _: moved) as server, pytest.raises(OutgoingFailed, match="not followed"):
        Outgoing(allow_private=HERE).request("POST", f"http://127.0.0.1:{server.port}/", json={}, follow=3)
    assert len(server.heads) == 1


# Limits


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"x" * 2000),
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000,
        reply(gzip.compress(b"0" * 50_000_000), headers=("Content-Encoding: gzip",)),
        reply(zlib.compress(b"0" * 5_000_000), headers=("Content-Encoding: deflate",)),
    ],
    ids=["longer", "says it is longer", "no end", "gzip bomb", "deflate bomb"],
)
def test_an_answer_larger_than_the_limit_is_dropped(answer: bytes) -> None:
    with far_server(lambda _: answer) as server, pytest.raises(AnswerTooLarge, match="1000 bytes"):
        Outgoing(allow_private=HERE, largest=1000).request("GET", f"http://127.0.0.1:{server.port}/")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 300_000,
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        reply(b"abc", headers=("Content-Encoding: br",)),
        reply(b"abc", headers=("Content-Encoding: gzip",)),
        reply(gzip.compress(b"abc" * 99)[:-4], headers=("Content-Encoding: gzip",)),
        reply(gzip.compress(gzip.compress(b"abc")), headers=("Content-Encoding: gzip, gzip",)),
    ],
    ids=[
        "endless header",
        "no http",
        "hangs up",
        "ends early",
        "unasked packing",
        "no gzip",
        "cut gzip",
        "twice packed",
    ],
)
def test_a_broken_answer_is_a_failure_told_apart(answer: bytes) -> None:
    with far_server(lambda _: answer) as server, pytest.raises(OutgoingFailed):
        Outgoing(allow_private=HERE).request("GET", f"http://127.0.0.1:{server.port}/")


def test_a_packed_answer_within_the_limit_is_unpacked() -> None:
    with far_server(lambda _: reply(gzip.compress(b"hello"), headers=("Content-Encoding: gzip",))) as server:
        answer = Outgoing(allow_private=HERE, largest=100).request("GET", f"http://127.0.0.1:{server.port}/")
    assert answer.body == b"hello"


def test_an_answer_that_drips_ends_with_the_time_for_the_whole_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                try:
                    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000:
                        connection.sendall(bytes([byte]))
                        time.sleep(0.02)
                except OSError:
                    return  # the other side has had enough

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        with pytest.raises(OutgoingFailed, match="ReadTimeout"):
            Outgoing(allow_private=HERE, timeout=0.4).request("GET", f"http://127.0.0.1:{listening.getsockname()[1]}/")
        assert time.monotonic() - began < 2
        thread.join()


def test_a_name_service_that_never_answers_is_not_waited_for() -> None:
    def slow(host: str, port: int) -> list[str]:
        time.sleep(1)
        return [FAR]

    began = time.monotonic()
    with pytest.raises(OutgoingUnreachable, match="in time"):
        Outgoing(timeout=0.2, resolver=slow).request("GET", "https://far.example/")
    assert time.monotonic() - began < 0.9


def test_a_name_without_an_address_is_unreachable() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(OutgoingUnreachable, match="has no address"):
        Outgoing(resolver=unknown).request("GET", "https://far.example/")


# Headers


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nEvil: 1"},
        {"X": "hunter2\n"},
        {"X\r\nY": "1"},
        {"Host": "evil.example"},
        {"Content-Length": "0"},
        {"Transfer-Encoding": "chunked"},
        {"Proxy-Authorization": "x"},
        {"X": "hunter2ü"},
    ],
)
def test_a_header_that_would_change_the_request_is_refused_without_its_value(headers: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        Outgoing(allow_private=HERE).request("GET", "http://127.0.0.1:1234/", headers=headers)
    assert "hunter2" not in str(refused.value)


# TLS


def test_tls_is_agreed_with_the_name_and_the_address_that_was_checked(tmp_path: Path) -> None:
    ca_file, context = certificate_for("far.example", folder=tmp_path)

    def wrap(connection: socket.socket) -> socket.socket:
        return context.wrap_socket(connection, server_side=True)

    with far_server(lambda _: reply(b"safe"), wrap=wrap) as server:
        http = Outgoing(ca_file=str(ca_file), resolver=lambda host, port: [FAR], connect=server.dial)
        assert http.request("GET", "https://far.example/").body == b"safe"
        assert server.dialled == [(FAR, 443)]
        with pytest.raises(OutgoingUnreachable, match="certificate"):
            http.request("GET", "https://other.example/")
        with pytest.raises(OutgoingUnreachable, match="certificate"):
            Outgoing(resolver=lambda host, port: [FAR], connect=server.dial).request("GET", "https://far.example/")


def test_an_old_tls_is_not_spoken() -> None:
    assert tls_context().minimum_version is ssl.TLSVersion.TLSv1_2
    assert tls_context().verify_mode is ssl.CERT_REQUIRED
    assert tls_context().check_hostname


# A proxy


def test_public_names_go_through_the_proxy_and_vouched_ones_do_not() -> None:
    with far_server(lambda _: reply(b"", status="407 Login")) as proxy, far_server(lambda _: reply(b"direct")) as near:
        http = Outgoing(
            allow_private=HERE, proxy=f"http://127.0.0.1:{proxy.port}", proxy_login=lambda: ("u", "p"), resolver=_never
        )
        with pytest.raises(OutgoingUnreachable):
            http.request("GET", "https://far.example/")
        assert http.request("GET", f"http://127.0.0.1:{near.port}/").body == b"direct"
        for url in ("https://10.0.0.1/", "https://169.254.169.254/", "http://far.example/"):
            with pytest.raises(OutgoingRefused):
                http.request("GET", url)
    assert [head.split(b"\r\n")[0] for head in proxy.heads] == [b"CONNECT far.example:443 HTTP/1.1"]
    assert b"roxy-Authorization: Basic " in proxy.heads[0]


def _never(host: str, port: int) -> list[str]:
    raise AssertionError(f"asked for {host}")
