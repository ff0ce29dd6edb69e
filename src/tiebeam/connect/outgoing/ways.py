"""Where requests may lead and through what, by the same settings for every client of the house."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import certifi

from tiebeam.connect.outgoing.addresses import Address, read_address
from tiebeam.connect.outgoing.allowing import Allowed, read_allowed
from tiebeam.connect.outgoing.destination import Destination, read_destination
from tiebeam.connect.outgoing.errors import OutgoingRefused, OutgoingUnreachable
from tiebeam.errors import Invalid

MOST_ADDRESSES = 16

Resolver = Callable[[str, int], Sequence[str]]
"""(host name, port) → the addresses the name service gives, as texts. Raises OSError."""


def resolve(host: str, port: int) -> Sequence[str]:
    """The operating system's own answer."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


@dataclass(frozen=True, slots=True)
class Way:
    """How one destination is reached: `dialled` is the destination itself, or the proxy it is tunnelled through."""

    destination: Destination
    dialled: Destination
    allowed: Allowed

    @property
    def is_tunnelled(self) -> bool:
        return self.dialled is not self.destination

    def addresses(self, *, seconds: float, resolver: Resolver = resolve) -> list[Address]:
        """Those behind `dialled`, all of them checked; blocks while a name is resolved.

        Raises OutgoingRefused and OutgoingUnreachable.
        """
        found = addresses_of(self.dialled.host, self.dialled.port, resolver=resolver, seconds=seconds)
        self.allowed.check(self.dialled, found)
        return found


class Ways:
    """`allow_private`, `proxy`, `proxy_login` and `ca_file` as `Outgoing` takes them. Safe to share between threads."""

    def __init__(
        self,
        *,
        allow_private: Collection[str] = (),
        proxy: str | None = None,
        proxy_login: Callable[[], tuple[str, str]] | None = None,
        ca_file: str | None = None,
    ) -> None:
        self.allowed = read_allowed(allow_private)
        self.proxy_login = proxy_login
        self._proxy = None if proxy is None else _read_proxy(proxy)
        self._ca_file = ca_file
        self._tls: ssl.SSLContext | None = None

    def way(self, destination: Destination) -> Way:
        """Raises OutgoingRefused where only encryption leads through the proxy, or the address is none to reach."""
        if self._proxy is None or self.allowed.names(destination):
            return Way(destination, destination, self.allowed)
        if destination.address is not None or destination.scheme == "http":
            # A name is the proxy's to resolve and to judge; an address and a missing encryption are seen here.
            self.allowed.check(destination, [destination.address] if destination.address is not None else [])
            _require_https(destination)
        return Way(destination, self._proxy, read_allowed([self._proxy.host]))

    @property
    def tls(self) -> ssl.SSLContext:
        """What certificates are checked by; made once, when the first connection needs it."""
        if self._tls is None:
            self._tls = tls_context(self._ca_file)
        return self._tls


def addresses_of(host: str, port: int, *, resolver: Resolver, seconds: float) -> list[Address]:
    """An address written as such, or every one that the name service gives. Raises OutgoingUnreachable."""
    literal = read_address(host)
    if literal is not None:
        return [literal]
    texts = _resolved(host, port, resolver=resolver, seconds=seconds)
    addresses = [read_address(text.partition("%")[0]) for text in texts[:MOST_ADDRESSES]]
    known = [address for address in addresses if address is not None]
    if not known or len(known) < len(addresses):
        raise OutgoingUnreachable(f"the name service knows no address of {host!r}", host=host)
    return known


def tls_context(ca_file: str | None = None) -> ssl.SSLContext:
    """Trust of the operating system, else the bundled list of authorities; `ca_file` adds a company's own."""
    context = ssl.create_default_context()
    if not context.get_ca_certs() and not ssl.get_default_verify_paths().capath:
        context.load_verify_locations(cafile=certifi.where())
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _resolved(host: str, port: int, *, resolver: Resolver, seconds: float) -> Sequence[str]:
    """Asked in a thread of its own, because the operating system's resolver knows no time limit."""
    answers: queue.SimpleQueue[Sequence[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolver(host, port))
        except (OSError, UnicodeError) as problem:
            answers.put(problem)

    threading.Thread(target=ask, name="tiebeam-resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty as late:
        raise OutgoingUnreachable(f"the name service did not answer for {host!r} in time", host=host) from late
    if isinstance(answer, Exception):
        said = getattr(answer, "strerror", None) or str(answer)
        raise OutgoingUnreachable(f"the name {host!r} has no address: {said}", host=host) from answer
    return answer


def _require_https(destination: Destination) -> None:
    if destination.scheme != "https":
        raise OutgoingRefused(f"{destination} is not encrypted, and only https goes through the proxy")


def _read_proxy(text: str) -> Destination:
    proxy = read_destination(text)
    if proxy.scheme != "http" or proxy.target != "/":
        raise Invalid(f"the proxy {str(proxy)!r} is written as http://host:port; the tunnel through it is encrypted")
    return proxy
