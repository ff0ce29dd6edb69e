"""What an IP address is: reachable by all, private, or one that nobody should be sent to."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Standing(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"
    """RFC 1918, unique local and shared (carrier) addresses: reachable where a record allows it."""
    LOOPBACK = "loopback"
    """This machine: reachable only where a record names it as such."""
    METADATA = "metadata"
    """Services that hand out a cloud machine's credentials: never."""
    NEVER = "never"
    """Link-local, multicast, unspecified, reserved, documentation and tunnel addresses: never."""


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


# Most clouds share the first; then AWS containers, Alibaba, Oracle, Azure's host, AWS and Google on IPv6.
_METADATA = _networks(
    "169.254.169.254/32",
    "169.254.170.2/32",
    "169.254.170.23/32",
    "100.100.100.200/32",
    "192.0.0.192/32",
    "168.63.129.16/32",
    "fd00:ec2::254/128",
    "fd00:ec2::23/128",
    "fd20:ce::254/128",
)
_LOOPBACK = _networks("127.0.0.0/8", "::1/128")
_PRIVATE = _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "64:ff9b:1::/48")
# The IANA registries of special addresses, apart from the above.
_NEVER = _networks(
    "0.0.0.0/8",
    "169.254.0.0/16",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
# Interface identifiers of ISATAP: an IPv4 address behind one of these two marks.
_ISATAP = (0x00005EFE, 0x02005EFE)


def standing_of(address: Address) -> Standing:
    """IPv6 forms that carry an IPv4 address are judged by that address."""
    if isinstance(address, IPv6Address):
        inner = _carried(address)
        if inner is not None:
            return standing_of(inner)
    for standing, networks in (
        (Standing.METADATA, _METADATA),
        (Standing.LOOPBACK, _LOOPBACK),
        (Standing.PRIVATE, _PRIVATE),
        (Standing.NEVER, _NEVER),
    ):
        if any(address in network for network in networks if network.version == address.version):
            return standing
    if isinstance(address, IPv6Address) and (address not in _GLOBAL_UNICAST or _is_isatap(address)):
        return Standing.NEVER
    # What a later registry reserves, as far as this Python knows it.
    return Standing.PUBLIC if address.is_global else Standing.NEVER


def plain_address(address: Address) -> Address:
    """The IPv4 address behind an IPv4-mapped one, else the address itself."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def is_inside(address: Address, networks: Sequence[Network]) -> bool:
    inner = plain_address(address)
    return any(inner in network for network in networks if network.version == inner.version)


def read_address(text: str) -> Address | None:
    """A strictly written address; None for every other spelling. Zone ids are no part of an address here."""
    if "%" in text:
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def _is_isatap(address: IPv6Address) -> bool:
    return (int(address) >> 32) & 0xFFFFFFFF in _ISATAP
