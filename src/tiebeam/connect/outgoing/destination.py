"""From the text of a URL to where exactly it leads, read once and strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin

from tiebeam.connect.outgoing.addresses import Address, plain_address, read_address
from tiebeam.connect.outgoing.errors import OutgoingRefused

LONGEST_URL = 4096
_SHAPE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]*)(:(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_PRINTABLE = re.compile(r"[\x21-\x7e]*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORTS = {"http": 80, "https": 443}
# Ports of other protocols, which might take a request for commands: the Fetch standard's list, and databases.
_FOREIGN_PORTS = frozenset(
    {1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110}
    | {
        111,
        113,
        115,
        117,
        119,
        123,
        135,
        137,
        138,
        139,
        143,
        161,
        162,
        179,
        389,
        427,
        445,
        465,
        512,
        513,
        514,
        515,
        526,
    }
    | {530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1433, 1521, 1719, 1720, 1723, 2049}
    | {3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697}
    | {10080, 11211, 27017}
)


@dataclass(frozen=True, slots=True)
class Destination:
    """`host` is a name in lower case or an address in its one spelling; `address` is set for the latter."""

    scheme: str
    host: str
    port: int
    target: str
    address: Address | None = None

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """As the `Host` header says it: the usual port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS.get(self.scheme) else f"{host}:{self.port}"

    def __str__(self) -> str:
        """Without the query, which may hold what is nobody else's business."""
        return f"{self.scheme}://{self.authority}{self.target.partition('?')[0]}"


def read_destination(url: str) -> Destination:
    """Raises OutgoingRefused for every spelling that two programs could read as two different places."""
    if len(url) > LONGEST_URL:
        raise OutgoingRefused(f"the address is longer than {LONGEST_URL} characters")
    found = _SHAPE.fullmatch(url)
    if found is None:
        raise OutgoingRefused("the address is no absolute URL; write https://host/path")
    scheme = found["scheme"].lower()
    if scheme not in _PORTS:
        raise OutgoingRefused(f"the address begins with {scheme[:20]!r}; only https and http lead anywhere from here")
    authority, target = found["authority"], found["target"]
    if "@" in authority:
        raise OutgoingRefused("the address names a user before its host; give credentials as a secret reference")
    if not _PRINTABLE.fullmatch(target) or "\\" in url:
        raise OutgoingRefused("the address holds spaces, backslashes or characters that must be percent-encoded")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise OutgoingRefused("the address has no host and port that can be read; write https://host:port/path")
    host, address = read_host(parts["host"])
    port = int(parts["port"]) if parts["port"] else _PORTS[scheme]
    if not 0 < port < 65536 or port in _FOREIGN_PORTS:
        raise OutgoingRefused(f"port {port} of {host!r} belongs to another protocol than HTTP")
    if not target.startswith("/"):
        target = f"/{target}"
    return Destination(scheme=scheme, host=host, port=port, target=target, address=address)


def read_host(text: str) -> tuple[str, Address | None]:
    """The host in its one spelling, and its address where it is one. Raises OutgoingRefused."""
    if not text:
        raise OutgoingRefused("the address has no host")
    if text.startswith("["):
        address = read_address(text[1:-1])
        if address is None or address.version != 6:
            raise OutgoingRefused(f"{text[:80]!r} is no IPv6 address; zone ids are not taken")
        return _address_host(address)
    host = text.removesuffix(".").lower()
    if not host.isascii():
        raise OutgoingRefused(f"the host {text[:80]!r} has letters outside of ASCII; write its 'xn--' form")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        address = read_address(host)
        if address is None:
            raise OutgoingRefused(f"the host {text[:80]!r} is a number, but no address; write it as four numbers")
        return _address_host(address)
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise OutgoingRefused(f"the host {text[:80]!r} is no host name")
    return host, None


def joined(base: Destination, location: str) -> str:
    """The URL a redirect from `base` leads to."""
    return urljoin(f"{base.scheme}://{base.authority}{base.target}", location)


def _address_host(address: Address) -> tuple[str, Address]:
    plain = plain_address(address)
    return str(plain), plain
