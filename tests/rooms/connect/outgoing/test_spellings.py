"""ids: B14 — no spelling of a URL leads elsewhere than it was read."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tiebeam.connect.outgoing import Outgoing, OutgoingRefused
from tiebeam.connect.outgoing.destination import read_destination

ODD = [
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0x7f.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://1.2.3.4.5/",
    "http://0300.0250.0.1/",
    "http://１２７.0.0.1/",
    "http://ⓛocalhost/",
    "http://127。0。0。1/",
    "http://exämple.example/",
    "http://%31%32%37.0.0.1/",
    "http://far.example%2f@evil.example/",
    "http://user:pass@far.example/",
    "http://far.example@evil.example/",
    "http://far.example:80@evil.example/",
    "http://far.example\\@evil.example/",
    "http:\\\\far.example/",
    "http:///far.example/",
    "http:far.example/",
    "//far.example/",
    "http://[::1%25lo]/",
    "http://[::1%lo]/",
    "http://[fe80::1%eth0]/",
    "http://[::1/",
    "http://::1/",
    "http://[127.0.0.1]/",
    "http://far.example:0/",
    "http://far.example:65536/",
    "http://far.example:+80/",
    "http://far.example:-1/",
    "http://far.example:8 0/",
    "http://far.example:6379/",
    "http://far.example:25/",
    "http://far.example:22/",
    "http://far..example/",
    "http://.far.example/",
    "http://-far.example/",
    "http://far.example/ HTTP/1.1\r\nHost: evil/",
    "http://far.example/\r\nX: y",
    "http://far.example\r\n/",
    "http://far.example\t/",
    "http://far\x00.example/",
    "http://far.example/ü",
    " http://far.example/",
    "file:///etc/passwd",
    "gopher://far.example/",
    "ftp://far.example/",
    "data:text/plain,x",
    "javascript:alert(1)",
    "unix:/var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "http://" + "a" * 64 + ".example/",
    "http://" + "a." * 130 + "example/",
    "http://far.example/" + "a" * 5000,
    "http://",
    "",
]


@pytest.mark.parametrize("url", ODD)
def test_an_odd_spelling_is_refused_before_any_name_is_asked_for(url: str) -> None:
    with pytest.raises(OutgoingRefused):
        Outgoing(allow_private=["far.example", "127.0.0.1"], resolver=_never).request("GET", url)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://FAR.Example", "far.example", 443),
        ("https://far.example./x?y#z", "far.example", 443),
        ("HTTPS://far.example:8443/", "far.example", 8443),
        ("https://[::FFFF:10.0.0.1]/", "10.0.0.1", 443),
        ("https://[2606:4700:0:0::1111]/", "2606:4700::1111", 443),
        ("https://xn--exmple-cua.example/", "xn--exmple-cua.example", 443),
        ("https://far.example?q=1", "far.example", 443),
    ],
)
def test_equal_places_have_one_spelling(url: str, host: str, port: int) -> None:
    destination = read_destination(url)
    assert (destination.host, destination.port) == (host, port)
    assert destination.target.startswith("/")
    assert "#" not in destination.target


def test_the_query_is_not_told_in_errors() -> None:
    assert "hunter2" not in str(read_destination("https://far.example/x?token=hunter2"))


_PIECES = st.lists(
    st.sampled_from(
        [*"abz019.-_:@/\\?#[]%+ \t\r\n\x00ü。", "127.0.0.1", "0x7f", "far.example", "%2e", "::1", "%40", "//", "http:"]
    ),
    max_size=12,
).map("".join)


@given(_PIECES)
@example("far.example:80@127.0.0.1")
@example("127.0.0.1#@far.example")
@example("far.example\\@127.0.0.1")
def test_whatever_is_accepted_other_programs_read_alike(rest: str) -> None:
    url = f"https://{rest}"
    try:
        destination = read_destination(url)
    except OutgoingRefused:
        return
    for host, port in (
        (urlsplit(url).hostname, urlsplit(url).port),
        (httpx.URL(url).host, httpx.URL(url).port),
    ):
        assert host is not None
        assert read_destination(f"https://[{host}]/" if ":" in host else f"https://{host}/").host == destination.host
        assert (port or 443) == destination.port


def _never(host: str, port: int) -> list[str]:
    raise AssertionError(f"asked for {host}")
