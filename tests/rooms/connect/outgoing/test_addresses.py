"""ids: B14 — where an outgoing connection may lead."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.connect.outgoing import Outgoing, OutgoingRefused, OutgoingUnreachable
from tiebeam.connect.outgoing.addresses import Standing, standing_of
from tiebeam.errors import Invalid

NEVER_REACHED = [
    "127.0.0.1",
    "127.8.9.1",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.1.1",
    "100.100.100.200",
    "168.63.129.16",
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.9",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "fe80::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "ff02::1",
    "2001:db8::1",
    "2a00:1450:4001::5efe:7f00:1",
    "100::1",
    "5f00::1",
]
PUBLIC = ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"]


@pytest.mark.parametrize("text", NEVER_REACHED)
def test_an_address_that_is_not_public_is_refused_without_a_record(text: str) -> None:
    with pytest.raises(OutgoingRefused):
        Outgoing(resolver=lambda host, port: [text], connect=_never).request("GET", "https://far.example/")
    host = f"[{text}]" if ":" in text else text
    with pytest.raises(OutgoingRefused):
        Outgoing(connect=_never).request("GET", f"https://{host}/")


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_dialled(text: str) -> None:
    dialled: list[str] = []

    def dial(address: str, port: int, seconds: float) -> None:
        dialled.append(address)
        raise OSError("nobody home")

    with pytest.raises(OutgoingUnreachable):
        Outgoing(resolver=lambda host, port: [text], connect=dial).request("GET", "https://far.example/")  # type: ignore[arg-type]
    assert dialled == [str(ip_address(text))]


@pytest.mark.parametrize("entry", ["10.0.0.0/8", "10.1.2.3", "erp.internal"])
def test_a_private_address_is_dialled_where_a_record_names_it(entry: str) -> None:
    http = Outgoing(allow_private=[entry], resolver=lambda host, port: ["10.1.2.3"], connect=_away)
    with pytest.raises(OutgoingUnreachable):
        http.request("GET", "https://erp.internal/")
    with pytest.raises(OutgoingUnreachable):
        http.request("GET", "http://erp.internal/")


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fd00:ec2::254", "169.254.7.7", "100.100.100.200", "224.0.0.1", "0.0.0.0", "fe80::1"]
)
def test_no_record_opens_metadata_services_and_reserved_addresses(address: str) -> None:
    entries = ("far.example", "169.254.0.0/16", "fd00::/32", "100.64.0.0/10", address)
    with pytest.raises(OutgoingRefused, match="never connected to"):
        Outgoing(allow_private=entries, resolver=lambda host, port: [address], connect=_never).request(
            "GET", "https://far.example/"
        )


def test_a_vouched_name_does_not_become_this_machine() -> None:
    http = Outgoing(allow_private=["erp.internal"], resolver=lambda host, port: ["127.0.0.1"], connect=_never)
    with pytest.raises(OutgoingRefused, match="this machine"):
        http.request("GET", "https://erp.internal/")


def test_one_private_address_among_public_ones_refuses_all() -> None:
    http = Outgoing(resolver=lambda host, port: ["1.1.1.1", "10.0.0.1"], connect=_never)
    with pytest.raises(OutgoingRefused, match=r"10\.0\.0\.1"):
        http.request("GET", "https://far.example/")


@pytest.mark.parametrize("entry", ["0.0.0.0/0", "::/0", "10.0.0.1/8", "not a host", "user@host", "https://x", ""])
def test_an_entry_that_allows_everything_or_nothing_is_refused(entry: str) -> None:
    with pytest.raises(Invalid):
        Outgoing(allow_private=[entry])


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_an_ipv4_address_keeps_its_standing_in_every_ipv6_form(address: IPv4Address) -> None:
    standing = standing_of(address)
    mapped = IPv6Address((0xFFFF << 32) | int(address))
    nat64 = IPv6Address((0x0064FF9B << 96) | int(address))
    assert standing_of(mapped) is standing
    assert standing_of(nat64) is standing
    assert standing_of(IPv6Address((0x2002 << 112) | (int(address) << 80))) is Standing.NEVER


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_what_python_calls_not_global_is_never_public(address: IPv4Address | IPv6Address) -> None:
    if standing_of(address) is Standing.PUBLIC and not str(address).startswith("64:ff9b::"):
        assert address.is_global or getattr(address, "ipv4_mapped", None)
        assert not (address.is_private or address.is_multicast or address.is_reserved) or address.version == 6


def _never(address: str, port: int, seconds: float) -> None:
    raise AssertionError(f"connected to {address}")


def _away(address: str, port: int, seconds: float) -> None:
    raise OSError("nobody home")
